"""A history of exactly the rows that a request brings, beside all that is the same for everyone."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from stepladder.core.history import History, ask_columns, literal, not_one_select, quoted

# its sql() would plan every query twice; the copy that it warns of is of a few rows
warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)


@dataclass(frozen=True)
class Door(History):
    """What a rung sees of cases that bring their own rows: these rows, laid over tables without any.

    Its connection is made once, with whatever does not depend on the rows worked out. For one thread
    at a time.
    """

    con: Any = None

    @staticmethod
    def of(known: History, empty: Mapping[str, pa.Table]) -> Door:
        """A door to a history of which the `empty` tables are what requests fill."""
        con = duckdb.connect(config={"threads": 1, "memory_limit": f"{known.ask.memory_mb}MB"})
        con.execute("set preserve_insertion_order = true")
        con.execute(f"create table ask as select {ask_columns(known.now, known.ask)}")
        for name, (path, time) in known.tables.items():
            if name not in empty:
                seen = f" where {quoted(time)} < date '{known.now}'" if time else ""
                con.execute(
                    f"create table {quoted(name)} as from read_parquet({literal(path)}){seen}"
                )
        made = Door(
            known.now, known.ask, known.tables, tuple(empty.items()), views=known.views, con=con
        )
        made._make_views(empty)
        # over a few rows planning takes longer than answering, and optimising is a third of it
        con.execute("pragma disable_optimizer")
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        return made

    def over(self, rows: Mapping[str, pa.Table]) -> Door:
        """The history of these rows and no others."""
        return replace(self, laid_over=tuple({**dict(self.laid_over), **rows}.items()))

    def sql(self, query: str, cases: pa.Table | None = None, **tables: pa.Table) -> pa.Table:
        """Answer a SELECT with a table, as any history does."""
        statements = self.con.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise not_one_select(query)
        given = {**dict(self.laid_over), **tables, **({} if cases is None else {"cases": cases})}
        try:
            for name, table in given.items():
                self.con.register(name, table)
            return self.con.execute(statements[0]).to_arrow_reader(100_000).read_all()
        finally:
            for name in given:  # nobody's rows are kept
                self.con.unregister(name)

    def scan(self, query: str) -> pa.RecordBatchReader:
        """Answer a SELECT as a stream; there is little to stream."""
        return self.sql(query).to_reader()

    def at(self, now: date) -> History:
        """The same rows at an earlier moment."""
        return self._usual().at(now)

    def plus(self, **rows: pa.Table) -> History:
        """The same rows and others."""
        return self._usual().plus(**rows)

    def _usual(self) -> History:
        return History(self.now, self.ask, self.tables, self.laid_over, views=self.views)

    def _make_views(self, empty: Mapping[str, pa.Table]) -> None:
        """Those that need none of the rows are worked out at once, the others whenever they are asked."""
        changing = []
        for name, select in self.views:
            if name in self.tables:
                continue
            try:
                self.con.execute(f"create table {quoted(name)} as {select}")
            except duckdb.CatalogException:
                changing.append((name, select))
        for name, table in empty.items():
            self.con.register(name, table)
        for name, select in changing:
            self.con.execute(f"create temp view {quoted(name)} as {select}")
