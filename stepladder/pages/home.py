"""The first page: the questions of this folder in their own words, and how each of them stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import Response

from stepladder.core.errors import Passing, Problem, Unusable
from stepladder.pages import jobs
from stepladder.pages.acted import still_open
from stepladder.pages.ladder import label_of, result_of
from stepladder.pages.routes import page
from stepladder.pages.visit import Visit, address
from stepladder.project.folder import Project
from stepladder.record import Decision
from stepladder.report.meaning import headline
from stepladder.report.words import day, listed
from stepladder.watch.findings import Figure, Watched
from stepladder.watch.kept import kept
from stepladder.watch.page import TAGS, said

NOTHING, PROPOSED, DECIDED = "nothing run yet", "proposed", "decided"
RUNNING, ATTENTION = "running", "needs attention"


@dataclass(frozen=True)
class Question:
    """A question as it stands: its state in a word and in a sentence, its figures, and what comes next."""

    name: str
    words: str
    state: str
    said: str
    figures: tuple[str, ...] = ()
    next: tuple[str, str] = ("", "")  # what to do, and the address of the page for it
    works: str = ""  # what runs there at the moment

    @property
    def opens(self) -> bool:
        """Whether there are pages to look at."""
        return bool(self.next[1])


@page("/", role="read")
def home(visit: Visit) -> Response:
    """Every question that whoever is here may see."""
    return visit.page("home", questions=[_stands(visit, name) for name in sorted(visit.tokens)])


def _stands(visit: Visit, name: str) -> Question:
    try:
        return _opened(visit, name, visit.standing.project(name))
    except (Passing, Unusable):
        told = "its record cannot be used at the moment; the log of the service says why"
        return Question(name, name, ATTENTION, told, next=("Look again in a moment", ""))
    except Problem as problem:
        return Question(name, name, ATTENTION, problem.given, next=(problem.remedy, ""))


def _opened(visit: Visit, name: str, project: Project) -> Question:
    state, told, step, tail = _state(visit, name, project)
    running = jobs.settled(project)
    works = f"{running.by} started “{running.kind}”, and it still runs" if running else ""
    figures = tuple(_figures(project)) or _proposed(visit, project, state)
    next_ = step, address(name, *tail)
    return Question(name, project.words, state, told, figures, next_, works)


def _state(visit: Visit, name: str, project: Project) -> tuple[str, str, str, tuple[str, ...]]:
    """The state, why, what to do next, and on which page."""
    if why := visit.standing.shelf.degraded.get(name):
        return ATTENTION, f"The newest is not served: {why}", "Look at the nights", ("nights",)
    if loud := _alarms(project):
        return (
            ATTENTION,
            listed(loud[:2]),
            "See how it went, and say what is done about it",
            ("watch",),
        )
    latest = project.record.latest_bakeoff(project.ask.question)
    decision = project.record.decision(project.ask.question)
    if name in visit.standing.shelf.served:
        return RUNNING, _runs(visit, name, decision), "See how it went", ("watch",)
    if decision:
        told = (
            f"{decision.by} chose {label_of(visit, project, decision)} on {day(decision.time[:10])}"
        )
        return DECIDED, f"{told}: “{decision.because}”", "Put it into production", ("decide",)
    if latest:
        told = headline(result_of(visit, project, latest))[0]
        return PROPOSED, told, "Look at the ladder, then decide", ()
    rungs = len(project.ladder)
    return (
        NOTHING,
        f"{rungs} rungs stand ready to be compared.",
        "Look at the data, and compare",
        (),
    )


def _runs(visit: Visit, name: str, decision: Decision | None) -> str:
    served = visit.standing.shelf.served[name]
    rung = label_of(visit, served.project, decision) if decision else served.release.manifest.rung
    return f"{rung} answers every night; learnt as of {day(served.release.manifest.as_of)}."


def _proposed(visit: Visit, project: Project, state: str) -> tuple[str, ...]:
    """What was proposed last, where no figures are named; unless the state says it."""
    latest = project.record.latest_bakeoff(project.ask.question)
    if latest is None or state == PROPOSED:
        return ()
    return (headline(result_of(visit, project, latest))[0],)


def _alarms(project: Project) -> list[str]:
    """What the last watch raised, and nobody has said anything about."""
    found = _watched(project)
    return [alarm.sentence for alarm in still_open(project, found.alarms)] if found else []


def _figures(project: Project) -> Iterator[str]:
    """The figures the business steers by, as the last watch found them; else what they are aimed at."""
    found = _watched(project)
    if found is None:
        for name, one in project.ask.kpis.items():
            if one.target is not None:
                yield f"{one.words or name}: target {one.target:g} {one.unit}".rstrip()
        return
    yield from (
        _figure(one) for one in found.figures if one.kind == "KPI" and one.value is not None
    )


def _figure(found: Figure) -> str:
    goal = f", target {said(found, found.target)}" if found.target is not None else ""
    tag = f": {TAGS[found.verdict]}" if found.verdict in TAGS else ""
    return f"{found.words}: {said(found, found.value)}{goal}{tag}"


def _watched(project: Project) -> Watched | None:
    there = kept(project.folder)
    return there[0] if there else None
