"""One application for both doors: pages for people with a session, the API for programs with a token."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from stepladder.pages import (
    blind,
    case,
    decide,
    entry,
    home,
    jobs,
    ladder,
    live,
    nights,
    person,
    predictions,
    rules,
    said,
    source_row,
    watch,
    words,
)
from stepladder.pages.door import Door
from stepladder.pages.rendered import KINDS, static
from stepladder.pages.routes import page
from stepladder.pages.standing import Standing
from stepladder.pages.visit import Visit
from stepladder.service import app as api
from stepladder.service.bounded import Receive, Scope
from stepladder.service.gate import METHODS, App
from stepladder.service.limits import Limits
from stepladder.service.refused import Refused, Send
from stepladder.service.shelf import Shelf

# every file whose pages are served
PAGES = (
    blind, case, decide, entry, home, jobs, ladder, live, nights,
    person, predictions, rules, said, source_row, watch, words,
)  # fmt: skip

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" stroke="#1b67dd" stroke-width="2">'
    '<path d="M4 1v14M12 1v14M4 4h8M4 8h8M4 12h8"/></svg>'
)


def house(shelf: Shelf, limits: Limits, sites: Iterable[str] = ()) -> App:
    """The service's API and, wherever that answers nothing, the pages."""
    programs = api.app(shelf, limits)
    standing = Standing(shelf, frozenset(site.lower() for site in sites))
    shelf.beside.append(standing.tidied)
    people = Door(standing, limits)

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        of_pages = scope["type"] == "http" and scope["path"] not in METHODS
        bearer = of_pages and any(key == b"authorization" for key, _ in scope["headers"])
        door: App = people if of_pages and not bearer else programs
        await door(scope, receive, send)

    return both


@page("/favicon.ico", role="")
def icon(visit: Visit) -> Response:
    """What browsers ask for by themselves, to show it beside the title."""
    return Response(
        ICON, media_type="image/svg+xml", headers={"cache-control": "public, max-age=86400"}
    )


@page("/static/{file}", role="")
def asset(visit: Visit) -> Response:
    """The style sheet and the script; their names change with their content."""
    text = static().get(visit.places["file"])
    if text is None:
        raise Refused(
            404, "there is no such file", "pages name the files they need", "load the page again"
        )
    kind = KINDS[visit.places["file"].rpartition(".")[2]]
    return Response(
        text, media_type=kind, headers={"cache-control": "public, max-age=31536000, immutable"}
    )
