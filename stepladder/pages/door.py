"""What every visit passes: the host it asks for, who it is, what it may; and how it is logged and refused."""

from __future__ import annotations

import ipaddress
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import parse_qsl
from weakref import WeakValueDictionary

import anyio
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.responses import Response

from stepladder.core.errors import Passing, Problem, Unusable
from stepladder.pages import routes
from stepladder.pages.standing import Standing
from stepladder.pages.visit import Visit
from stepladder.record import Token
from stepladder.record.entries import found
from stepladder.service.bounded import Receive, Scope, bounded
from stepladder.service.gate import BUCKETS
from stepladder.service.limits import Bucket, Limits
from stepladder.service.refused import Refused, Send, busy, fault, refused
from stepladder.service.tokens import may

COOKIE = "stepladder"
FIELDS = 200  # of a form
STRANGERS = 40.0  # requests a second from one address, before it is known who it is
AT_ONCE, EACH = 8, 4  # pages that are made at the same time, and of these for one browser
HOST = re.compile(r"(?:\[([\da-fA-F:.]+)\]|([^:\[\]]+))(?::\d{1,5})?")
T = TypeVar("T")
G = TypeVar("G")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
log = logging.getLogger("stepladder.service")


@dataclass
class Door:
    """The application of pages. A bearer token opens none of them, and a session no path of the API."""

    standing: Standing
    limits: Limits
    buckets: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)
    known: OrderedDict[str, str] = field(default_factory=OrderedDict)  # session -> its project
    threads: anyio.CapacityLimiter | None = None
    turns: WeakValueDictionary[str, anyio.CapacityLimiter] = field(
        default_factory=WeakValueDictionary
    )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, visit = time.perf_counter(), self._visit(scope)
        try:
            whose = self._whose(visit, scope)
            visit, route = await self._let_in(visit, scope, receive, whose)
            answer = await self._answered(visit, route, whose)
        except ClientDisconnect:
            return  # what somebody had not finished sending was not said
        except Exception as error:
            answer = self._refused(visit, error)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        await answer(scope, receive, send)
        token = next(iter(visit.tokens.values()), None)
        log.info(
            "%s %s %d %.1f ms %s", ascii(scope["method"])[1:-1], ascii(scope["path"][:200])[1:-1],
            answer.status_code, (time.perf_counter() - begun) * 1000,
            f"token {token.id} {token.name!r}" if token else "nobody known",
        )  # fmt: skip

    async def _let_in(
        self, visit: Visit, scope: Scope, receive: Receive, whose: str
    ) -> tuple[Visit, routes.Route]:
        """Where it leads, and who it is with what they sent."""
        self._known_host(visit.host)
        self._meter(whose)
        visit = replace(visit, query=_query(scope))
        there = routes.found(visit.path)
        if not there:
            raise Refused(
                404,
                f"there is no page {visit.path[:80]!r}",
                "every page is reached by links from the first one",
                "go to the first page",
            )
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        matched = [(route, places) for route, places in there if route.method == method]
        if not matched:
            allowed = " or ".join(sorted({route.method for route, _ in there}))
            raise Refused(
                405, f"{method} {visit.path[:80]}", f"it is asked with {allowed}", "go back"
            )
        route, places = matched[0]
        visit = replace(visit, places=places)
        if route.method == "POST":
            _from_here(scope, visit.host)
            sent = await self._sent(scope, receive)
            visit = replace(visit, sent=sent)
        if visit.session:
            tokens = await self._aside(whose, self._tokens, visit.session)
            visit = replace(visit, tokens=tokens)
        if visit.tokens:
            scope.get("recognise", lambda: None)()
        return visit, route

    async def _answered(self, visit: Visit, route: routes.Route, whose: str) -> Response:
        if visit.tokens:
            self._allow(visit, route)
        elif route.role or route.of_project:
            raise Refused(
                401, "nobody known", "pages are for whoever has come in", "come in: /enter"
            )
        return await self._aside(whose, route.answers, visit)

    async def _aside(self, whose: str, work: Callable[[G], T], given: G) -> T:
        """Work in a thread; whoever has had their share of these waits, and holds up nobody else."""
        if self.threads is None:
            self.threads = anyio.CapacityLimiter(AT_ONCE)
        turn = self.turns.get(whose)
        if turn is None:
            turn = self.turns[whose] = anyio.CapacityLimiter(EACH)
        async with turn:
            return await anyio.to_thread.run_sync(work, given, limiter=self.threads)

    def _visit(self, scope: Scope) -> Visit:
        secure = scope.get("scheme") == "https"
        return Visit(
            self.standing, scope["path"], session=_cookie(scope, cookie(secure)), secure=secure,
            host=_header(scope, b"host"),
        )  # fmt: skip

    def _known_host(self, host: str) -> None:
        """A name that is not ours may be anybody's, made to lead here (DNS rebinding)."""
        there = HOST.fullmatch(host)
        name = (there[1] or there[2]) if there else ""
        try:
            ipaddress.ip_address(name)
        except ValueError:
            if name.lower() not in {"localhost", *self.standing.sites}:
                raise Refused(
                    421, f"the host {host[:80]!r}",
                    "pages are served as localhost, by number, or under the names that were given",
                    "start it with that name: stepladder serve --site NAME",
                ) from None  # fmt: skip

    def _meter(self, whose: str) -> None:
        """How often somebody may ask: a session that was good by itself, all others by their address."""
        known = whose in self.known
        bucket = self.buckets.get(whose)
        if bucket is None:
            rate = self.limits.rate if known else min(self.limits.rate or STRANGERS, STRANGERS)
            bucket = self.buckets[whose] = Bucket(rate, 2 * rate)
            if len(self.buckets) > BUCKETS:
                self.buckets.popitem(last=False)
        if wait := bucket.wait():
            raise Refused(
                429, "too many requests at once", "fewer a second", f"wait {wait} s", wait
            )

    def _whose(self, visit: Visit, scope: Scope) -> str:
        client = scope.get("client") or ("",)
        return visit.session if visit.session in self.known else f"from {client[0]}"

    async def _sent(self, scope: Scope, receive: Receive) -> dict[str, str]:
        kind = _header(scope, b"content-type").partition(";")[0].strip().lower()
        if kind not in ("application/x-www-form-urlencoded", ""):
            raise Refused(
                415, f"a form sent as {kind[:80]}", "forms come as browsers send them", "go back"
            )
        take, body, more = bounded(self.limits, scope, receive), b"", True
        while more:
            message = await take()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
        except ValueError:
            raise Refused(
                400, "a form that is none", "forms come as browsers send them", "go back"
            ) from None
        return dict(pairs)

    def _tokens(self, session: str) -> dict[str, Token]:
        """The projects that a session opens: those of the token that it stands for, while that is good."""
        keys, first, trouble = self.standing.shelf.keys, self.known.get(session), None
        for name in sorted(keys.projects, key=lambda one: one != first):
            try:
                entry = found(keys.projects[name].record, session)
            except Problem as problem:  # one record that is locked closes no other project
                trouble = problem
                continue
            if entry:
                if tokens := keys.found(entry.token):
                    # never out of it in between: else it would for a moment be anybody at its address
                    self.known[session] = name
                    if len(self.known) > BUCKETS:
                        self.known.popitem(last=False)
                    return tokens
                break
        self.known.pop(session, None)
        if trouble:
            raise trouble
        return {}

    def _allow(self, visit: Visit, route: routes.Route) -> None:
        keys, writes = self.standing.shelf.keys, route.method == "POST"
        most = self.limits.writes_s if writes else self.limits.reads_s
        if not route.of_project:  # where one project's tokens cannot be read, the others are shown
            known = [name for name in visit.tokens if keys.age(name) <= most]
            return keys.check(known or visit.tokens, most)
        keys.check([name for name in visit.tokens if name == visit.name], most)
        token = visit.tokens.get(visit.name)
        if token is None:
            raise Refused(
                404,
                f"there is no project {visit.name[:80]!r} here",
                "the first page shows every question that is yours to see",
                "go to the first page",
            )
        if route.role and not may(token, route.role):
            raise Refused(
                403, f"{token.name} has the roles {token.roles.replace(',', ', ')}",
                f"this needs the role {route.role}",
                f"ask for it: stepladder token {token.name!r} --role {route.role}",
            )  # fmt: skip

    def _refused(self, visit: Visit, error: Exception) -> Response:
        """A page that says what, why, and what to do; of what is ours to mend only that it is."""
        if not isinstance(error, Problem):
            log.error("a fault while making %s", ascii(visit.path[:200]), exc_info=error)
            told = fault()
        elif isinstance(error, Passing | Unusable):
            log.error(
                "a fault while making %s: %s", ascii(visit.path[:200]), "; ".join(error.parts())
            )
            told = busy()
        else:
            told = refused(error)
        if told.status == 401 and not visit.tokens:
            return visit.page("enter", 401, link="", refused="")
        answer = visit.page("refused", told.status, told=told)
        if told.retry_after:
            answer.headers["retry-after"] = str(told.retry_after)
        return answer


def cookie(secure: bool) -> str:
    """The name of the session's cookie; over https one that no other site and no http can set."""
    return f"__Host-{COOKIE}" if secure else COOKIE


def _from_here(scope: Scope, host: str) -> None:
    """A write must come from one of our own pages, as the browser says; it says so where it can."""
    site, origin = _header(scope, b"sec-fetch-site"), _header(scope, b"origin")
    ours = origin in (f"http://{host}", f"https://{host}")
    if site != "same-origin" if site else not ours:
        raise Refused(
            403, "a form that was sent from elsewhere", "only our own pages send forms here",
            "open the page here and send it from there",
        )  # fmt: skip


def _query(scope: Scope) -> dict[str, str]:
    text = scope["query_string"].decode("latin-1")
    try:
        return dict(parse_qsl(text, max_num_fields=FIELDS))
    except ValueError:
        raise Refused(
            422, "an address that asks for too much", f"{FIELDS} fields at most", "go back"
        ) from None


def _cookie(scope: Scope, name: str) -> str:
    """A session as the browser shows it, whatever stands beside it: ports of one host share their cookies."""
    return cookie_parser(_header(scope, b"cookie")).get(name, "")[:100]


def _header(scope: Scope, name: bytes) -> str:
    found = next((value for key, value in scope["headers"] if key == name), b"")
    return str(found.decode("latin-1"))
