"""The one order of a clean table's rows: by time, then by who or what they are about, then as read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.table import TableSpec
from stepladder.tables.ids.ids import encoded


def ordered(table: pa.Table, spec: TableSpec) -> pa.Table:
    """The table sorted by time and key; rows that are equal in these stay in their order."""
    names = [*([spec.time] if spec.time else []), *spec.key]
    keys = [_ranks(table.column(name)) for name in names]
    return table.take(pa.array(np.lexsort(keys[::-1])))


def _ranks(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """Numbers that sort as the values do; missing values come last."""
    if not column.null_count and not pa.types.is_string(column.type):
        values = np.asarray(column.to_numpy())
        return values.view(np.int64) if values.dtype.kind == "M" else values
    distinct, at = encoded(column)
    rank = np.empty(len(distinct), np.int32)
    rank[pc.sort_indices(distinct).to_numpy()] = np.arange(len(rank))
    return np.asarray(rank[at])
