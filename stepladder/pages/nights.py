"""The grid of nights: every day and step of what is in production, and what is not done."""

from __future__ import annotations

from starlette.responses import Response

from stepladder.nightly.picture import contents
from stepladder.pages.routes import page
from stepladder.pages.visit import Visit
from stepladder.record import Step
from stepladder.release.ship import shipments


@page("/q/{name}/nights")
def nights(visit: Visit) -> Response:
    """Every day's steps, the latest first."""
    project = visit.project
    shipped, ran = shipments(project), project.record.noted(Step, project.ask.question)
    if not shipped:
        decision = project.record.decision(project.ask.question)
        return visit.page("no_nights", words=project.words, decision=decision)
    marks = shipped[-1].id, ran[-1].id if ran else 0, project.settings
    key = (
        "nights",
        project.record.project,
        id(project),
        *marks,
    )  # another object once files change
    return visit.page("nights_page", **visit.standing.once(key, lambda: contents(project)))
