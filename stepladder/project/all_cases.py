"""What a rung says of every case as of a day: as the bake-off would have scored it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder.bakeoff.replay import Files, write
from stepladder.bakeoff.result import Result, RungResult, from_json
from stepladder.core import asking, outcomes
from stepladder.core import model as models
from stepladder.core.asking import Beside, Taught, answered
from stepladder.core.cases import drawn
from stepladder.core.errors import Problem
from stepladder.core.files import whole
from stepladder.core.history import History
from stepladder.core.question import Holdout, Question
from stepladder.core.rung import Rung
from stepladder.core.stats import Bins
from stepladder.core.strays import Strays
from stepladder.fence.child import Job
from stepladder.project.engine import runner
from stepladder.project.folder import Project
from stepladder.project.reference import reference
from stepladder.questions.question_toml import parse
from stepladder.tables.ids.ids import PLAIN


class Known(NamedTuple):
    """What was known as of a day, in files that lack everything later, and who is asked about."""

    history: History
    cases: pa.Table
    files: Files


def answer(
    project: Project, name: str, day: date, scratch: Path, usual: str = "", share: float = 1.0
) -> tuple[pa.Table, str]:
    """A rung's predictions for every case as of a day, or a share of them drawn by lot; its model's hash.

    They are what the bake-off would have scored: gaps filled by the reference, floored, a 0/1
    rung's answers as what came of them, low and high from errors that were known by that day.
    `usual`: the reference, where it is not the project's.
    """
    usual = usual or reference(project)
    known = known_at(project, day, scratch, share)
    raw, fitted = run(project, project.rung(name), known, scratch)
    keep_model(project, scratch / name / "model", fitted)

    def beside() -> pa.Table:
        if name == usual:
            return raw
        return run(project, project.rung(usual), known, scratch)[0]

    taught = taught_by(project, name, day)
    found = answered(project.question, raw, beside, known.history, known.cases, taught)
    return found.predictions, fitted


def known_at(project: Project, day: date, scratch: Path, share: float = 1.0) -> Known:
    """What was known as of a day, written into the scratch folder. Raises Problem where nobody was."""
    history = project.history(scratch).at(day)
    cases = drawn(project.question, history, share)
    if not cases.num_rows:
        raise Problem(
            f"as of {day} there was nobody to forecast for",
            "a forecast needs cases that were known by that day",
            "choose a later day",
        )
    files = write(project.question, history, cases, None, scratch)
    return Known(replace(history, tables=files.tables), cases, files)


def fit_and_ask(project: Project, name: str, scratch: Path) -> str:
    """Fit a rung on all that is known, in a process of its own; the hash of its model, left in scratch."""
    known = known_at(project, project.now(), scratch)
    pq.write_table(known.cases.slice(0, 1), known.files.cases)
    return run(project, project.rung(name), known, scratch)[1]


def run(
    project: Project, rung: Rung, known: Known, scratch: Path, model: str = ""
) -> tuple[pa.Table, str]:
    """One rung in a process of its own, as in the bake-off; with a fitted model nothing is learnt."""
    ask, day, out = project.ask, known.history.now, scratch / rung.name
    job = Job(
        question=ask.question,
        rung=str(rung.path),
        tables=known.files.tables,
        cases=known.files.cases,
        newcomers=known.files.newcomers,
        now=day.isoformat(),
        ask=ask.model_dump_json(),
        out=str(out),
        project=str(project.folder),
        model=model,
    )
    found = runner(ask)(job, time_box=ask.time_box, memory_mb=ask.memory_mb)
    if found.status != "ok" or found.predictions is None:
        raise Problem(
            f"{rung.name} as of {day}: {found.status}",
            "a rung answers within its time box and memory, from what was known",
            "mend the rung or the settings, or choose another: stepladder decide",
        )
    return pq.read_table(found.predictions), found.model_hash


def keep_model(project: Project, fitted: Path, name: str) -> None:
    """Keep a fitted model under the name of its hash, whole or not at all; a damaged one is replaced."""
    kept = project.folder / "models" / name
    if os.path.lexists(kept) and not models.holds(kept, name):
        kept.unlink() if kept.is_symlink() else shutil.rmtree(kept)
    if not kept.exists():
        try:
            with whole(kept) as partial:
                shutil.copytree(fitted, partial)
        except Problem:  # another process was first, or there is no room
            if not kept.is_dir():
                raise


def taught_by(project: Project, name: str, day: date) -> Taught:
    """What bake-offs taught of a rung, as far as it was known by a day.

    The latest in which it ran over the days ahead that are asked of now: another one says nothing of
    how far such answers stray.
    """
    there = [(found, row) for found in _results(project) if (row := _ran(found, name))]
    if not there:
        return Taught()
    fits = [each for each in there if each[0].horizon == project.ask.horizon]
    result, row = (fits or there)[0]
    return Taught(_means(result, row, day), _bins(project, result, name, day) if fits else None)


def _results(project: Project) -> list[Result]:
    """What every bake-off found, the latest first."""
    kept = [each.result for each in project.record.bakeoffs(project.ask.question)]
    return [from_json(result) for result in reversed(kept) if result is not None]


def _ran(result: Result, name: str) -> RungResult | None:
    return next((row for row in result.rungs if (row.rung, row.status) == (name, "ok")), None)


def _means(result: Result, row: RungResult, day: date) -> dict[int, float] | None:
    if row.calibrated is None:
        return None
    learnt = day >= date.fromisoformat(result.now)  # what the answers stand for, by then
    return {int(k): v for k, v in row.calibrated.items()} if learnt else {}


def _bins(project: Project, result: Result, name: str, day: date) -> Bins | Strays | None:
    """What came of the rung's predictions in the bake-off's windows that had ended by the day."""
    if project.question.INTERVALS is None:
        return None
    past = [
        _against(project.question, holdout.past, holdout.later, said)
        for holdout, said in said_before(project, result, name, day)
    ]
    return asking.bins(project.question, past)


def said_before(
    project: Project, result: Result, name: str, day: date
) -> Iterator[tuple[Holdout, pa.Table]]:
    """A rung's answers in a bake-off's windows that had ended by a day, with each window."""
    stored = project.folder / "bakeoffs" / str(result.id) / name
    then, now = _asked_then(project, result), date.fromisoformat(result.now)
    if (
        now > then.now()
    ):  # the data were cut since: nobody can look any more where its windows stood
        return
    windows = {window.called: window.until for window in result.windows}
    for holdout in project.question.holdouts(then.history().at(now)):
        path = stored / f"{holdout.name}.parquet"
        ended = date.fromisoformat(windows.get(holdout.name, "9999-12-31")) <= day
        if ended and path.is_file():
            yield holdout, as_typed_now(project, pq.read_table(path))


def _asked_then(project: Project, result: Result) -> Project:
    """Today's tables, asked as the bake-off asked: its windows stand where they stood then."""
    then = parse(result.settings, f"the settings of bake-off {result.id}")
    ask = then.model_copy(update={"record": project.ask.record, "tables": project.ask.tables})
    return Project(project.folder, ask, result.settings)


def as_typed_now(project: Project, said: pa.Table) -> pa.Table:
    """Answers of earlier days, with ids of the type that the data have now.

    Those about an id that cannot be of that type are about nobody any more, and go.
    """
    for spec in project.question.TABLES:
        schema = pq.read_schema(project.table(spec.name))
        for column in (one for one in spec.columns if one.kind == "id"):
            if column.name in said.column_names:
                said = _retyped(said, column.name, schema.field(column.name).type)
    return said


def _retyped(said: pa.Table, name: str, kind: pa.DataType) -> pa.Table:
    if said[name].type == kind:
        return said
    if pa.types.is_integer(kind):
        said = said.filter(pc.match_substring_regex(said[name].cast(pa.string()), PLAIN))
    at = said.column_names.index(name)
    return said.set_column(at, name, said[name].cast(kind))


def _against(question: Question, past: History, later: History, said: pa.Table) -> Beside:
    """Stored predictions beside what came of them, and of what adds up others."""
    cases = outcomes.bottom(question, past, later, cases_of(question, said))
    came = question.outcome(past, later, cases)
    scale = question.scale(past, cases)
    return asking.beside(said, came, question.KEYS, question.LABELS, scale)


def cases_of(question: Question, said: pa.Table) -> pa.Table:
    """Whom predictions are about, each once, in their order."""
    found = said.select(list(question.CASE))
    if question.CASE == question.KEYS:
        return found
    once = found.group_by(found.column_names, use_threads=False).aggregate([])
    return once.select(list(question.CASE))
