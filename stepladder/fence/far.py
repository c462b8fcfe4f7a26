"""What was known, asked by a rung's process of the program that started it, where the data lie elsewhere.

Each ask is a frame (see `asks`): its head says what is asked, of which moment, and by which names the
tables that follow go. One frame comes back, or several for a stream, each asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, ClassVar

import pyarrow as pa

from stepladder.core.errors import Outgrown, Problem
from stepladder.core.history import History
from stepladder.fence import asks


class Unanswered(Exception):
    """The engine could not answer, and says why."""


@dataclass
class Line:
    """The open socket, for one ask at a time; spent_s: CPU seconds that the engine took for them all."""

    handle: int
    spent_s: float = 0.0
    lock: Any = field(default_factory=Lock, repr=False)

    def asked(self, head: asks.Head, tables: list[pa.Table]) -> tuple[asks.Head, list[pa.Table]]:
        """What is answered. Raises what kept it from being answered."""
        with self.lock:
            asks.send(self.handle, asks.framed(head, tables))
            frame = asks.received(self.handle)
        if not frame:
            raise Unanswered("nobody answers any more")
        said, found = asks.unframed(frame)
        self.spent_s += said["spent_s"]
        if said["outgrown"]:
            raise Outgrown(*said["problem"])
        if said["problem"]:
            raise Problem(*said["problem"])
        if said["error"]:
            raise Unanswered(said["error"])
        return said, found


@dataclass(frozen=True)
class FarHistory(History):
    """The past as it was known just before `now`, on an engine that another process speaks to."""

    line: Line = field(default_factory=lambda: Line(0))
    engine: ClassVar[str] = "spark"

    def sql(self, query: str, cases: pa.Table | None = None, **tables: pa.Table) -> pa.Table:
        """Answer a SELECT with a table that fits in memory. Raises Outgrown where it would not."""
        given = {**tables, **({} if cases is None else {"cases": cases})}
        return self._asked("sql", query, given)[1][0]

    def scan(self, query: str) -> pa.RecordBatchReader:
        """Answer a SELECT as a stream of record batches; no process ever holds them all."""
        said, (empty,) = self._asked("scan", query, {})
        return pa.RecordBatchReader.from_batches(empty.schema, self._rest(said["scan"]))

    def frame(self, query: str, cases: pa.Table | None = None, **tables: pa.Table) -> Any:
        """Nothing: a Spark DataFrame can do whatever the program can."""
        raise Problem(
            "history.frame was asked for behind the fence",
            "a rung behind the fence asks with history.sql and history.scan",
            'ask with one of these; or say ENGINE = "spark" in the rung, and it runs without a fence',
        )

    def _rest(self, nth: int) -> Iterator[pa.RecordBatch]:
        while found := self.line.asked({"what": "next", "scan": nth}, [])[1]:
            yield from found[0].to_batches()

    def _asked(
        self, what: str, query: str, given: Mapping[str, pa.Table]
    ) -> tuple[asks.Head, list[pa.Table]]:
        kinds = {"laid": self.laid_over, "out": self.left_out, "given": tuple(given.items())}
        head = {kind: [name for name, _ in rows] for kind, rows in kinds.items()}
        tables = [table for rows in kinds.values() for _, table in rows]
        asked = {"what": what, "query": query, "now": self.now.isoformat(), "part": bool(self.only)}
        return self.line.asked({**asked, **head}, tables)
