"""The table of routes: which page answers where, by which method, and which role it needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from re import Pattern
from typing import Literal

from starlette.responses import Response
from starlette.routing import compile_path

from stepladder.service.tokens import ROLES

Role = Literal["", "read", "review", "rules", "decide", "admin"]
NUMBER = "[0-9]{1,9}"  # nothing has a longer one, and every database can be asked for it
Handler = Callable[..., Response]


@dataclass(frozen=True)
class Route:
    """One page or form. role: what a token must have in the project it is about; empty for anybody."""

    method: str
    path: str
    role: Role
    answers: Handler
    pattern: Pattern[str]

    @property
    def of_project(self) -> bool:
        """Whether it is about one project, named by {name}."""
        return "{name}" in self.path


ROUTES: list[Route] = []


def page(path: str, role: Role = "read") -> Callable[[Handler], Handler]:
    """A page that is looked at; it changes nothing."""
    return _route("GET", path, role)


def form(path: str, role: Role) -> Callable[[Handler], Handler]:
    """What a form sends: a write, for which somebody must have a role."""
    return _route("POST", path, role)


def found(path: str) -> list[tuple[Route, dict[str, str]]]:
    """The routes that a path is of, whatever the method, with what stands in its places."""
    matched = [(route, route.pattern.fullmatch(path)) for route in ROUTES]
    return [(route, m.groupdict()) for route, m in matched if m]


def _route(method: str, path: str, role: Role) -> Callable[[Handler], Handler]:
    assert role in ("", *ROLES), role

    def noted(handler: Handler) -> Handler:
        pattern = re.compile(compile_path(path)[0].pattern.replace("[0-9]+", NUMBER))
        ROUTES.append(Route(method, path, role, handler, pattern))
        return handler

    return noted
