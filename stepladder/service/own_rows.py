"""The rows that a case brings: checked against the question's table, and made into one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa

from stepladder.core.table import Column, TableSpec
from stepladder.service.refused import Refused
from stepladder.service.values import day, identifier, moment, shown, text, unknown

MOST = 5_000  # rows of one case
MOST_AMOUNT = 1e15  # beyond it sums lose their cents, and squares their meaning
IN_WORDS = {
    "id": "an id: a text or a whole number",
    "day": 'a day as "YYYY-MM-DD"',
    "time": 'a moment as "YYYY-MM-DDThh:mm:ss", or a day',
    "amount": "a finite number below 1e15, or null",
    "text": "a text, or null",
}


@dataclass(frozen=True)
class OwnRows:
    """How rows of one's own become the question's table.

    `kinds`: the table as it lies in the project. `now`: everything happened before it. `key`: the column
    that says whose they are, which the case need not know.
    """

    spec: TableSpec
    kinds: pa.Schema
    key: str
    now: date

    @cached_property
    def columns(self) -> list[Column]:
        """What a row may say, the key left out."""
        return [column for column in self.spec.columns if column.name != self.key]

    @cached_property
    def _known(self) -> dict[str, tuple[Column, pa.DataType]]:
        there = [column for column in self.columns if column.name in self.kinds.names]
        return {column.name: (column, self.kinds.field(column.name).type) for column in there}

    @cached_property
    def _needed(self) -> list[Column]:
        return [column for column in self.columns if self.needed(column)]

    def needed(self, column: Column) -> bool:
        """Whether a row must say it. A moment may be left out: rows are then taken in their order."""
        return column.required and column.kind != "time"

    def nobody(self, nth: int) -> int | str:
        """An id that nobody has, another for each case of a request."""
        integer = pa.types.is_integer(self.kinds.field(self.key).type)
        return -1 - nth if integer else f" newcomer {nth}"

    def table(self, cases: Sequence[tuple[str, Any]]) -> pa.Table:
        """The rows of several cases, each given with its place in the request. Raises Refused."""
        columns: dict[str, list[Any]] = {name: [] for name in self.kinds.names}
        row = 0
        for nth, (where, rows) in enumerate(cases):
            for own in self._case(where, rows):
                row += 1
                own |= {self.key: self.nobody(nth), "row": row}
                for name, values in columns.items():
                    values.append(own.get(name))
        return pa.table([pa.array(columns[f.name], f.type) for f in self.kinds], schema=self.kinds)

    def _case(self, where: str, rows: Any) -> list[dict[str, Any]]:
        if not isinstance(rows, list) or not 0 < len(rows) <= MOST:
            n = f"{len(rows):,} rows" if isinstance(rows, list) else f"{shown(rows)}"
            raise Refused(
                413 if isinstance(rows, list) and rows else 422,
                f"{where}.rows: {n}",
                f"a case brings a list of 1 to {MOST:,} rows of its own",
                "send its latest ones" if isinstance(rows, list) and rows else "add its rows",
            )
        read = [self._row(f"{where}.rows[{i}]", row) for i, row in enumerate(rows)]
        when = self.spec.time or ""
        timed = sum(row.get(when) is not None for row in read)
        if timed == 0:  # in their order, just before now
            start = datetime.combine(self.now, time()) - timedelta(days=1)
            return [{**row, when: start + timedelta(seconds=i)} for i, row in enumerate(read)]
        if timed < len(read):
            raise Refused(
                422,
                f"{where}.rows: {timed:,} of {len(read):,} rows have a `{when}`",
                "either every row says when it was, or none does, and they stand in their order",
                f"add the missing ones, or leave `{when}` out of all",
            )
        return read

    def _row(self, where: str, row: Any) -> dict[str, Any]:
        if not isinstance(row, dict):
            raise Refused(
                422, f"{where} is {shown(row)}", self._allowed(), "write a row as an object: {…}"
            )
        for name in row:
            if name not in self._known:
                raise unknown(f"{where} has a field {shown(name)}", name, list(self._known))
        for column in self._needed:
            if row.get(column.name) is None:
                raise Refused(
                    422,
                    f"{where} has no `{column.name}`",
                    self._allowed(),
                    f"add it: {column.sentence}",
                )
        return {name: self._value(where, name, value) for name, value in row.items()}

    def _value(self, where: str, name: str, value: Any) -> Any:
        if value is None:
            return None
        column, kind = self._known[name]
        try:
            found = self._read(column, kind, value)
        except (ValueError, TypeError, OverflowError):
            raise Refused(
                422,
                f"{where}.{column.name} is {shown(value)}",
                f"{column.sentence}: {self._words(column)}",
                "correct the value",
            ) from None
        if column.name == self.spec.time and day(found) >= self.now:
            raise Refused(
                422,
                f"{where}.{column.name} is {shown(value)}, and the answer is as of {self.now}",
                f"rows are of what happened before {self.now}: the model knows nothing later",
                "leave out later rows, or ask again when newer predictions are published",
            )
        return found

    def _read(self, column: Column, kind: pa.DataType, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise TypeError
        if column.kind == "amount":
            number = float(value) if not isinstance(value, str) else math.nan
            if not abs(number) < MOST_AMOUNT:
                raise ValueError
            return number
        if column.kind in ("day", "time"):
            return moment(value, kind)
        return identifier(value, kind) if column.kind == "id" else text(value)

    def _words(self, column: Column) -> str:
        integer = pa.types.is_integer(self.kinds.field(column.name).type)
        return "a whole number" if column.kind == "id" and integer else IN_WORDS[column.kind]

    def _allowed(self) -> str:
        said = (f"{c.name}{'' if self.needed(c) else ' (may be left out)'}" for c in self.columns)
        return f"a row of {self.spec.name} has: {', '.join(said)}"
