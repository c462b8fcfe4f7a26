"""What is in a column: ids, dates, amounts, long texts or the content of files."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.table import Column
from stepladder.tables.amounts.texts import read_amounts
from stepladder.tables.dates.texts import read_dates
from stepladder.tables.ids.ids import texts

_LONG = 100  # characters on average: what people write at length, not a name or a label


def by_content(column: Column, values: pa.ChunkedArray) -> tuple[float, bool]:
    """The share of filled values that read as the kind, and whether that alone is telling."""
    kind = values.type
    if column.kind in ("day", "time") and (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return 1.0, True
    if column.kind == "bytes" or pa.types.is_binary(kind):
        fits = column.kind == "bytes" and pa.types.is_binary(kind)
        return float(fits), fits
    cleaned = texts(values)
    filled = cleaned.text.filter(pa.array(~cleaned.missing))
    if not len(filled):
        return 0.5, False
    if column.kind in ("day", "time"):
        return _dates_in(filled)
    if column.kind in ("amount", "number"):
        share = max(float(read_amounts(filled, mark).found.mean()) for mark in ".,")
        return share, False
    if column.kind == "text":
        return 1.0, False
    if column.kind == "long":
        average = float(pc.mean(pc.utf8_length(filled)).as_py())
        return min(average / _LONG, 1.0), average > _LONG
    return _ids_in(filled)


def _dates_in(filled: pa.Array) -> tuple[float, bool]:
    read = read_dates(filled, "clear", date(2100, 1, 1))
    share = float(read.shape.mean())
    # Bare digits may be an id as well as seconds since 1970, 2024-013 a bill; 20240113 is hardly an id.
    digits = pc.match_substring_regex(filled, r"^\d+(?:[.,]\d+|-\d{3})?$").to_numpy(
        zero_copy_only=False
    )
    days = pc.match_substring_regex(filled, r"^(19|20)\d{6}$").to_numpy(zero_copy_only=False)
    return share, share > 0.8 and float((digits & ~days).mean()) < 0.5


def _ids_in(filled: pa.Array) -> tuple[float, bool]:
    """Ids are short, come back, and are neither dates nor broken numbers."""
    distinct = len(filled.unique()) / len(filled)
    broken = float(
        pc.mean(
            pc.cast(
                pc.match_substring_regex(filled, r"\d[.,](?:\d\d|[1-9])$|\s\S+\s"), pa.float64()
            )
        ).as_py()
    )
    dates = float(read_dates(filled, "clear", date(2100, 1, 1)).shape.mean())
    long = float(pc.mean(pc.cast(pc.greater(pc.utf8_length(filled), 64), pa.float64())).as_py())
    wrong = max(0.0 if broken < 0.2 else broken, long)
    return 1.0 - wrong, wrong < 0.1 and dates < 0.5 and 0.02 < distinct < 1.0


def comes_back(values: pa.ChunkedArray) -> bool:
    """Whether ids recur: what differs on nearly every row numbers documents, not customers."""
    if pa.types.is_binary(values.type):
        return False
    filled = len(values) - values.null_count
    return filled > 0 and len(values.unique()) < 0.95 * filled


def has_cents(values: pa.ChunkedArray) -> bool:
    """Whether a column holds amounts of money, by the decimals of some of them."""
    if pa.types.is_binary(values.type):
        return False
    cleaned = texts(values)
    filled = cleaned.text.filter(pa.array(~cleaned.missing))
    if not len(filled) or _dates_in(filled)[0] > 0.5:
        return False
    share = max(float(read_amounts(filled, mark).found.mean()) for mark in ".,")
    cents = pc.match_substring_regex(filled, r"\d[.,]\d{1,2}\D*$|\d\.\d{3,}$")
    return share > 0.9 and float(pc.mean(pc.cast(cents, pa.float64())).as_py()) > 0.3
