"""The values of series: which series, in which period, on which rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Points:
    """Each series and period once, by series and then by period.

    `series` numbers the words of `names`, `period` counts as core/periods does; `first` is the first row
    of each, `size` how many rows it has; `rows` are all rows, `of` the point that each of these is of.
    """

    names: pa.Array
    series: Ints
    period: Ints
    first: Ints
    size: Ints
    rows: Ints
    of: Ints

    @cached_property
    def begins(self) -> Ints:
        """Where each series begins."""
        return np.flatnonzero(np.r_[True, np.diff(self.series) != 0][: len(self.series)])

    @cached_property
    def lengths(self) -> Ints:
        """How many points each series has, in the order of `begins`."""
        return np.diff(np.r_[self.begins, len(self.series)])

    @cached_property
    def ends(self) -> Ints:
        """Where each series ends."""
        return self.begins + self.lengths - 1

    @property
    def holes(self) -> Ints:
        """How many periods each series lacks between its first and its last."""
        return np.asarray(self.period[self.ends] - self.period[self.begins] + 1 - self.lengths)

    def called(self, places: Ints) -> list[str]:
        """What the series are called that begin at the places of `begins` given."""
        codes = self.series[self.begins[places]]
        return [str(one) for one in self.names.take(pa.array(codes)).to_pylist()]

    def total(self, values: Floats) -> Floats:
        """The sum of the rows of each point; NaN where none has a value."""
        mine = values[self.rows]
        there = ~np.isnan(mine)
        if len(self.rows) == len(self.first):  # one row each: nothing to add, nothing to round
            sums = np.empty(len(self.first))
            sums[self.of] = mine
            return sums
        count = np.bincount(self.of[there], minlength=len(self.first))
        return np.where(count, np.bincount(self.of[there], mine[there], len(self.first)), np.nan)


def points(names: pa.Array, codes: npt.NDArray[np.integer], period: Ints, kept: Bools) -> Points:
    """The points of the rows that are kept; `codes` and `period` are each row's."""
    rows = np.flatnonzero(kept)
    mine, when = codes[rows].astype(np.int64), period[rows]
    low = int(when.min(initial=0))
    span = int(when.max(initial=0)) - low + 1
    key = mine * span + (when - low)
    order = np.argsort(key, kind="stable")
    new = np.r_[True, np.diff(key[order]) != 0][: len(key)]
    at = np.flatnonzero(new)
    of = np.empty(len(key), np.int64)
    of[order] = np.cumsum(new) - 1
    unique = key[order[at]]
    return Points(
        names,
        unique // span,
        unique % span + low,
        rows[order[at]],
        np.diff(np.r_[at, len(key)]),
        rows,
        of,
    )
