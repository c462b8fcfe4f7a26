"""Whether a price beside a number of pieces is of one piece or of all of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stepladder.tables.amounts.texts import read_amounts
from stepladder.tables.columns.words import BESIDE, plain
from stepladder.tables.ids.ids import texts

_LOOKED_AT = 200_000  # rows
_ITEMS = 3  # so many items must have been bought in several numbers
_ITEM = frozenset("".join(one) for one in BESIDE["item"])


def price_of_all(table: pa.Table, count: str, price: str) -> bool:
    """Whether the price grows with the number of pieces: then it is the row's total already.

    Items that were bought in several numbers tell; without them only a layout that is known.
    """
    some = table.slice(0, _LOOKED_AT)
    pieces, worth = _numbers(some[count]), _numbers(some[price])
    there = (pieces > 0) & (worth > 0)
    for name in (name for name in some.column_names if plain(name) in _ITEM):
        item = texts(some[name]).code.astype(np.int64)[there]
        one, all_ = (_spreads(item, pieces[there], worth[there] / by) for by in (1, pieces[there]))
        if len(one) >= _ITEMS:
            return bool(all_.mean() < one.mean() / 2)
    return plain(price) == "itemprice" and "itemtax" in map(plain, some.column_names)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    read = texts(column)
    found = max((read_amounts(read.words, mark) for mark in ".,"), key=lambda one: one.found.sum())
    return np.nan_to_num(found.value)[read.at]


def _spreads(
    item: npt.NDArray[np.int64], pieces: npt.NDArray[np.float64], worth: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """How far the worth of each item that was bought in several numbers goes apart, as a ratio."""
    size = int(item.max(initial=0)) + 1
    ends = []
    for value in (pieces, worth):
        low, high = np.full(size, np.inf), np.zeros(size)
        np.minimum.at(low, item, value)
        np.maximum.at(high, item, value)
        ends.append((low, high))
    (fewest, most), (low, high) = ends
    several = most > fewest
    return np.asarray(np.log(high[several] / low[several]))
