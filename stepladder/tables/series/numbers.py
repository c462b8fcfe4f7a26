"""Whether a column holds numbers, as a series does."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stepladder.core.table import Column, TableSpec
from stepladder.tables.columns.content import by_content

MOST = 0.9  # of a column's values are numbers where it holds numbers
SAMPLE = 1_000


def value_of(spec: TableSpec) -> Column:
    """The column of numbers that a series is of."""
    kinds = ("number", "amount")
    return next(column for column in spec.columns if column.kind in kinds)


def holds_numbers(
    column: pa.ChunkedArray, spec: TableSpec, *, empty: bool = False, least: float = MOST
) -> bool:
    """Whether at least that share of a column's values are numbers; of one without any, `empty`."""
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_temporal(kind) or pa.types.is_nested(kind):
        return False
    if pa.types.is_null(kind) or column.null_count == len(column):
        return empty
    held = by_content(value_of(spec), sample(column))
    if held.share == 0.5 and not held.good:  # nothing but blanks
        return empty
    return held.share >= least


def sample(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Some values of a column, from all over it."""
    at = np.unique(np.linspace(0, len(column) - 1, min(SAMPLE, len(column))).astype(np.int64))
    return column.take(pa.array(at))
