"""The words of these pages that are not everyday words, each on a page of its own."""

from __future__ import annotations

from starlette.responses import Response

from stepladder.money import priced
from stepladder.pages.ladder import contents_of
from stepladder.pages.routes import page
from stepladder.pages.visit import Visit
from stepladder.report.glossary import Term, unfigured
from stepladder.service.refused import Refused


@page("/q/{name}/words")
def words(visit: Visit) -> Response:
    """All of them."""
    return visit.page("words", terms=terms(visit))


@page("/q/{name}/words/{term}")
def word(visit: Visit) -> Response:
    """One of them, with those before and after it."""
    there = terms(visit)
    at = next((i for i, one in enumerate(there) if one.slug == visit.places["term"]), None)
    if at is None:
        raise Refused(
            404, f"the word {visit.places['term'][:80]!r} is not explained here",
            f"{len(there)} words are", "see them all: Words",
        )  # fmt: skip
    beside = [*there[max(at - 1, 0) : at], *there[at + 1 : at + 2]]
    return visit.page("word", term=there[at], beside=beside)


def terms(visit: Visit) -> list[Term]:
    """Our words and the question's, with this project's own figures once something was compared."""
    project = visit.project
    latest = project.record.latest_bakeoff(project.ask.question)
    if latest is None:
        return unfigured(project.question, priced(project.ask) is not None)
    found: list[Term] = contents_of(visit, project, latest)["glossary"]
    return found
