"""What a rung says of every case as of a day: as the bake-off would have scored it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder.bakeoff.replay import Files
from stepladder.bakeoff.result import Result, RungResult, from_json
from stepladder.core import asking, at_rest, outcomes
from stepladder.core import model as models
from stepladder.core.asking import Beside, Taught, answered
from stepladder.core.cases import count, drawn, parts
from stepladder.core.errors import Problem
from stepladder.core.files import whole
from stepladder.core.history import History
from stepladder.core.question import Holdout, Question
from stepladder.core.rung import Rung
from stepladder.core.stats import Bins
from stepladder.core.strays import Strays
from stepladder.fence.child import Job
from stepladder.fence.known import write_known
from stepladder.project.engine import everywhere, runner
from stepladder.project.everywhere import Asking, Saved
from stepladder.project.folder import Project
from stepladder.project.reference import reference
from stepladder.questions.question_toml import parse
from stepladder.tables.ids.ids import PLAIN

FEW = 1000  # cases, where only a look at what a rung says is wanted


class Known(NamedTuple):
    """What was known as of a day, in files that lack everything later, and who is asked about."""

    history: History
    files: Files
    share: float = 1.0  # of everybody, drawn by lot

    @property
    def cases(self) -> Path:
        """Those who are asked about, at rest: a row group for each part that is answered at once."""
        return Path(self.files.cases)


class Learnt(NamedTuple):
    """A rung, and the folder of what it learnt before; without one it learns now."""

    rung: Rung
    model: str = ""


@dataclass(frozen=True)
class Answers:
    """What a rung says of everybody as of a day, completed, and the hash of its fitted model.

    rest: a file, or a folder of files: KEYS…, prediction, low, high, EXTRAS…, why, in order of the cases.
    """

    rest: Path
    model: str
    rung: str
    day: date

    @property
    def count(self) -> int:
        """How many rows they have: where a case has several, more than there are cases."""
        return at_rest.count(self.rest)


def answer(
    project: Project, name: str, day: date, scratch: Path, usual: str = "", share: float = 1.0
) -> Answers:
    """A rung's predictions for every case as of a day, by what it learns of all that was known then.

    They are what the bake-off would have scored: gaps filled by the reference, floored, a 0/1
    rung's answers as what came of them, low and high from errors that were known by that day.
    `usual`: the reference, where it is not the project's. `share`: of so many drawn by lot alone.
    """
    asked, foot = project.rung(name), project.rung(usual or reference(project))
    known, taught = known_at(project, day, scratch, share), taught_by(project, name, day)
    found = answered_by(project, known, Learnt(asked), Learnt(foot), taught, scratch)
    keep_model(project, scratch / name / "model", found.model)
    return found


def answered_by(
    project: Project,
    known: Known,
    learnt: Learnt,
    usual: Learnt,
    taught: Taught,
    scratch: Path,
    release: str = "",
) -> Answers:
    """A rung asked about everybody, and its answers completed part after part, beside the reference's.

    Each rung runs once, in a process of its own; or, on a cluster, where the data lie, and then the
    answers are in no order, and with a release's hash also have its columns as_of and release. Raises
    Problem where it fails.
    """
    have_answered = everywhere(project.ask)
    if have_answered and known.share >= 1:
        mine = _saved(project, learnt, known, scratch)
        same = learnt.rung.name == usual.rung.name
        foot = mine if same else _saved(project, usual, known, scratch)
        rest, room = scratch / "completed", scratch / "everywhere"
        rest.mkdir()
        room.mkdir()
        asked = Asking(mine, foot, taught, release)
        have_answered(project.question, known.history, asked, room, rest)
        return Answers(rest, models.digest(mine.model), learnt.rung.name, known.history.now)
    raw, fitted = run(project, learnt.rung, known, scratch, learnt.model)

    @cache
    def beside() -> Path:
        if learnt.rung.name == usual.rung.name:
            return raw
        return run(project, usual.rung, known, scratch, usual.model)[0]

    rest = scratch / "completed.parquet"
    at_rest.write(rest, _completed(project.question, known, raw, beside, taught), grouped=True)
    return Answers(rest, fitted, learnt.rung.name, known.history.now)


def _saved(project: Project, learnt: Learnt, known: Known, scratch: Path) -> Saved:
    """A rung with what it learnt; where that was nothing it learns now, and is asked about a few."""
    if not learnt.model:
        run(project, learnt.rung, known, scratch)
    model = Path(learnt.model) if learnt.model else scratch / learnt.rung.name / "model"
    return Saved(learnt.rung, model)


def _completed(
    question: Question, known: Known, raw: Path, beside: Callable[[], Path], taught: Taught
) -> Iterator[pa.Table]:
    pairs = zip(at_rest.parts(known.cases), at_rest.parts(raw), strict=True)
    for nth, (cases, said) in enumerate(pairs):

        def usual(nth: int = nth) -> pa.Table:
            return at_rest.part(beside(), nth)

        yield answered(question, said, usual, known.history, cases, taught).predictions


def known_at(project: Project, day: date, scratch: Path, share: float = 1.0) -> Known:
    """What was known as of a day, written into the scratch folder. Raises Problem where nobody was."""
    history, asked = project.history(scratch).at(day), scratch / "cases.parquet"
    if not at_rest.write(asked, _asked(project, history, share), grouped=True):
        raise Problem(
            f"as of {day} there was nobody to forecast for",
            "a forecast needs cases that were known by that day",
            "choose a later day",
        )
    tables = write_known(project.question, history, scratch)
    return Known(replace(history, tables=tables), Files(tables, str(asked)), share)


def _asked(project: Project, history: History, share: float) -> Iterator[pa.Table]:
    """Whom this machine asks about: everybody, part after part, or a few where a cluster asks about all."""
    everybody = everywhere(project.ask) is None or project.question.adds_up(history.ask)
    if share >= 1 and everybody:
        return parts(project.question, history)
    if share >= 1:
        share = FEW / max(count(project.question, history), 1)
    return iter([drawn(project.question, history, share)[0]])


def fit_and_ask(project: Project, name: str, scratch: Path) -> str:
    """Fit a rung on all that is known, in a process of its own; the hash of its model, left in scratch."""
    known = known_at(project, project.now(), scratch)
    pq.write_table(at_rest.rows(known.cases, [0]), known.cases)
    return run(project, project.rung(name), known, scratch)[1]


def run(
    project: Project, rung: Rung, known: Known, scratch: Path, model: str = ""
) -> tuple[Path, str]:
    """One rung in a process of its own, as in the bake-off; with a fitted model nothing is learnt.

    Its checked answers at rest, a row group for each of the cases', and the hash of its model.
    """
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
    return found.predictions, found.model_hash


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
