"""Answering what a rung's process asks of what was known: as much as its job may know, whatever it sends.

Whoever asks is not trusted: it may send anything. So a frame has an end, a head has a shape, a query is
judged by the history as any other, a moment is the job's own or an earlier one, an answer has an end.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from stepladder.core.errors import Outgrown, Problem
from stepladder.core.history import History
from stepladder.fence import asks

PART = 1 << 20
STREAMS = 8  # open at once; one that is read to its end is closed
LONGEST = 2000  # characters of why there is no answer


class _Asked(BaseModel):
    """The head of an ask: which tables follow, by what they are for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    what: Literal["sql", "scan", "next"]
    query: str = ""
    now: str = ""
    part: bool = False
    laid: list[str] = []
    out: list[str] = []
    given: list[str] = []
    scan: int = 0
    sizes: list[int] = []


@dataclass
class Answering:
    """What one rung's process may ask: of `history`, and of the part of it that it learns from.

    most: the bytes of an ask or an answer. spent: a clock of the engine's CPU seconds.
    """

    history: History
    part: History | None
    most: int
    spent: Callable[[], float] = float
    streams: dict[int, pa.RecordBatchReader] = field(default_factory=dict)
    opened: int = 0

    def __post_init__(self) -> None:
        self._at = lru_cache(STREAMS)(self._moment)  # a history's views are made once

    def answer_all(self, line: socket.socket) -> None:
        """Answer until nobody asks any more, or somebody asks for what is no ask."""
        with contextlib.suppress(OSError):
            while frame := self._received(line):
                line.sendall(self.answer(frame))

    def answer(self, frame: bytes | bytearray) -> bytes:
        """The frame that goes back; whatever goes wrong becomes one that says so."""
        begun = self.spent()
        head: asks.Head = {"problem": [], "outgrown": False, "error": "", "scan": 0}
        tables: list[pa.Table] = []
        try:
            said, given = asks.unframed(frame)
            head["scan"], tables = self._found(_Asked(**said), given)
        except Problem as error:
            parts = [text[:LONGEST] for text in error.parts()]
            head |= {"problem": parts, "outgrown": isinstance(error, Outgrown)}
        except Exception as error:  # whatever the engine, or reading nonsense, may raise
            first = next(iter(str(error).strip().splitlines()), "")
            head |= {"error": f"{type(error).__name__}: {first}"[:LONGEST]}
        return asks.framed({**head, "spent_s": self.spent() - begun}, tables)

    def _found(self, asked: _Asked, given: list[pa.Table]) -> tuple[int, list[pa.Table]]:
        if asked.what == "next":
            return asked.scan, self._next(asked.scan)
        names = [*asked.laid, *asked.out, *asked.given]
        rows = list(zip(names, given, strict=True))
        laid, out = len(asked.laid), len(asked.laid) + len(asked.out)
        known = self._at(date.fromisoformat(asked.now), asked.part)
        for name, more in rows[:laid]:
            known = known.plus(**{name: more})
        for name, keys in rows[laid:out]:
            known = known.without(name, keys)
        if asked.what == "scan":
            return self._opened(known.scan(asked.query))
        return 0, [self._bounded(known.sql(asked.query, **dict(rows[out:])))]

    def _moment(self, now: date, part: bool) -> History:
        return ((self.part if part else None) or self.history).at(now)

    def _opened(self, stream: pa.RecordBatchReader) -> tuple[int, list[pa.Table]]:
        if len(self.streams) >= STREAMS:
            raise Problem(
                f"history.scan was asked for with {STREAMS} streams open",
                f"{STREAMS} streams are open at once",
                "read one to its end before the next",
            )
        self.opened += 1
        self.streams[self.opened] = stream
        return self.opened, [stream.schema.empty_table()]

    def _next(self, nth: int) -> list[pa.Table]:
        """The next rows of a stream; none at its end."""
        with contextlib.suppress(StopIteration):
            return [self._bounded(pa.Table.from_batches([self.streams[nth].read_next_batch()]))]
        self.streams.pop(nth)
        return []

    def _bounded(self, found: pa.Table) -> pa.Table:
        if found.nbytes > self.most:
            raise Outgrown(
                f"an answer has {found.nbytes / 1e6:,.0f} MB",
                f"an answer has at most {self.most / 1e6:,.0f} MB, which is all that a rung may hold",
                "add up more in SQL, or allow more: memory_mb in question.toml",
            )
        return found

    def _received(self, line: socket.socket) -> bytearray:
        """The next ask; nothing where nobody is there any more, or where it has no end."""
        got = bytearray()
        while part := line.recv(PART):
            got += part
            try:
                left = asks.wanted(got) - len(got)
            except Exception:  # a head that is none: what comes next cannot be told
                return bytearray()
            if left < 0 or len(got) + left > self.most:
                return bytearray()
            if not left and len(got) > asks.LENGTH.size:
                return got
        return bytearray()
