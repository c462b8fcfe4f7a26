"""What every request passes: who asks, how much, how often; and how it is counted, logged and refused."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect

from stepladder.core.errors import Passing, Problem, Unusable
from stepladder.record import Token
from stepladder.service import docs
from stepladder.service.bounded import Receive, Scope, bounded, header
from stepladder.service.limits import Bucket, Limits
from stepladder.service.refused import Refused, Send, busy, fault, refused, tell, unknown
from stepladder.service.shelf import Shelf
from stepladder.service.tokens import hashed, may

App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = {"/healthz", "/readyz", "/openapi.json", *docs.KINDS}
ROLE = {  # what a path needs; one that is not named is closed to everybody
    "/predict": "read", "/predict/waiting": "read", "/models": "read", "/metrics": "read",
    "/answers": "review", "/decisions": "decide", "/reload": "admin",
}  # fmt: skip
METHODS = {
    "/healthz": "GET", "/readyz": "GET", "/docs": "GET", "/openapi.json": "GET", "/models": "GET",
    "/metrics": "GET", "/predict/waiting": "GET", "/predict": "POST", "/answers": "POST",
    "/decisions": "POST", "/reload": "POST",
}  # fmt: skip
PATHS = ", ".join(METHODS)
METHODS |= dict.fromkeys(docs.KINDS, "GET")
BUCKETS = 10_000
GONE = 499  # nobody is there any more to be answered; counted, and no fault
log = logging.getLogger("stepladder.service")


@dataclass
class Gate:
    """The outermost layer. Inside it a scope's "tokens" say which projects are open to whom."""

    app: App
    shelf: Shelf
    limits: Limits
    buckets: OrderedDict[Any, Bucket] = field(default_factory=OrderedDict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            self._admit(scope)
            await self.app(scope, bounded(self.limits, scope, receive), watched)
        except Problem as problem:
            status = status or await tell(self._told(scope, problem), send)
        except ClientDisconnect:
            status = GONE
        except Exception:
            log.exception("a fault while answering %s", _path(scope))
            status = status or await tell(fault(), send)
        finally:
            self._note(scope, status, time.perf_counter() - begun)

    def _told(self, scope: Scope, problem: Problem) -> Refused:
        """What the client hears: of what is ours to mend only that it is; the log has the rest."""
        ours = isinstance(problem, Passing | Unusable)
        found = refused(problem, 503 if ours else 422)
        if found.status == 500 or ours:
            log.error("a fault while answering %s: %s", _path(scope), "; ".join(problem.parts()))
            return fault() if found.status == 500 else busy()
        return found

    def _admit(self, scope: Scope) -> None:
        path, method = scope["path"], scope["method"]
        if path not in OPEN:
            self._identify(scope)
        if path not in METHODS:
            raise Refused(404, f"there is no {path[:80]!r}", f"paths are: {PATHS}", "see /docs")
        if path not in OPEN:
            self._allow(scope, ROLE.get(path, ""))
        if method != METHODS[path]:
            raise Refused(
                405, f"{method} {path}", f"{path} is asked with {METHODS[path]}", "see /docs"
            )

    def _identify(self, scope: Scope) -> None:
        """Let in whoever has a token; with none that is good everybody is told the same."""
        found = self._tokens(header(scope, b"authorization"))
        if not found:
            raise unknown()
        scope["tokens"] = found
        scope.get("recognise", lambda: None)()  # the connection stays when others have to go
        self._meter(next(iter(found.values())).sha256)

    def _allow(self, scope: Scope, needed: str) -> None:
        """Leave open the projects in which the token has the role that the path needs."""
        found: dict[str, Token] = scope["tokens"]
        limits = self.limits
        self.shelf.keys.check(found, limits.reads_s if needed == "read" else limits.writes_s)
        allowed = {name: t for name, t in found.items() if may(t, needed)}
        if not allowed:
            raise Refused(
                403,
                f"a token with the roles {next(iter(found.values())).roles.replace(',', ', ')}",
                f"{scope['path']} needs the role {needed}",
                f"ask for such a token: stepladder token NAME --role {needed}",
            )
        scope["tokens"] = allowed

    def _tokens(self, header: bytes) -> dict[str, Token]:
        """The projects that a token opens."""
        kind, _, text = header.decode("latin-1").partition(" ")
        if kind.lower() != "bearer" or not text.strip():
            return {}
        return self.shelf.keys.found(hashed(text.strip()))

    def _meter(self, whose: str) -> None:
        bucket = self.buckets.get(whose)
        if bucket is None:
            bucket = self.buckets[whose] = Bucket(self.limits.rate, self.limits.burst)
            if len(self.buckets) > BUCKETS:
                self.buckets.popitem(last=False)
        if wait := bucket.wait():
            raise Refused(
                429,
                "too many requests with this token",
                f"{self.limits.rate:g} a second, and {self.limits.burst:g} at once",
                f"wait {wait} s; ask about several cases in one request",
                retry_after=wait,
            )

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"]
        known = METHODS.get(scope["path"]) == method  # else anybody could make up ever new ones
        path, counted = (scope["path"], method) if known else ("other", "any")
        self.shelf.metrics.count(path, counted, status, seconds)
        whose = next(iter(scope.get("tokens", {}).values()), None)
        log.info(
            "%s %s %d %.1f ms %s", ascii(method)[1:-1], _path(scope), status, seconds * 1000,
            f"token {whose.id} {whose.name!r}" if whose else "no token",
        )  # fmt: skip


def _path(scope: Scope) -> str:
    """A path as it may stand in a log: on one line, and without what came after a question mark."""
    return ascii(scope["path"][:200])[1:-1]
