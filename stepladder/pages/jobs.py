"""Work that is started from a page: one detached process, noted, watched, and stopped by whoever may."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.responses import Response

from stepladder.pages import detached
from stepladder.pages.routes import form, page
from stepladder.pages.visit import Visit
from stepladder.project.at_work import settle
from stepladder.project.folder import Project
from stepladder.record import Job, jobs
from stepladder.service.refused import Refused

CALLED = {
    "bakeoff": "Compare the rungs",
    "report": "Write the whole report",
    "ship": "Put into production",
    "watch": "Hold forecasts against what came",
}
SILENT = "failed: it ended without a word"
LISTED = 50
BEGINS = timedelta(seconds=30)  # until its process must have been noted


@dataclass(frozen=True)
class Shown:
    """A job as a page shows it. said: the last of its output."""

    job: Job
    called: str
    said: str

    @property
    def runs(self) -> bool:
        """Whether it is still at it."""
        return self.job.status == jobs.RUNNING


@page("/q/{name}/jobs")
def listed(visit: Visit) -> Response:
    """Everything that was started from a page, the newest first."""
    settled(visit.project)
    found = [_shown(visit.project, one) for one in jobs.jobs(visit.project.record)[::-1][:LISTED]]
    return visit.page("jobs", jobs=found)


@page("/q/{name}/jobs/{id:int}")
def job(visit: Visit) -> Response:
    """One of them, and the last of what it said."""
    settled(visit.project)
    return visit.page("job", shown=_shown(visit.project, _job(visit)))


@form("/q/{name}/jobs/{id:int}/stop", role="rules")
def stop(visit: Visit) -> Response:
    """Stop it; what it had not finished is as if it had never begun."""
    found = _job(visit)
    output = _output(visit.project, found)
    if found.pid and found.host == socket.gethostname() and detached.stop(found.pid, output):
        jobs.ended(visit.project.record, found.id, "cancelled", by=visit.who.name)
    else:
        settled(visit.project)
    return visit.to(visit.at("jobs", found.id))


@form("/q/{name}/compare", role="rules")
def compare(visit: Visit) -> Response:
    """Start a bake-off."""
    return visit.to(visit.at("jobs", start(visit, "bakeoff")))


@form("/q/{name}/ship", role="decide")
def ship(visit: Visit) -> Response:
    """Put what was decided on into production."""
    return visit.to(visit.at("jobs", start(visit, "ship")))


@form("/q/{name}/report", role="review")
def report(visit: Visit) -> Response:
    """Write the whole report of the latest bake-off."""
    return visit.to(visit.at("jobs", start(visit, "report")))


@form("/q/{name}/watch", role="review")
def watch(visit: Visit) -> Response:
    """Hold the forecasts against what came, now."""
    return visit.to(visit.at("jobs", start(visit, "watch")))


def start(visit: Visit, kind: str, words: Sequence[str] = ()) -> int:
    """Start a command (a key of CALLED) on the project, in the name of whoever visits; the job's number.

    Raises Refused (409) where something runs there already: with who started what.
    """
    if not visit.request:
        raise Refused(
            422, "a form without its key", "each form has one, so that it counts once", "go back"
        )
    project = visit.project
    settled(project)
    _refuse_while_comparing(project)
    asked = [kind, "--project", str(project.folder), *words]
    host, question = socket.gethostname(), project.ask.question
    try:
        number, new = jobs.begin(
            project.record,
            question,
            kind,
            asked,
            by=visit.who.name,
            host=host,
            request=visit.request,
        )
    except jobs.Busy as busy:
        raise Refused(409, *busy.parts()) from None
    if new:
        output = project.folder / "jobs" / f"{number}.txt"
        try:
            pid = detached.started(asked, output)
        except OSError as error:
            jobs.ended(project.record, number, f"failed: {error}", by=visit.who.name)
            raise Refused(
                503, f"it could not be started: {error.strerror}", "what it says goes into jobs/",
                "tell whoever keeps the service, and try again",
            ) from None  # fmt: skip
        jobs.placed(project.record, number, pid, project.relative(output))
    return number


def settled(project: Project) -> Job | None:
    """Note of what ended meanwhile how it did; what still runs."""
    found = jobs.running(project.record)
    if found is None or found.host != socket.gethostname():  # elsewhere nobody here can look
        return found
    output = _output(project, found)
    begins = found.pid is None and datetime.now(UTC) - datetime.fromisoformat(found.time) < BEGINS
    if begins or (found.pid is not None and detached.runs(found.pid, output)):
        return found
    jobs.ended(project.record, found.id, _status(output), by=found.by)
    return None


def _status(output: Path) -> str:
    code = detached.how(output)
    if code is None:
        return SILENT
    if code in (0, 1):  # 1: it is done, and there is an alarm
        return "done"
    said = [line.strip() for line in detached.said(output).splitlines() if line.strip()]
    return f"failed: {' '.join(said[-3:])[:500]}" if said else SILENT


def _refuse_while_comparing(project: Project) -> None:
    """A bake-off that somebody started by hand."""
    question = project.ask.question
    settle(project.record, question, project.folder)
    there = [one for one in project.record.bakeoffs(question) if one.status == "running"]
    if there:
        raise Refused(
            409, f"{there[-1].by} started bake-off {there[-1].id} at {there[-1].started[11:16]} UTC, and it "
            "still runs",
            "one thing at a time works on a project",
            "wait until it has ended",
        )  # fmt: skip


def _shown(project: Project, found: Job) -> Shown:
    return Shown(found, CALLED.get(found.kind, found.kind), detached.said(_output(project, found)))


def _output(project: Project, found: Job) -> Path:
    return project.folder / (found.detail or f"jobs/{found.id}.txt")


def _job(visit: Visit) -> Job:
    there = {one.id: one for one in jobs.jobs(visit.project.record)}
    number = int(visit.places["id"])
    if number not in there:
        raise Refused(
            404,
            f"there is no job {number} here",
            f"there are {len(there)}",
            "see them all: go back",
        )
    return there[number]
