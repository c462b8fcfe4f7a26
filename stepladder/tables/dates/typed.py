"""Days and times that need no reading of texts: typed ones, and numbers that count since 1970."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.tables.dates.dates import UNITS, Dates

Bools = npt.NDArray[np.bool_]

DAY = 86_400_000_000  # microseconds
_SIZE = (0, 1, 10**3, 10**6, 10**9)  # of each unit in UNITS, in parts of a second
_EARLIEST = (date(1980, 1, 1) - date(1970, 1, 1)).days
_DIGITS = r"^\d{9,19}$"
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?$"
_LONGEST = 10**6  # days: beyond, a stamp is nonsense of some unit


def typed_dates(column: pa.ChunkedArray, today: date) -> Dates | None:
    """The dates of a column that holds dates, times or counts since 1970; None where it does not.

    Numbers count seconds, or parts of seconds, if all of them then lie between 1980 and today;
    texts are taken where all are plain digits, or ISO 8601 without a zone.
    """
    kind = column.type
    if pa.types.is_string(kind):
        return _texts(column, today)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _counted(column, today)
    if pa.types.is_timestamp(kind):
        # The calendar day is the one where the clock hung.
        return _local(column) if kind.tz else _stamps(column)
    if pa.types.is_date(kind):
        return _stamps(pc.cast(column, pa.timestamp("s"), safe=False))
    return None


def _local(column: pa.ChunkedArray) -> Dates:
    """By the clock of the column's zone, and how far from Greenwich that hung."""
    dates, there = _stamps(pc.local_timestamp(column)), column.is_valid().to_numpy()
    utc = _stamps(pc.cast(column, pa.timestamp(column.type.unit)))
    minutes = (dates.day - utc.day) * 1440 + (dates.second - utc.second) // 60
    dates.east[there] = minutes[there]
    return dates


def _texts(column: pa.ChunkedArray, today: date) -> Dates | None:
    """Read at once if they are all alike; what is not is left to the reader of odd ones."""
    filled = column.slice(0, 1000).filter(pc.not_equal(column.slice(0, 1000), ""))
    for pattern, kind in ((_DIGITS, pa.int64()), (_ISO, pa.timestamp("us"))):
        if len(filled) and pc.all(pc.match_substring_regex(filled, pattern)).as_py():
            try:
                values = pc.cast(pc.if_else(pc.equal(column, ""), None, column), kind)
            except pa.ArrowInvalid:
                return None
            return typed_dates(values, today)
    return None


def _counted(column: pa.ChunkedArray, today: date) -> Dates | None:
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_finite(column), column, None)
    ends = pc.min_max(column)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    last = (today - date(1970, 1, 1)).days + 1
    for unit, size in enumerate(_SIZE):
        if (
            unit
            and low is not None
            and low >= _EARLIEST * 86400 * size
            and high < last * 86400 * size
        ):
            dates = _stamps(_microseconds(column, size).cast(pa.timestamp("us")))
            dates.unit[dates.found] = unit
            return dates
    return None


def _microseconds(column: pa.ChunkedArray, size: int) -> pa.ChunkedArray:
    if pa.types.is_floating(column.type):
        return pc.cast(pc.round(pc.multiply(column, 10**6 / size)), pa.int64())
    whole = pc.cast(column, pa.int64())
    return pc.multiply(whole, 10**6 // size) if size <= 10**6 else pc.divide(whole, size // 10**6)


def _stamps(column: pa.ChunkedArray) -> Dates:
    dates = Dates.none(len(column))
    dates.found[:] = dates.shape[:] = column.is_valid().to_numpy()
    stamp = pc.fill_null(column, pa.scalar(0, column.type)).to_numpy()
    day = stamp.astype("datetime64[D]")
    rest = (stamp - day).astype("timedelta64[us]").astype(np.int64)
    dates.day[:] = np.clip(day.astype(np.int64), -_LONGEST, _LONGEST)
    dates.second[:], dates.micro[:] = np.divmod(rest, 1_000_000)
    return dates


def stamped(dates: Dates) -> pa.Array:
    """Dates as timestamps of the clock on the wall; null where none was found."""
    second = np.minimum(dates.second, 86_399).astype(np.int64)
    stamp = dates.day.astype(np.int64) * DAY + second * 1_000_000 + dates.micro
    return pa.array(stamp, mask=~dates.found).cast(pa.timestamp("us"))


def counted_as(name: str, dates: Dates, kept: Bools) -> list[str]:
    """A note on numbers that were read as dates: what they count."""
    units = np.bincount(dates.unit[kept & dates.found], minlength=len(UNITS))
    return [f"{name} was read as {UNITS[i]}." for i in range(1, len(UNITS)) if units[i]]


def dealt(row: npt.NDArray[np.int64]) -> Dates:
    """A random moment of the 360 days up to the end of 2000 for each row, by its number.

    The same row has the same moment on every machine: its number is mixed as in SplitMix64
    (Steele, Lea and Flood 2014).
    """
    mixed = (row.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    start = (date(2001, 1, 1) - date(1970, 1, 1)).days - 360
    moment = (mixed % np.uint64(360 * 86_400)).astype(np.int64) * 1_000_000 + start * DAY
    return _stamps(pa.chunked_array([pa.array(moment).cast(pa.timestamp("us"))]))
