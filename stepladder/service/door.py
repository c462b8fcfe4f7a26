"""A history of exactly the rows that a request brings, whose queries are planned once and asked often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, TypeVar, cast

import duckdb
import pyarrow as pa

from stepladder.core.history import History, ask_columns, literal, quoted
from stepladder.service.quick import FEW, Twin, named
from stepladder.service.statement import Statement, reads

T = TypeVar("T")
KEPT = 200  # queries; whoever asks more different ones has them planned anew
Shape = tuple[str, tuple[tuple[str, pa.Schema], ...]]


@dataclass(frozen=True)
class Door(History):
    """What a rung sees of cases that bring their own rows: these rows, and what is the same for everyone.

    `own`: the tables whose rows requests bring, empty on disk. After `open`, and until it is called
    again, the history is that of these rows and no others. For one thread at a time. DuckDB answers
    every SELECT, as in any history; only the planning is saved, and what does not depend on the rows.
    """

    own: tuple[str, ...] = ()
    rows: dict[str, pa.Table] = field(default_factory=dict)
    twins: Mapping[str, Twin] = field(default_factory=dict)

    def open(self, rows: Mapping[str, pa.Table]) -> None:
        """From now on these rows are all that ever happened."""
        self.rows.update({name: self.rows[name].slice(0, 0) for name in self.own}, **rows)
        self._said.clear()
        self._said["few"] = sum(table.num_rows for table in self.rows.values()) <= FEW

    def sql(self, query: str, cases: pa.Table | None = None, **tables: pa.Table) -> pa.Table:
        """Answer a SELECT with a table, as any history does."""
        given = {**tables, **({} if cases is None else {"cases": cases})}
        twin = self._twin(query)
        if twin is not None and self._said["few"]:
            return twin(self, given)
        shape = (query, tuple((name, table.schema) for name, table in given.items()))
        kept = self._said.get(shape) or self._unchanging.get(shape)
        # rung, rules and reasons often ask the same of the same rows
        if kept is not None and all(kept[0][name].equals(given[name]) for name in given):
            return kept[1]
        statement = self._statement(shape)
        answer = statement.answer({**self.rows, **given})
        (self._said if statement.changing else self._unchanging)[shape] = (given, answer)
        return answer

    def scan(self, query: str) -> pa.RecordBatchReader:
        """Answer a SELECT as a stream; there is little to stream."""
        return self.sql(query).to_reader()

    def at(self, now: date) -> History:
        """The same rows at an earlier moment, asked without what is kept here."""
        return self._usual().at(now)

    def plus(self, **rows: pa.Table) -> History:
        """The same rows and others, asked without what is kept here."""
        return self._usual().plus(**rows)

    def once(self, key: str, work_out: Callable[[], T]) -> T:
        """Something worked out from these rows, kept no longer than they are."""
        if key not in self._said:
            self._said[key] = work_out()
        return cast(T, self._said[key])

    def ever(self, key: str, work_out: Callable[[], T]) -> T:
        """Something worked out from what is the same for everyone, kept."""
        if key not in self._unchanging:
            self._unchanging[key] = work_out()
        return cast(T, self._unchanging[key])

    def close(self) -> None:
        """Give back what DuckDB holds."""
        for statement in self._statements.values():
            statement.close()
        self._statements.clear()
        self._door.close()

    def interrupt(self) -> None:
        """Stop what is being asked, from another thread."""
        for statement in list(self._statements.values()):
            statement.interrupt()

    def _twin(self, query: str) -> Twin | None:
        if query not in self._named:
            while len(self._named) >= KEPT:
                self._named.pop(next(iter(self._named)))
            self._named[query] = self.twins.get(named(query))
        return self._named[query]

    def _usual(self) -> History:
        return History(self.now, self.ask, self.tables, views=self.views).plus(**self.rows)

    def _statement(self, shape: Shape) -> Statement:
        if shape not in self._statements:
            while len(self._statements) >= KEPT:
                self._statements.pop(next(iter(self._statements))).close()
            query, given = shape
            sources = {**{name: t.schema for name, t in self.rows.items()}, **dict(given)}
            self._statements[shape] = Statement(self._door, query, sources, self._changing_views)
        return self._statements[shape]

    @cached_property
    def _said(self) -> dict[Any, Any]:
        return {}

    @cached_property
    def _named(self) -> dict[str, Twin | None]:
        return {}

    @cached_property
    def _unchanging(self) -> dict[Any, Any]:
        return {}

    @cached_property
    def _statements(self) -> dict[Shape, Statement]:
        return {}

    @cached_property
    def _door(self) -> Any:
        """What is the same for everyone, as tables; nothing outside can be reached.

        The configuration is not locked as in other histories: each statement switches the optimiser
        for itself. Nothing but a single SELECT is ever asked, and access once off stays off.
        """
        con = duckdb.connect(config={"threads": 1, "memory_limit": f"{self.ask.memory_mb}MB"})
        con.execute("set preserve_insertion_order = true")
        for name, (path, time) in self.tables.items():
            if name not in self.own:
                seen = f" where {quoted(time)} < date '{self.now}'" if time else ""
                con.execute(
                    f"create table {quoted(name)} as from read_parquet({literal(path)}){seen}"
                )
        con.execute(f"create table ask as select {ask_columns(self.now, self.ask)}")
        con.execute("set enable_external_access = false")
        return con

    @cached_property
    def _changing_views(self) -> dict[str, str]:
        """The views that depend on the rows; the others are worked out once, as tables."""
        changing: dict[str, str] = {}
        for name, select in self.views:
            if name in self.tables:
                continue
            if reads(select, {*self.own, *changing}):
                changing[name] = select
            else:
                self._door.execute(f"create table {quoted(name)} as {select}")
        return changing
