"""Somebody's visit to a page: who they are, what they may, which project it is about, and what they sent."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from stepladder.pages import routes
from stepladder.pages.rendered import rendered
from stepladder.pages.standing import Standing
from stepladder.project.folder import Project
from stepladder.record import Token
from stepladder.service.refused import Refused
from stepladder.service.tokens import may

NAV: list[tuple[str, tuple[str, ...]]] = [
    ("The ladder", ()),
    ("Predictions", ("predictions",)),
    ("What was said", ("said",)),
    ("Try it yourself", ("person",)),
    ("Decide", ("decide",)),
    ("Rules", ("rules",)),
    ("How it went", ("watch",)),
    ("Nights", ("nights",)),
    ("Words", ("words",)),
]

# pages that stand in no navigation -> the page that one comes to them from
BEHIND = {
    "case": "predictions", "row": "predictions", "say": "predictions", "blind": "person",
    "decisions": "decide",
}  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """What a page's function is given. tokens: by project; whoever comes in has the same one in each."""

    standing: Standing
    path: str
    tokens: Mapping[str, Token] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)  # what stands in the path's {places}
    query: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)  # a form's fields
    session: str = ""
    secure: bool = False  # whether it came over https
    host: str = ""

    @property
    def name(self) -> str:
        """The project's name, as it stands in addresses."""
        return self.places.get("name", "")

    @property
    def project(self) -> Project:
        """The project it is about, as its files are now."""
        return self.standing.project(self.name)

    @property
    def who(self) -> Token:
        """Whoever it is, in this project."""
        return self.tokens[self.name]

    @property
    def nav(self) -> list[tuple[str, tuple[str, ...]]]:
        """The pages of the project that they may open, in the order in which one goes through them."""
        roles = {route.path: route.role for route in routes.ROUTES if route.method == "GET"}
        return [one for one in NAV if self.may(roles["/".join(("/q/{name}", *one[1]))])]

    def within(self, *tail: str) -> bool:
        """Whether this page stands behind that page of the navigation: a case behind the predictions."""
        rest = self.path.removeprefix(address(self.name)).strip("/").partition("/")[0]
        return bool(tail) and tail == (BEHIND.get(rest, rest),)

    def may(self, role: str) -> bool:
        """Whether they have a role in this project."""
        return self.name in self.tokens and may(self.tokens[self.name], role)

    def at(self, *parts: object, **query: object) -> str:
        """An address within this project."""
        return address(self.name, *parts, **query)

    def page(self, template: str, status: int = 200, /, **contents: Any) -> Response:
        """The page that a template makes of these contents."""
        return HTMLResponse(rendered(template, visit=self, **contents), status)

    def to(self, address: str) -> Response:
        """See there next: what a form that was taken is answered with."""
        return RedirectResponse(address, 303)

    def field(self, name: str, most: int = 5_000) -> str:
        """What was typed into a field of the form. Raises Refused where it is empty or far too long."""
        text = self.sent.get(name, "").strip()
        if not text or len(text) > most:
            given = f"{len(text):,} characters in {name!r}" if text else f"nothing in {name!r}"
            raise Refused(422, given, f"1 to {most:,} characters", "go back and write it there")
        return text

    @property
    def request(self) -> str:
        """The key of the form that was sent: what is sent twice counts once."""
        return self.sent.get("request", "")[:64]

    def key(self) -> str:
        """A key for a new form."""
        return secrets.token_hex(12)


def address(name: str, *parts: object, **query: object) -> str:
    """An address within a project: /q/shop/case?customer=4."""
    path = "/".join(quote(str(part), safe="") for part in ("q", name, *parts))
    said = {key: value for key, value in query.items() if value not in (None, "")}
    return f"/{path}" + (f"?{urlencode(said)}" if said else "")
