"""A question's page: the ladder of a bake-off, what each rung gives and takes, and earlier ones beside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import Response

from stepladder.bakeoff.result import Result, from_json
from stepladder.core import files
from stepladder.core.errors import Problem
from stepladder.core.view import Expected
from stepladder.pages import jobs
from stepladder.pages.as_it_lies import as_it_lies
from stepladder.pages.given_and_taken import trades
from stepladder.pages.monday import todo
from stepladder.pages.routes import page
from stepladder.pages.visit import Visit
from stepladder.project.coming import coming
from stepladder.project.folder import Project
from stepladder.project.report import shown_rung
from stepladder.questions.question_toml import parse
from stepladder.record import Bakeoff, Decision
from stepladder.record.jobs import jobs as started
from stepladder.report.data_report import read
from stepladder.report.from_result import from_result
from stepladder.report.ladder_chart import climb
from stepladder.report.meaning import called, headline
from stepladder.report.words import does, label
from stepladder.service.refused import Refused

EARLIER = 20
REPORT = "report.html"


@dataclass(frozen=True)
class Beside:
    """Another bake-off: what it proposed, and what was decided on it."""

    id: int
    day: str
    proposed: str
    decided: str
    status: str


@page("/q/{name}")
def ladder(visit: Visit) -> Response:
    """The latest bake-off, or what there is to compare."""
    project = visit.project
    latest = project.record.latest_bakeoff(project.ask.question)
    return _shown(visit, project, latest) if latest else _first_look(visit, project)


@page("/q/{name}/bakeoffs/{id:int}")
def bakeoff(visit: Visit) -> Response:
    """An earlier one."""
    project, number = visit.project, int(visit.places["id"])
    there = {one.id: one for one in project.record.bakeoffs(project.ask.question)}
    if number not in there:
        known = ", ".join(map(str, list(there)[-10:])) or "none yet"
        raise Refused(
            404, f"there is no bake-off {number} here", f"there are: {known}", "see the latest one"
        )
    if there[number].result is None:
        raise Refused(
            404, f"bake-off {number} has no result: {there[number].status}",
            "only one that came to its end can be looked at", "see another one",
        )  # fmt: skip
    return _shown(visit, project, there[number])


@page("/q/{name}/report")
def report(visit: Visit) -> Response:
    """The whole report, as it lies in the project, under a policy of its own: its style sheet, no script."""
    try:
        text = files.read(visit.project.folder / REPORT).decode("utf-8")
    except (OSError, UnicodeDecodeError, Problem):
        raise Refused(
            404,
            "there is no whole report here yet",
            "somebody has it written",
            "go back and ask for it",
        ) from None
    return as_it_lies(text)


def result_of(visit: Visit, project: Project, found: Bakeoff) -> Result:
    """A bake-off's result, read once: it never changes."""
    key = ("result", project.record.project, found.id, found.finished)
    return visit.standing.once(key, lambda: from_json(found.result or {}))


def label_of(visit: Visit, project: Project, decision: Decision) -> str:
    """The name of the rung that was decided on, in quotes, as pages write it."""
    title = ""
    if decision.bakeoff is not None:
        found = project.record.bakeoff(decision.bakeoff)
        rungs = result_of(visit, project, found).rungs if found.result else ()
        title = next((one.title for one in rungs if one.rung == decision.rung), "")
    return f"“{label(decision.rung, title)}”"


def contents_of(visit: Visit, project: Project, found: Bakeoff) -> dict[str, Any]:
    """What the report's templates need of it, made once."""
    result = result_of(visit, project, found)
    key = ("contents", project.record.project, found.id, found.finished)
    settings = f"the settings of bake-off {found.id}"
    return visit.standing.once(key, lambda: from_result(result, parse(result.settings, settings)))


def _shown(visit: Visit, project: Project, found: Bakeoff) -> Response:
    result, contents = result_of(visit, project, found), contents_of(visit, project, found)
    decision = project.record.decision(project.ask.question)
    return visit.page(
        "ladder_page",
        **contents,
        words=project.words,
        trades=trades(result, contents["currency"], contents["gain"]),
        idle=[(called(one), _why(one.status)) for one in climb(result) if one.status != "ok"],
        beside=_beside(visit, project),
        decision=decision,
        decided=decision and label_of(visit, project, decision),
        expected=_coming(visit, project, result),
        todo=todo(visit, project, result),
        whole=_is_of(project.folder / REPORT, found.id),
        running=jobs.settled(project),
    )


def _coming(visit: Visit, project: Project, result: Result) -> list[Expected]:
    """What is to come by the rung shown, reckoned anew when its answers are others."""
    rung = shown_rung(project, result)
    now = project.folder / "bakeoffs" / str(result.id) / rung / "now.parquet"
    stamp = now.stat().st_mtime_ns if now.is_file() else 0
    key = ("coming", project.record.project, result.id, rung, stamp)
    return visit.standing.once(key, lambda: coming(project, result, rung))


def _first_look(visit: Visit, project: Project) -> Response:
    """Nothing was compared yet: the rows as they were read, and what would be compared."""
    reads = [read(name, table) for name, table in sorted(project.data.items()) if table["report"]]
    return visit.page(
        "first_look",
        words=project.words,
        reads=reads,
        mask=True,
        now=project.now(),
        ladder=project.ladder,
        called=label,
        does=does,
        running=jobs.settled(project),
        failed=next((j for j in started(project.record)[::-1] if j.kind == "bakeoff"), None),
    )


def _beside(visit: Visit, project: Project) -> list[Beside]:
    """The others, the newest first."""
    question = project.ask.question
    decisions = {one.bakeoff: one for one in project.record.decisions(question)}
    found = []
    for one in project.record.bakeoffs(question)[::-1][:EARLIER]:
        proposed = headline(result_of(visit, project, one))[0] if one.result else ""
        decision = decisions.get(one.id)
        said = f"{decision.by}: {label_of(visit, project, decision)}" if decision else ""
        found.append(Beside(one.id, one.started[:10], proposed, said, _why(one.status)))
    return found


def _why(status: str) -> str:
    return status.removeprefix("not run: ")


def _is_of(path: Path, bakeoff: int) -> bool:
    """Whether the report that lies there is of this bake-off."""
    try:
        text = files.read(path)
    except (OSError, Problem):
        return False
    return f"stepladder bakeoff --again {bakeoff}<".encode() in text
