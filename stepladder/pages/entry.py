"""Come in: with a token that is pasted once, or by a link made for one person; and go out again."""

from __future__ import annotations

from starlette.responses import Response

from stepladder.pages.door import cookie
from stepladder.pages.routes import form, page
from stepladder.pages.visit import Visit
from stepladder.record.entries import IDLE, close, opened, session
from stepladder.service.refused import Refused
from stepladder.service.tokens import hashed


@page("/enter", role="")
def enter(visit: Visit) -> Response:
    """Where a token is pasted; by a link only a button, since whoever previews links must not use it up."""
    return visit.page("enter", link=visit.query.get("link", "")[:100], refused="")


@form("/enter", role="")
def entered(visit: Visit) -> Response:
    """A session for whoever has shown a good token or an unused link."""
    link, token = visit.sent.get("link", ""), visit.sent.get("token", "").strip()
    made = _by_link(visit, link) if link else _by_token(visit, token)
    if not made:
        what = "this link is used, or older than fifteen minutes" if link else "no valid token"
        return visit.page("enter", 401, link="", refused=what)
    close_everywhere(visit)
    answer = visit.to("/")
    answer.set_cookie(
        cookie(visit.secure), made, max_age=int(IDLE.total_seconds()), httponly=True, samesite="lax",
        secure=visit.secure,
    )  # fmt: skip
    return answer


@form("/leave", role="")
def leave(visit: Visit) -> Response:
    """End the session."""
    close_everywhere(visit)
    answer = visit.to("/enter")
    answer.delete_cookie(cookie(visit.secure), secure=visit.secure)
    return answer


def close_everywhere(visit: Visit) -> None:
    """End the session that the browser shows, if it is one."""
    if visit.tokens:
        for project in visit.standing.shelf.keys.projects.values():
            close(project.record, visit.session)


def _by_link(visit: Visit, link: str) -> str | None:
    made = (opened(p.record, link) for p in visit.standing.shelf.keys.projects.values())
    return next((one for one in made if one), None)


def _by_token(visit: Visit, token: str) -> str | None:
    """Raises Refused where the record cannot be written."""
    keys, digest = visit.standing.shelf.keys, hashed(token)
    there = keys.found(digest)
    if not there:
        return None
    project = keys.projects.get(next(iter(there)))
    if project is None:
        raise Refused(503, "the project is gone", "it was there a moment ago", "try again")
    return session(project.record, digest)
