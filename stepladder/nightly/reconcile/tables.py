"""Every table of a question beside itself as the last good night read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from stepladder.core import rooms
from stepladder.core.ask import Ask, Nightly
from stepladder.core.history import literal, quoted
from stepladder.core.question import Question
from stepladder.core.table import TableSpec

LEAST = 3  # rows; fewer are somebody's correction, in however small a table


@dataclass(frozen=True)
class Pair:
    """A clean table as it was read last night (`before`) and tonight (`now`), as views of one connection.

    The types may differ; whatever is compared is compared as text then.
    """

    spec: TableSpec
    con: duckdb.DuckDBPyConnection
    limits: Nightly
    case: tuple[str, ...]  # the columns by which those asked about are known, where it has them
    reports: tuple[Mapping[str, Any], Mapping[str, Any]]  # before, now; empty where one is lost

    @property
    def name(self) -> str:
        """What the table is called."""
        return self.spec.name

    @cached_property
    def types(self) -> tuple[dict[str, str], dict[str, str]]:
        """The columns of both with their types, but for the row's number."""
        before, now = (
            {name: kind for name, kind, *_ in self.con.execute(f"describe {view}").fetchall()}
            for view in ("before", "now")
        )
        return tuple({n: k for n, k in each.items() if n != "row"} for each in (before, now))  # type: ignore[return-value]

    @property
    def columns(self) -> list[str]:
        """The columns that both have."""
        before, now = self.types
        return [name for name in before if name in now]

    def said(self, column: str) -> str:
        """A column's value as SQL, such that both nights can be compared."""
        before, now = (each[column] for each in self.types)
        return quoted(column) if before == now else f"cast({quoted(column)} as varchar)"

    def hashed(self, columns: list[str]) -> str:
        """What a row says in these columns, as one number."""
        return f"hash({', '.join(map(self.said, columns)) or '0'})"

    def one(self, query: str) -> tuple[Any, ...]:
        """The first row of an answer."""
        found = self.con.execute(query).fetchone()
        assert found is not None
        return found

    def most(self, rows: float) -> float:
        """How many of so many rows may be gone, or say something else."""
        return max(self.limits.lost * rows, LEAST)


@contextmanager
def pair(question: Question, ask: Ask, spec: TableSpec, before: Path, now: Path) -> Iterator[Pair]:
    """Both versions of a table, opened for as long as they are compared; what is large spills to disk."""
    config = {
        "threads": 2,
        "memory_limit": f"{int(ask.memory_mb * 0.7)}MB",
        "temp_directory": str(rooms.spill()),
    }
    with duckdb.connect(config=config) as con:
        for view, path in (("before", before), ("now", now)):
            con.execute(f"create view {view} as from read_parquet({literal(str(path))})")
        names = {column.name for column in spec.columns}
        case = question.CASE if names.issuperset(question.CASE) else ()
        yield Pair(spec, con, ask.nightly, case, (_report(before), _report(now)))


def _report(table: Path) -> Mapping[str, Any]:
    path = table.with_suffix(".json")
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        return {}
