"""One pass over purchases in date order: every customer's summary while the rows stream by.

Compiled by numba; imported only where the data are large.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# One record is half a cache line: a purchase costs one trip to memory.
RECORD = np.dtype(
    [
        ("first", "i4"),  # day of the first purchase, -1 before it
        ("last", "i4"),
        ("x", "i4"),
        ("valued", "i4"),  # repeat days with a known value
        ("priced", "i4"),  # the last of them
        ("spare", "i4"),
        ("spent", "f8"),  # on repeat days
    ]
)
EARLIEST = np.iinfo(np.int32).min


def collapse(reader: pa.RecordBatchReader, low: int, size: int) -> NDArray[Any] | None:
    """Records of the customers low … low + size - 1 from batches (customer, day, value).

    None if a day goes backwards; then the rows must be sorted or grouped instead.
    """
    records = np.zeros(size, RECORD)
    records["first"] = -1
    today = EARLIEST
    for batch in reader:
        customer = batch.column(0).to_numpy(zero_copy_only=False)
        day = pc.cast(batch.column(1), pa.int32()).to_numpy(zero_copy_only=False)
        value = batch.column(2)
        value = value.fill_null(np.nan) if value.null_count else value
        today = _collapse(records, customer, day, value.to_numpy(), low, today)
        if today == EARLIEST:
            return None
    return records


def _rows(records: Any, customer: Any, day: Any, value: Any, low: int, today: int) -> int:
    for i in range(len(customer)):
        if day[i] < today:
            return EARLIEST
        today = day[i]
        record = records[customer[i] - low]
        if record.first < 0:
            record.first = record.last = record.priced = today
        elif today > record.first:
            if today > record.last:
                record.last = today
                record.x += 1
            if value[i] == value[i]:  # not NaN
                record.spent += value[i]
                if today > record.priced:
                    record.priced = today
                    record.valued += 1
    return today


_collapse: Any = numba.njit(cache=True, nogil=True)(_rows)
