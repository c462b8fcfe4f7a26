"""Write the page that the business reads."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder.bakeoff.person import is_person
from stepladder.bakeoff.result import Result
from stepladder.core import at_rest, endings, model
from stepladder.core.asking import reasons
from stepladder.core.cases import among, count, everyone, share
from stepladder.core.checks import called
from stepladder.core.copied import copy
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.predictions import places
from stepladder.core.question import Holdout, Question, case_word
from stepladder.core.view import Chart, Exam, Standing, View
from stepladder.project.all_cases import answer, cases_of
from stepladder.project.at_work import at_work
from stepladder.project.folder import Project
from stepladder.project.judged import changed
from stepladder.project.said import asked_for
from stepladder.project.scratch import scratch
from stepladder.questions.question_toml import parse
from stepladder.record.rows import Shipment
from stepladder.report.words import label


def write_report(
    project: Project, *, to: str | Path | None = None, number: int | None = None, mask: bool = True
) -> Path:
    """Write a bake-off, by default the latest, as one HTML file that works offline; returns where.

    The pictures show the rung decided on after that bake-off, else the proposed one. Example
    customers are masked unless `mask` is off. Raises Problem where no bake-off has been run.
    """
    from stepladder.report import write

    target = endings.page(to or project.folder / "report.html")
    result = project.result(number)
    with at_work(project.folder):
        return write(result, view(project, result, mask), target)


def view(project: Project, result: Result, mask: bool) -> View:
    """Everything the page shows beyond the figures, from the settings and the data of that bake-off."""
    shown = shown_rung(project, result)
    project = as_it_was(project, result)
    ran = [row.rung for row in result.rungs if row.status == "ok"]
    cutoffs = tuple(date.fromisoformat(w.now) for w in result.windows if w.role != "calibrate")
    last_window = result.windows[-1]
    folder = project.folder / "bakeoffs" / str(result.id)
    found = {name: _stored(folder / name / f"{last_window.called}.parquet") for name in ran}
    at_cutoff = _of_everybody(project.question, found, shown, found[result.reference])
    models = {n: model.load(folder / n / "model") for n in ran if (folder / n / "model").is_dir()}
    history = project.history().at(date.fromisoformat(result.now))
    last = next(h for h in project.question.holdouts(history) if h.name == last_window.called)
    exam = exam_of(project.question, last, at_cutoff[shown] if last_window.everybody else None)
    at_now, now_times = _now(project, result, shown, history)
    return View(
        history=history,
        cutoffs=cutoffs,
        rung=shown,
        reference=result.reference,
        at_cutoff=at_cutoff,
        at_now=at_now,
        outcome=project.question.outcome(exam.known, exam.later, exam.cases),
        exam=exam,
        labels={row.rung: label(row.rung, row.title) for row in result.rungs},
        explained=explained_by(project, result, shown, exam, models.get(shown)),
        mask=mask and chart_of(result.question).PEOPLE,
        models=models,
        loss_changed=changed(project.folder, result.loss_sql, f"bake-off {result.id}"),
        times=last_window.times,
        now_times=now_times,
        standing=standing(project),
        asked=_asked(project, mask and chart_of(result.question).PEOPLE),
    )


def _asked(project: Project, mask: bool) -> dict[int, str]:
    """What people asked for, about whom only where ids are shown."""
    question = project.question
    return asked_for(
        project, lambda case: f"one {case_word(question)}" if mask else called(question, case)
    )


def standing(project: Project) -> Standing:
    """Which rung the business decided on, and which was put into production."""
    record, question = project.record, project.ask.question
    decision, shipped = record.decision(question), record.noted(Shipment, question)
    return Standing(decision.rung if decision else "", shipped[-1].rung if shipped else "")


def _of_everybody(
    question: Question, found: Mapping[str, pa.Table], shown: str, usual: pa.Table
) -> dict[str, pa.Table]:
    """The answers of rungs that answered everybody; where a person's are shown, with the reference's.

    So are they used too: whom nobody answered, the reference answers.
    """
    whole = {name: said for name, said in found.items() if not is_person(name)}
    if is_person(shown):
        said = cases_of(question, found[shown])
        rest = usual.filter(pc.is_null(places(usual, said, question.CASE)))
        both = pa.concat_tables([found[shown], rest], promote_options="permissive")
        whole[shown] = both.sort_by([(name, "ascending") for name in question.CASE])
    return whole


def shown_rung(project: Project, result: Result) -> str:
    """The rung whose answers are shown: the one decided on after that bake-off, else the proposed one."""
    decision = project.record.decision(project.ask.question)
    ran = [row.rung for row in result.rungs if row.status == "ok"]
    decided = decision and decision.bakeoff == result.id and decision.rung in ran
    return decision.rung if decision and decided else result.proposal.shown


def exam_of(question: Question, last: Holdout, said: pa.Table | None = None) -> Exam:
    """Whom rungs were judged on at the last cutoff: of those known, and newcomers with their first rows.

    said: what was answered there, where only some of those known were drawn.
    """
    cases = last.cases
    if cases is None and said is not None:
        there = among(question, last.past, cases_of(question, said))
        cases = there and there.sort_by([(name, "ascending") for name in question.CASE])
    if cases is None:
        cases = everyone(question, last.past)
    if last.newcomers is None:
        return Exam(last.past, last.later, cases)
    known = last.past.plus(**last.newcomers.rows)
    return Exam(known, last.later, pa.concat_tables([cases, last.newcomers.cases]))


def explained_by(
    project: Project, result: Result, name: str, exam: Exam, fitted: Model | None
) -> Callable[[pa.Table], pa.Table]:
    """How the shown rung explains a few answers: itself, where it can and is as it was, else the question."""
    row = next(row for row in result.rungs if row.rung == name)
    rung = next((r for r in project.ladder if (r.name, r.sha256) == (name, row.code_sha256)), None)

    def explained(answers: pa.Table) -> pa.Table:
        own = reasons(rung, fitted, exam.known, answers) if rung and fitted is not None else None
        return project.question.explain(exam.known, answers, own)

    return explained


def _now(
    project: Project, result: Result, shown: str, history: History
) -> tuple[dict[str, pa.Table], float]:
    """The shown rung's answers as of now, where the page has use for them, and how many each stands for.

    They are what `predict` writes: of as large a share of everybody as rungs were judged on.
    """
    if not chart_of(result.question).NOW:
        return {}, 1.0
    some = share(project.question, history) if result.windows[-1].everybody else 1.0
    found = _at_now(project, result, shown, some)
    drawn = cases_of(project.question, found).num_rows if some < 1 else 1
    return {shown: found}, count(project.question, history) / drawn if some < 1 else 1.0


def chart_of(question: str) -> Chart:
    """The question's own words and pictures."""
    return cast(Chart, importlib.import_module(f"stepladder.questions.{question}.chart"))


def as_it_was(project: Project, result: Result) -> Project:
    """The project with the bake-off's own settings; the record is where it is today."""
    then = parse(result.settings, f"the settings of bake-off {result.id}")
    ask = then.model_copy(update={"record": project.ask.record})
    return Project(project.folder, ask, result.settings).judged_by(result.loss_sql)


def _stored(path: Path) -> pa.Table:
    if not path.is_file():
        raise Problem(
            f"the predictions {path} are gone",
            "a report is made of the predictions that the bake-off left",
            "run it again: stepladder bakeoff",
        )
    return pq.read_table(path)


def _at_now(project: Project, result: Result, name: str, some: float) -> pa.Table:
    """The rung's answers as of the bake-off's now, computed once."""
    path = project.folder / "bakeoffs" / str(result.id) / name / "now.parquet"
    if not path.is_file():
        with scratch() as room:
            now = date.fromisoformat(result.now)
            found = answer(project, name, now, room, result.reference, some)
            at_rest.write(room / path.name, at_rest.parts(found.rest), compression="zstd")
            copy(room / path.name, path)
    return pq.read_table(path)
