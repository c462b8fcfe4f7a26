"""Periods of which a series has no row: zero, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.core.periods import Every, number, starts
from stepladder.core.table import TableSpec
from stepladder.tables.ids.ids import encoded

MOST_ROWS = 30_000_000
Ints = npt.NDArray[np.int64]
Ask = Callable[[str, Sequence[str]], str]


@dataclass(frozen=True)
class Holes:
    """The rows that lack: of which series (numbers of `names`), and the first moment of their periods."""

    names: pa.Array
    series: Ints
    period: Ints


def holes(table: pa.Table, spec: TableSpec, every: Every, week_starts: int) -> Holes:
    """What lacks from each series' first period to the table's last. Raises Problem if that is too much."""
    names, at = encoded(table.column(spec.key[0]))
    period = number(table.column(spec.time).to_numpy(), every, week_starts)
    first = np.full(len(names), np.iinfo(np.int64).max)
    np.minimum.at(first, at, period)
    size = int(period.max()) - first + 1
    begin = np.r_[0, np.cumsum(size)]
    if begin[-1] > MOST_ROWS:
        raise Problem(
            f"{len(names):,} series with a value for each {every} are {begin[-1]:,} values",
            f"at most {MOST_ROWS:,} are written",
            "keep the largest series, e.g. --top 1000, or add up by longer periods, e.g. --every week",
        )
    there = np.zeros(int(begin[-1]), bool)
    there[begin[at] + period - first[at]] = True
    place = np.flatnonzero(~there)
    series = np.searchsorted(begin, place, "right") - 1
    return Holes(names, series, place - begin[series] + first[series])


def filled(
    table: pa.Table, spec: TableSpec, lacking: Holes, every: Every, week_starts: int
) -> pa.Table:
    """The table with rows of value 0 where some lack; these come from no row of the source: row 0."""
    size = len(lacking.period)
    columns = {}
    for name in table.column_names:
        kind = table.schema.field(name).type
        if name == spec.key[0]:
            columns[name] = lacking.names.take(pa.array(lacking.series))
        elif name == spec.time:
            columns[name] = pc.cast(pa.array(starts(lacking.period, every, week_starts)), kind)
        elif name == "row" or name in values_of(spec):
            columns[name] = pa.array(np.zeros(size)).cast(kind)
        else:
            columns[name] = pa.nulls(size, kind)
    return pa.concat_tables([table, pa.table(columns, table.schema)])


def values_of(spec: TableSpec) -> list[str]:
    """The columns that are added up."""
    return [one.name for one in spec.columns if one.kind in ("number", "amount")]
