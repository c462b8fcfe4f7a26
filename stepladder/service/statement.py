"""One SELECT, prepared once and answered often over tables that change from request to request."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Collection, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from stepladder.core.history import not_one_select, quoted

# a prepared statement is executed by DB-API's way; the copy that it warns of is of a few rows
warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)
TRIED = 3  # times that each way of planning is timed before the quicker one is kept


class Source:
    """A table that a prepared statement reads anew each time it is asked (Arrow's C stream interface)."""

    def __init__(self, schema: pa.Schema) -> None:
        self.empty = self.table = schema.empty_table()

    def __arrow_c_schema__(self) -> Any:
        return self.table.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


class Statement:
    """A SELECT over tables that change and others that do not.

    Planning costs DuckDB more than answering where there are few rows, and it plans anew whenever a
    statement is executed. Its optimiser is most of that: it is left out where that is quicker.
    """

    def __init__(
        self, con: Any, query: str, sources: Mapping[str, pa.Schema], views: Mapping[str, str]
    ) -> None:
        statements = con.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise not_one_select(query)
        self._sources = {name: Source(schema) for name, schema in sources.items()}
        self._ways = [self._way(con, query, views, optimised) for optimised in (True, False)]
        self.changing = reads(query, {*sources, *views})
        self._times: list[list[float]] = [[], []]

    def answer(self, tables: Mapping[str, pa.Table]) -> pa.Table:
        """The answer over these tables."""
        for name, source in self._sources.items():
            source.table = tables[name]
        try:
            return _asked(self._ways[0]) if len(self._ways) == 1 else self._tried()
        finally:
            for source in self._sources.values():
                source.table = source.empty  # nobody's rows are kept

    def interrupt(self) -> None:
        """Stop answering."""
        for way in self._ways:
            way.interrupt()

    def close(self) -> None:
        """Give back what DuckDB holds for it."""
        for way in self._ways:
            way.close()

    def _tried(self) -> pa.Table:
        """The answer by one way of planning or the other, timed; in the end the quicker one is left."""
        at = min((0, 1), key=lambda i: len(self._times[i]))
        begun = time.perf_counter()
        answer = _asked(self._ways[at])
        self._times[at].append(time.perf_counter() - begun)
        if all(len(times) == TRIED for times in self._times):
            slower = int(min(self._times[0]) < min(self._times[1]))
            self._ways.pop(slower).close()
        return answer

    def _way(self, con: Any, query: str, views: Mapping[str, str], optimised: bool) -> Any:
        own = con.cursor()
        if not optimised:
            own.execute("pragma disable_optimizer")
        for name, source in self._sources.items():
            own.register(name, source)
        for name, select in views.items():
            own.execute(f"create temp view {quoted(name)} as {select}")
        own.execute(f"prepare asked as {query}")
        return own


def _asked(way: Any) -> pa.Table:
    # DuckDB's sql() would plan it twice, and its to_arrow_table() copies
    return way.execute("execute asked").to_arrow_reader(100_000).read_all()


def reads(query: str, tables: Collection[str]) -> bool:
    """Whether a SELECT may read one of the tables: none can be read without being named."""
    return not {name.lower() for name in tables}.isdisjoint(re.findall(r"\w+", query.lower()))
