"""The rows that an example comes from, as they were cleaned, so that nobody has to look them up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from stepladder.core.history import quoted
from stepladder.core.question import Question
from stepladder.core.view import Example, Table, View
from stepladder.report.words import day, number

MOST = 5  # rows under an example: enough to see what it is made of
FOUND = 'select * from {table} semi join cases using ("row") order by "row"'


@dataclass(frozen=True)
class Rows:
    """Rows of the question's tables by table and number, without the columns that name the case."""

    headings: dict[str, tuple[str, ...]]
    cells: dict[tuple[str, int], tuple[str, ...]]

    def of(self, table: str, rows: Iterable[int]) -> Table | None:
        """A small table of these rows, those that there are; None where there are none."""
        there = [row for row in dict.fromkeys(rows) if (table, row) in self.cells][:MOST]
        if not there:
            return None
        cells = tuple((f"{row:,}", *self.cells[table, row]) for row in there)
        return Table(("row", *self.headings[table]), cells)


def rows_of(question: Question, view: View, examples: list[Example]) -> Rows:
    """Every row that the examples name, read once; whoever the case is stands above it, masked or not."""
    wanted: dict[str, set[int]] = {}
    for each in examples:
        rows = [*each.rows, *(r for one in each.lists for entry in one.entries for r in entry.rows)]
        wanted.setdefault(each.table, set()).update(
            row for row in rows if row > 0
        )  # 0: no such row
    headings, cells = {}, {}
    for spec in question.TABLES:
        if not (named := wanted.get(spec.name)):
            continue
        given = pa.table({"row": pa.array(sorted(named), pa.int64())})
        found = view.history.sql(FOUND.format(table=quoted(spec.name)), given)
        names = [c.name for c in spec.columns if c.name in found.column_names]
        names = [name for name in names if name not in question.CASE]
        headings[spec.name] = tuple(names)
        for row in found.select([*names, "row"]).to_pylist():
            cells[spec.name, row["row"]] = tuple(_said(row[name]) for name in names)
    return Rows(headings, cells)


def _said(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, date):
        return day(value)
    return number(value) if isinstance(value, float) else str(value)[:60]
