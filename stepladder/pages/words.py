"""The words of these pages that are not everyday words, each on a page of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from stepladder.money import priced
from stepladder.pages.routes import page
from stepladder.pages.visit import Visit
from stepladder.report.glossary import glossary
from stepladder.service.refused import Refused


@dataclass(frozen=True)
class Term:
    """A word: what it means, and a small picture of this project's own figures where there is one."""

    slug: str
    name: str
    sentences: str
    picture: Markup | None = None


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
    """Our words and the question's, in the order of the alphabet."""
    project = visit.project
    found = glossary(project.question, priced(project.ask) is not None)
    return [Term(re.sub(r"\W+", "-", name.lower()).strip("-"), name, said) for name, said in found]
