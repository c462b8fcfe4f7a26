"""What a connection may do before anybody knows whose it is, and which one goes when there are too many."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from stepladder.service.limits import Limits
from stepladder.service.refused import Refused

SWEEP_S, TOLD_S = 1.0, 10.0  # how often one looks who is late, and tells it in the log
SPARE_S = 2.0  # whoever reads a body tells by itself that it is late, and is given the time to
SPARE = 65_536  # a body in pieces is somewhat longer than what it says
log = logging.getLogger("stepladder.service")


class Connections:
    """All connections there are. Those that have shown no good token make room for the others."""

    def __init__(self, limits: Limits, count: Callable[[str], None] = lambda why: None) -> None:
        self.limits, self.count = limits, count
        self.strangers: dict[Connection, None] = {}  # the one that came first is the first
        self.known: set[Connection] = set()
        self.addresses: Counter[str] = Counter()
        self.untold: Counter[str] = Counter()
        self._told, self._sweeping = 0.0, False

    def protocol(self, **given: Any) -> Connection:
        """A connection that is about to be made; what uvicorn calls."""
        return Connection(self, **given)

    def enter(self, one: Connection) -> None:
        """Take a new connection, let another go for it, or refuse it."""
        self.strangers[one] = None
        self.addresses[one.address] += 1
        if one.address and self.addresses[one.address] > self.limits.per_address:
            one.refuse(_crowd(self.limits.per_address))
        elif len(self.strangers) + len(self.known) > self.limits.connections:
            self._make_room(one)
        if not self._sweeping:
            self._sweeping = True
            one.loop.call_later(SWEEP_S, self._sweep, one.loop)

    def leave(self, one: Connection) -> None:
        """It is gone."""
        self.forget(one)
        self.addresses[one.address] -= 1
        if self.addresses[one.address] <= 0:
            del self.addresses[one.address]

    def forget(self, one: Connection) -> None:
        """It is closed for sure, and makes room no more."""
        self.strangers.pop(one, None)
        self.known.discard(one)

    def recognise(self, one: Connection) -> None:
        """It has shown a good token, and stays when others have to go."""
        if one in self.strangers:
            del self.strangers[one]
            self.known.add(one)

    def dropped(self, why: str) -> None:
        """Count one, and tell it with the others before long: a line for each would fill the disk."""
        self.count(why)
        self.untold[why] += 1

    def _make_room(self, new: Connection) -> None:
        """The stranger that has been there longest goes; else whoever has asked nothing for longest."""
        oldest = next(iter(self.strangers))
        idle = [one for one in self.known if one.idle] if oldest is new else []
        if oldest is not new or idle:
            found = min(idle, key=lambda one: one.since) if idle else oldest
            found.drop("made room")
        else:
            new.refuse(_full(self.limits.connections))

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for one in [*self.strangers, *self.known]:
            one.look(now)
        if self.untold and now - self._told > TOLD_S:
            log.warning(
                "connections closed: %s",
                ", ".join(f"{why} {n:,}" for why, n in self.untold.most_common()),
            )
            self._told = now
            self.untold.clear()
        self._sweeping = bool(self.strangers or self.known or self.untold)
        if self._sweeping:
            loop.call_later(SWEEP_S, self._sweep, loop)


class Connection(HttpToolsProtocol):  # type: ignore[misc]
    """One connection, which reads no more than the limits allow, and waits no longer."""

    def __init__(self, all_: Connections, **given: Any) -> None:
        super().__init__(**given)
        self.all, self.limits = all_, all_.limits
        self.reading = ""  # "head" or "body", while one of these is under way
        self.since = self.loop.time()  # since when it reads this, or has nothing to do
        self.came = 0  # bytes of what is read
        self.head, self.fields = 0, 0  # bytes and number of headers
        self.full_since = 0.0  # since when an answer has been waiting to be taken
        self.served = self.over = False
        self.refused: Refused | None = None
        self.answered: Any = None  # the request whose turn it is
        self.address = ""

    @property
    def idle(self) -> bool:
        """Whether it has nothing to answer."""
        answering = self.cycle is not None and not self.cycle.response_complete
        return not (answering or self.pipeline)

    def connection_made(self, transport: Any) -> None:
        """Somebody is there."""
        super().connection_made(transport)
        self.address = _address(self.client[0] if self.client else "", self.limits.proxies)
        self.all.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self.over = True
        self.all.leave(self)
        self._nobody_there()
        self._unset_keepalive_if_required()  # else what is gone is kept until its time is over
        (self.scope or {}).pop("recognise", None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as far as the limits allow."""
        self._unset_keepalive_if_required()
        if self.over:
            return
        self.came += len(data)
        try:
            self.parser.feed_data(data)
        except (
            httptools.HttpParserUpgrade
        ):  # answered as if it were not asked for, and then it ends
            self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self.refuse(self.refused or _no_http())
        else:
            most = 2 * self.limits.body + SPARE if self.reading == "body" else self.limits.head
            if self.came > most:
                self.refuse(_no_end() if self.reading == "body" else _long_head(self.limits))

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["recognise"] = functools.partial(self.all.recognise, self)
        self.head = self.fields = 0
        self._read("head")

    def on_url(self, url: bytes) -> None:
        """A part of its address came."""
        super().on_url(url)
        self._bounded(len(url), 0)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header came, or what stands behind a body like one."""
        super().on_header(name, value)
        self._bounded(len(name) + len(value), 1)

    def on_headers_complete(self) -> None:
        """The head is there; whoever sends ever more of them without waiting for answers is sent away."""
        if len(self.pipeline) >= self.limits.pipelined:
            self._stop(_pipelined(self.limits.pipelined))
        super().on_headers_complete()
        self._read("body")

    def on_message_complete(self) -> None:
        """All of a request is there."""
        super().on_message_complete()
        self._read("")

    def on_response_complete(self) -> None:
        """A request is answered."""
        self.served = True
        self.cycle.body.clear()  # of a request that was answered without being read
        if not self.reading:
            self._read("")
        super().on_response_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self.answered = cycle
        super()._start_asgi_task(cycle, app)

    def look(self, now: float) -> None:
        """Let it go where it is late."""
        if self.transport.get_write_buffer_size():
            self.full_since = self.full_since or now
            if now - self.full_since > self.limits.write_s:
                self.drop("took no answer")
            return
        self.full_since, late = 0.0, now - self.since
        if self.reading == "head" and late > self.limits.head_s:
            self.refuse(_slow_head(self.limits.head_s))
        elif self.reading == "body" and late > self.limits.body_s + SPARE_S:
            self.drop("slow body")
        elif not self.reading and self.idle and late > self._patience():
            self.drop("idle")

    def refuse(self, problem: Refused) -> None:
        """Say why and close, or only close where an answer is under way already."""
        if self.over:
            return
        if self.idle:
            self.transport.write(_raw(problem))
        self._end(problem.given)
        self.transport.close()

    def drop(self, why: str) -> None:
        """Close at once, whatever is under way."""
        if not self.over:
            self._end(why)
        self.transport.abort()
        self.all.forget(self)

    def _end(self, why: str) -> None:
        self.all.dropped(why)
        self.over = True
        self._nobody_there()

    def _nobody_there(self) -> None:
        """What is being answered is said to nobody; of several requests at once uvicorn ends the last."""
        if self.answered is not None and not self.answered.response_complete:
            self.answered.disconnected = True
            self.answered.message_event.set()

    def _patience(self) -> float:
        return self.limits.idle_s if self.served else self.limits.head_s

    def _read(self, what: str) -> None:
        self.reading, self.since, self.came = what, self.loop.time(), 0

    def _bounded(self, length: int, fields: int) -> None:
        self.head += length
        self.fields += fields
        if self.head > self.limits.head or self.fields > self.limits.fields:
            self._stop(_long_head(self.limits))

    def _stop(self, problem: Refused) -> None:
        """From within the parser: it stops where it is, and the problem is told."""
        self.refused = problem
        raise ValueError(problem.given)


@functools.lru_cache(4096)
def _address(said: str, proxies: tuple[str, ...]) -> str:
    """Whose connections are counted together; none behind a proxy, which speaks for many."""
    try:
        found = ipaddress.ip_address(said.partition("%")[0])
    except ValueError:
        return said
    found = getattr(found, "ipv4_mapped", None) or found
    if any(found in ipaddress.ip_network(proxy, strict=False) for proxy in proxies):
        return ""
    return said if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def _raw(problem: Refused) -> bytes:
    body = problem.body()
    lines = ["content-type: application/json", f"content-length: {len(body)}", "connection: close"]
    if problem.retry_after:
        lines.append(f"retry-after: {problem.retry_after}")
    line: bytes = STATUS_LINE[problem.status]
    return line + "\r\n".join([*lines, "", ""]).encode() + body


def _no_http() -> Refused:
    return Refused(
        400,
        "no HTTP",
        "requests are HTTP/1.1, without TLS",
        "see /docs, or speak to the proxy before it",
    )


def _long_head(limits: Limits) -> Refused:
    return Refused(
        431,
        "long headers",
        f"a request has at most {limits.fields} headers, of {limits.head:,} bytes with its address",
        "send what is asked about as the body",
    )


def _slow_head(seconds: float) -> Refused:
    return Refused(408, "slow headers", f"they have {seconds:g} s to come", "send it again")


def _no_end() -> Refused:
    return Refused(413, "a body without end", "see /docs", "send several requests")


def _pipelined(most: int) -> Refused:
    return Refused(
        429, "too many requests before an answer", f"at most {most}", "wait for the answers"
    )


def _crowd(most: int) -> Refused:
    return Refused(
        429,
        "too many connections from one address",
        f"at most {most} at once",
        "close some; a proxy before the service is named to it: stepladder serve --proxy ADDRESS",
        retry_after=1,
    )


def _full(most: int) -> Refused:
    return Refused(
        503, "too many connections", f"at most {most} at once", "come again soon", retry_after=1
    )
