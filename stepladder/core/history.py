"""What was known just before `now`: the only door to data that a rung has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Timer
from typing import Any, ClassVar, TypeVar, cast

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core import rooms
from stepladder.core.ask import FIRST, Ask
from stepladder.core.errors import Problem
from stepladder.core.select import only_reads

T = TypeVar("T")
ANSWERS = "answers"  # what people said of cases: a table of every question
Tables = Mapping[str, tuple[str, str | None]]  # name -> (Parquet file, its time column or None)


@dataclass(frozen=True)
class History:
    """The past as it was known just before `now`, asked in SQL.

    Queries see the question's tables (rows before `now` only), its views, `cases` where given, and
    `ask`, one row: now, learn_at (now − horizon), horizon (days), seed, and the question's own settings.
    `now` is a day; only a question that declares hours has moments. DuckDB runs in memory over read-only
    files, on one thread, with access to anything else switched off and the configuration locked.
    """

    now: date
    ask: Ask
    tables: Tables
    laid_over: tuple[tuple[str, pa.Table], ...] = ()
    threads: int = 1
    # name, SELECT: made of the tables, in this order; one that is among the tables was worked out before
    views: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, pa.Table], ...] = ()  # rows with these keys are not there
    only: tuple[tuple[str, str], ...] = ()  # of a table, the rows of which this holds, in SQL
    planted: pa.Table | None = (
        None  # what is true of a replay because it was made so: KEYS…, actual
    )
    boxed: bool = False  # whether a query ends after the time box, for it is a rung that asks
    engine: ClassVar[str] = "duckdb"

    def sql(self, query: str, cases: pa.Table | None = None, **tables: pa.Table) -> pa.Table:
        """Answer a SELECT with a table that fits in memory; `tables` are seen under their names."""
        con, found = self._one(query, cases, tables)
        with _in_time(con, self.ask.time_box, query) if self.boxed else nullcontext():
            return found.to_arrow_table()

    def scan(self, query: str) -> pa.RecordBatchReader:
        """Answer a SELECT as a stream of record batches, for a rung that reads everything."""
        return self._one(query, None, {})[1].to_arrow_reader(1_000_000)

    def at(self, now: date) -> History:
        """The same history at an earlier moment. Raises Problem when asked for the future."""
        if now.year < FIRST.year:
            raise Problem(
                f"history.at({now})",
                f"a history begins in {FIRST.year} at the earliest",
                "ask for a later day",
            )
        if now > self.now:
            raise Problem(
                f"history.at({now}) was asked of a history that ends before {self.now}",
                "a history goes backwards only: what came later was not known",
                "ask for an earlier day, e.g. history.at(history.now - timedelta(days=horizon))",
            )
        views = {name for name, _ in self.views}  # one that was worked out holds for its moment
        there = {name: at for name, at in self.tables.items() if name not in views}
        return replace(self, now=now, tables=self.tables if now == self.now else there)

    def plus(self, **rows: pa.Table) -> History:
        """The same history with rows laid over: a late-comer's own, or an effect planted for a replay."""
        for name in rows:
            self._declared(name)
        return replace(self, laid_over=(*self.laid_over, *sorted(rows.items())))

    def without(self, table: str, keys: pa.Table) -> History:
        """The same history without a table's rows of these keys: a holdout where there is no time."""
        self._declared(table)
        return replace(self, left_out=(*self.left_out, (table, keys)))

    def at_rest(self, name: str, rest: Path) -> str:
        """Where a table or view lies as it is known now: at `rest`, in a file that lacks its future."""
        rows = self.scan(f"select * from {quoted(name)}")
        with pq.ParquetWriter(rest, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
        return str(rest)

    def once(self, key: str, work_out: Callable[[], T]) -> T:
        """Something worked out from this history, kept for whoever asks for it again under that name."""
        kept: dict[str, Any] = self.__dict__.setdefault("_kept", {})
        if key not in kept:
            kept[key] = work_out()
        return cast(T, kept[key])

    @cached_property
    def _door(self) -> Any:
        """One locked connection, opened once: making its views takes longer than most queries."""
        con = duckdb.connect(
            config={
                "threads": self.threads,
                # a folder of its own: DuckDB lets queries read whatever lies in it
                "temp_directory": str(rooms.spill()),
                # spill to disk before the limit that would end the rung
                "memory_limit": f"{int(self.ask.memory_mb * 0.7)}MB",
            }
        )
        con.execute("set preserve_insertion_order = true")
        con.execute("set python_enable_replacements = false")  # a variable is no table
        for name, (path, time) in self.tables.items():
            con.execute(self._view(con, name, path, time))
        con.execute(f"create table ask as select {ask_columns(self.now, self.ask)}")
        for name, select in self.views:
            if name not in self.tables:
                self._create_view(con, name, select)
        con.execute(
            f"set allowed_paths = [{', '.join(literal(path) for path, _ in self.tables.values())}]"
        )
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        return con

    def _create_view(self, con: Any, name: str, select: str) -> None:
        try:
            con.execute(f"create view {quoted(name)} as {select}")
        except duckdb.BinderException as error:
            raise Problem(
                f"{name} cannot be made: {str(error).splitlines()[0]}",
                "the settings of question.toml name columns that the tables have",
                f"correct [{self.ask.question}] in question.toml",
            ) from None

    def _one(self, query: str, cases: pa.Table | None, tables: Mapping[str, pa.Table]) -> Any:
        """A connection of the query's own, and what it answers, not yet worked out."""
        con = self._door.cursor()
        for name, table in {**tables, **({} if cases is None else {"cases": cases})}.items():
            con.register(name, table)
        seen = (*self.tables, *(name for name, _ in self.views), "ask", "cases", *tables)
        only_reads(con, query, seen)
        con.execute("begin transaction read only")  # what slipped through would still not write
        return con, con.sql(query)

    def _view(self, con: Any, name: str, path: str, time: str | None) -> str:
        source = f"select * from read_parquet({literal(path)})"
        for i, (over, rows) in enumerate(self.laid_over):
            if over == name:
                aside = _put_aside(con, f"over_{name}_{i}", rows)
                source += f" union all by name select * from {aside}"
        for i, (out, keys) in enumerate(self.left_out):
            if out == name:
                aside = _put_aside(con, f"without_{name}_{i}", keys)
                using = ", ".join(map(quoted, keys.column_names))
                source = f"select * from ({source}) as kept anti join {aside} using ({using})"
        before = [known(name, time, self.now)] if time else []
        holding = [*before, *(condition for table, condition in self.only if table == name)]
        where = f" where {' and '.join(holding)}" if holding else ""
        return f"create view {quoted(name)} as select * from ({source}){where}"

    def _declared(self, name: str) -> None:
        if name not in self.tables:
            raise Problem(
                f"rows of a table {name!r}",
                f"the tables of this history are: {', '.join(self.tables)}",
                "name one of these",
            )


@contextmanager
def _in_time(con: Any, seconds: int, query: str) -> Iterator[None]:
    """Stop a query that would take for ever, wherever it is asked."""
    watch = Timer(seconds, con.interrupt)
    watch.daemon = True
    watch.start()
    try:
        yield
    except duckdb.InterruptException:
        raise Problem(
            f"the query took longer than {seconds:,} s: {' '.join(query.split())[:80]}",
            "each query of a rung has the time_box of question.toml",
            "ask for less at once, or allow more time",
        ) from None
    finally:
        watch.cancel()


def _put_aside(con: Any, name: str, rows: pa.Table) -> str:
    """The rows as a table of the connection; its quoted name."""
    con.register("_rows", rows)
    con.execute(f"create table {quoted(name)} as from _rows")
    con.unregister("_rows")
    return quoted(name)


def known(table: str, time: str, now: date) -> str:
    """The condition on a row to be known just before a moment.

    What people answered blind about this very moment is as old as the moment, whenever they said it.
    """
    before = f"{quoted(time)} < {moment(now)}"
    return f"({before} or (blind and shown_as_of = {moment(now)}))" if table == ANSWERS else before


def moment(now: date) -> str:
    """A day, or a moment where it has hours, as an SQL literal."""
    kind = "timestamp" if isinstance(now, datetime) else "date"
    return f"{kind} {literal(now.isoformat())}"


def ask_columns(now: date, ask: Ask) -> str:
    """The columns of the one-row table `ask`, as an SQL select list."""
    usual = {
        "now": moment(now),
        "learn_at": moment(now - timedelta(days=ask.horizon)),
        "horizon": str(ask.horizon),
        "seed": str(ask.seed),
    }
    own = {name: _scalar(value) for name, value in ask.settings.scalars.items()}
    return ", ".join(f"{value} as {quoted(name)}" for name, value in {**own, **usual}.items())


def _scalar(value: bool | int | float | str | None) -> str:
    if isinstance(value, str):
        return literal(value)
    return "null" if value is None else str(value).lower()


def quoted(name: str) -> str:
    """A name made safe as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text made safe as an SQL literal, for statements that cannot bind values."""
    return "'" + re.sub("'", "''", text) + "'"
