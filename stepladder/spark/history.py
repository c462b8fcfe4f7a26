"""What was known just before `now`, asked of Spark in the same words."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from stepladder.core.errors import Outgrown
from stepladder.core.history import History, ask_columns, known, quoted
from stepladder.spark import arrow, pace
from stepladder.spark.session import session
from stepladder.spark.transpile import to_spark

MOST_ROWS = 5_000_000  # that `sql` brings to this machine


@dataclass(frozen=True)
class SparkHistory(History):
    """The past as it was known just before `now`, asked in the SQL that DuckDB speaks, run by Spark.

    It sees what a History sees. The Parquet files must be there for every machine of the cluster
    under the same path; whoever holds it may read other files: see docs/spark.md.
    """

    engine: ClassVar[str] = "spark"

    def sql(self, query: str, cases: pa.Table | None = None, **tables: pa.Table) -> pa.Table:
        """Answer a SELECT with a table. Raises Outgrown on more rows than are brought here."""
        found = self.frame(query, cases, **tables).limit(MOST_ROWS + 1).toArrow()
        if found.num_rows > MOST_ROWS:
            raise _too_many(query)
        return found.cast(arrow.plainly(found.schema))

    def scan(self, query: str) -> pa.RecordBatchReader:
        """Answer a SELECT as a stream of record batches; no machine ever holds them all."""
        return arrow.batches(self.frame(query))

    def frame(self, query: str, cases: pa.Table | None = None, **tables: pa.Table) -> Any:
        """Answer a SELECT with a Spark DataFrame, which stays where Spark runs."""
        given = {**tables, **({} if cases is None else {"cases": cases})}
        return self._frame(query, {**self._door, **given})

    def at_rest(self, name: str, rest: Path) -> str:
        """Where a table or view lies as it is known now: a table's own file, which is read up to now.

        What is in no file as it is known is worked out once, and left by Spark in the folder `rest`.
        """
        over, out, only = (
            {table for table, _ in of} for of in (self.laid_over, self.left_out, self.only)
        )
        if name in self.tables and name not in over | out | only:
            return self.tables[name][0]
        arrow.left(self.frame(f"select * from {quoted(name)}"), rest)
        return str(rest)

    @cached_property
    def _door(self) -> dict[str, Any]:
        """Every table a query may read, by name, as a DataFrame."""
        frames = {name: self._table(name) for name in self.tables}
        frames["ask"] = self._frame(f"select {ask_columns(self.now, self.ask)}", {})
        for name, select in self.views:
            if name not in self.tables:
                frames[name] = self._frame(select, frames)
        return frames

    @cached_property
    def spark(self) -> Any:
        """The session that answers."""
        files = [path for path, _ in self.tables.values()]
        return session(self.ask.spark, self.ask.memory_mb, pace.size(files))

    def _frame(self, query: str, tables: Mapping[str, Any]) -> Any:
        said = to_spark(query, tables)
        read = {key: self._as_frame(tables[name]) for key, name in said.tables.items()}
        text = said.text if read else said.text.replace("{{", "{").replace("}}", "}")
        return self.spark.sql(text, **read)

    def _as_frame(self, table: Any) -> Any:
        if not isinstance(table, pa.Table):
            return table
        return self.spark.createDataFrame(table.cast(arrow.plainly(table.schema)))

    def _table(self, name: str) -> Any:
        path, time = self.tables[name]
        rows = _read(self.spark, os.path.abspath(path), os.stat(path).st_mtime_ns)
        for over, laid in self.laid_over:
            if over == name:
                rows = rows.unionByName(self._as_frame(laid), allowMissingColumns=True)
        for out, keys in self.left_out:
            if out == name:
                rows = rows.join(self._as_frame(keys), list(keys.column_names), "left_anti")
        if time:
            rows = rows.filter(known(name, time, self.now).replace('"', "`"))
        for of, held in self.only:
            if of == name:
                rows = self._frame(f"select * from known where {held}", {"known": rows})
        return rows


@lru_cache(100)
def _read(spark: Any, path: str, changed: int) -> Any:
    """A table's rows. Its columns are looked up once, which takes Spark a job of its own."""
    whole = re.sub(r"([\\\[\]{}*?])", r"\\\1", path)  # it is no pattern
    return spark.read.parquet(whole)


def _too_many(query: str) -> Outgrown:
    return Outgrown(
        f"the answer has more than {MOST_ROWS:,} rows: {' '.join(query.split())[:80]}",
        f"history.sql brings at most {MOST_ROWS:,} rows from Spark to this machine",
        "read them as a stream with history.scan(query), leave them on Spark with history.frame(query), "
        "or add up more of them in SQL",
    )
