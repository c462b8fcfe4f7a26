"""A question's page: the ladder of its latest bake-off, and what each rung gives and takes."""

from __future__ import annotations

from starlette.responses import Response

from stepladder.pages.routes import page
from stepladder.pages.visit import Visit


@page("/q/{name}")
def ladder(visit: Visit) -> Response:
    """The latest bake-off."""
    project = visit.project
    latest = project.record.latest_bakeoff(project.ask.question)
    return visit.page("ladder_page", words=project.question.WORDS, bakeoff=latest)
