"""The first page: the questions of this folder in their own words, and how each of them stands."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from stepladder.core.errors import Problem
from stepladder.pages.routes import page
from stepladder.pages.visit import Visit
from stepladder.project.folder import Project


@dataclass(frozen=True)
class Question:
    """A question as it stands. state: one of the words of the first page."""

    name: str
    words: str
    state: str
    said: str


@page("/", role="read")
def home(visit: Visit) -> Response:
    """Every question that whoever is here may see."""
    return visit.page("home", questions=[_stands(visit, name) for name in sorted(visit.tokens)])


def _stands(visit: Visit, name: str) -> Question:
    try:
        project = visit.standing.project(name)
        return Question(name, project.question.WORDS, *_state(visit, name, project))
    except Problem as problem:
        return Question(name, name, "needs attention", problem.given)


def _state(visit: Visit, name: str, project: Project) -> tuple[str, str]:
    if why := visit.standing.shelf.degraded.get(name):
        return "needs attention", why
    if name in visit.standing.shelf.served:
        return "running", ""
    if decision := project.record.decision(project.ask.question):
        return "decided", f"{decision.by} decided for {decision.rung}"
    if project.record.latest_bakeoff(project.ask.question):
        return "proposed", ""
    return "nothing run yet", ""
