"""A history of exactly the rows that a request brings, beside all that is the same for everyone."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from stepladder.core.history import History, ask_columns, literal, quoted
from stepladder.core.select import only_reads

# a prepared statement is executed by DB-API's way; the copy that it warns of is of a few rows
warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)
KEPT = 200  # prepared queries; whoever asks more different ones has them prepared anew
Given = dict[str, pa.Table]


@dataclass(frozen=True)
class Door(History):
    """What a rung sees of cases that bring their own rows: these rows, laid over tables without any.

    Its connection is made once, with whatever does not depend on the rows worked out, and queries are
    prepared once and asked often. For one thread at a time.
    """

    con: Any = None
    prepared: dict[Any, Statement] = field(default_factory=dict)

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
        views = _unchanging(con, known)
        con.execute("set enable_external_access = false")  # nobody can open it again
        return Door(known.now, known.ask, known.tables, tuple(empty.items()), views=views, con=con)

    def over(self, rows: Mapping[str, pa.Table]) -> Door:
        """The history of these rows and no others."""
        return replace(self, laid_over=tuple({**dict(self.laid_over), **rows}.items()))

    def sql(self, query: str, cases: pa.Table | None = None, **tables: pa.Table) -> pa.Table:
        """Answer a SELECT with a table, as any history does."""
        given = {**dict(self.laid_over), **tables, **({} if cases is None else {"cases": cases})}
        shape = (query, tuple((name, table.schema) for name, table in given.items()))
        if shape not in self.prepared:
            while len(self.prepared) >= KEPT:
                self.prepared.pop(next(iter(self.prepared))).own.close()
            self.prepared[shape] = Statement.of(self.con, query, given, self.views)
        return self.prepared[shape].answer(given)

    def scan(self, query: str) -> pa.RecordBatchReader:
        """Answer a SELECT as a stream; there is little to stream."""
        return self.sql(query).to_reader()

    def at(self, now: date) -> History:
        """The same rows at an earlier moment."""
        return self._usual().at(now)

    def plus(self, **rows: pa.Table) -> History:
        """The same rows and others."""
        return self._usual().plus(**rows)

    def interrupt(self) -> None:
        """Stop what is being asked, from another thread."""
        for statement in list(self.prepared.values()):
            statement.own.interrupt()

    def close(self) -> None:
        """Give back what DuckDB holds."""
        for statement in self.prepared.values():
            statement.own.close()
        self.con.close()

    def _usual(self) -> History:
        return History(self.now, self.ask, self.tables, self.laid_over, views=self.views)


def _unchanging(con: Any, known: History) -> tuple[tuple[str, str], ...]:
    """The views that need a request's rows; the others are worked out at once."""
    changing = []
    for name, select in known.views:
        if name in known.tables:
            continue
        try:
            con.execute(f"create table {quoted(name)} as {select}")
        except duckdb.CatalogException:
            changing.append((name, select))
    return tuple(changing)


class Source:
    """A table that a prepared statement reads anew each time it is asked (Arrow's C stream interface)."""

    def __init__(self, schema: pa.Schema) -> None:
        self.empty = self.table = schema.empty_table()

    def __arrow_c_schema__(self) -> Any:
        return self.table.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


@dataclass(frozen=True)
class Statement:
    """A SELECT prepared once, over tables that change from request to request."""

    own: Any  # a cursor of its own, where the tables have their names
    sources: Mapping[str, Source]

    @staticmethod
    def of(con: Any, query: str, given: Given, views: tuple[tuple[str, str], ...]) -> Statement:
        """The query prepared, over tables like these. Raises Problem on anything but one SELECT."""
        there = con.execute("select table_name from duckdb_tables()").fetchall()
        only_reads(con, query, (*(name for (name,) in there), *given, *dict(views)))
        own, sources = con.cursor(), {name: Source(table.schema) for name, table in given.items()}
        for name, source in sources.items():
            own.register(name, source)
        for name, select in views:
            own.execute(f"create temp view {quoted(name)} as {select}")
        own.execute("pragma disable_optimizer")  # over ten rows it takes longer than answering
        own.execute(f"prepare asked as {query}")
        return Statement(own, sources)

    def answer(self, given: Given) -> pa.Table:
        """The answer over these tables; nobody's rows are kept."""
        for name, source in self.sources.items():
            source.table = given[name]
        try:
            # DuckDB's sql() would plan it twice, and its to_arrow_table() copies
            return self.own.execute("execute asked").to_arrow_reader(100_000).read_all()
        finally:
            for source in self.sources.values():
                source.table = source.empty
