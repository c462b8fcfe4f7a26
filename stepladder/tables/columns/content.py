"""What is in a column: ids, dates, amounts, long texts or the content of files."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.table import Column
from stepladder.tables.amounts.texts import read_amounts
from stepladder.tables.dates.texts import read_dates
from stepladder.tables.ids.ids import texts

_LONG = 100  # characters on average: what people write at length, not a name or a label
_SOME, _MANY = 5, 0.05  # fewer different ones than one in twenty rows may be groups, not ids
_BROKEN = r"^\W*\d+[.,](?:\d[1-9]|[1-9]\d?)$"
_WRITTEN = r"^\d{1,4}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{1,4}\b|\d:\d\d\b"
_CALLED = r"^\p{L}[^\d@]*\s[^\d@]*\p{L}[.)]?$"
_PROSE = r"^.{65}|^\S+(?:\s+\S+){8}"
_NO_DATE = r"^0{1,4}\D0{1,2}\D0{1,4}(?:\D|$)|^1970-01-01(?:\D+0\d?:00.*)?$|^0001-01-01|^1900-01-0[01](?:\D|$)"


class Fit(NamedTuple):
    """How well what is in a column fits a kind.

    `share` of its filled values read as the kind, which alone may be `telling`; `good` (0 to 1) says how
    few of its rows are empty, zero or the same, in `words`.
    """

    share: float
    telling: bool
    good: float = 1.0
    words: str = ""


def by_content(column: Column, values: pa.ChunkedArray) -> Fit:
    """How well the values of a column fit the kind that a question's column is of."""
    kind = values.type
    if column.kind == "bytes" or pa.types.is_binary(kind):
        fits = column.kind == "bytes" and pa.types.is_binary(kind)
        return Fit(float(fits), fits)
    cleaned = texts(values)
    filled = cleaned.text.filter(pa.array(~cleaned.missing))
    if not len(filled):
        return Fit(0.5, False, 0.0, "it is empty")
    there = len(filled) / len(values)
    empty = f"{1 - there:.0%} of its rows have nothing" if there < 0.995 else ""
    if column.kind in ("day", "time"):
        typed = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
        return Fit(1.0, True, there, empty) if typed else _days_in(filled, len(values))
    if column.kind in ("amount", "number"):
        return _amounts_in(column, filled, there, empty)
    if column.kind == "text":
        return Fit(1.0, False)
    if column.kind == "long":
        average = float(pc.mean(pc.utf8_length(filled)).as_py())
        return Fit(min(average / _LONG, 1.0), average > _LONG)
    return _ids_in(filled, there, empty)


def unlike_ids(values: pa.ChunkedArray) -> list[str]:
    """Some texts of a column that are no ids: dates, broken numbers, prose."""
    words = texts(values).words.unique()
    bad = pc.match_substring_regex(words, f"{_BROKEN}|{_WRITTEN}|{_PROSE}")
    return [str(one)[:60] for one in words.filter(bad)[:5].to_pylist()]


def _matches(values: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    found = pc.match_substring_regex(values, pattern).to_numpy(zero_copy_only=False)
    return np.asarray(found, bool)


def _share(values: pa.Array, pattern: str) -> float:
    return float(pc.mean(pc.cast(pc.match_substring_regex(values, pattern), pa.float64())).as_py())


def _days_in(filled: pa.Array, rows: int) -> Fit:
    """How well texts fit as days; 0000-00-00 and 1970-01-01 are how databases write that there is none."""
    some = filled.filter(pc.invert(pc.match_substring_regex(filled, _NO_DATE)))
    there = len(some) / rows
    words = f"{1 - there:.0%} of its rows have none" if there < 0.995 else ""
    return Fit(*_dates_in(some), there, words) if len(some) else Fit(0.0, False, 0.0, words)


def _dates_in(filled: pa.Array) -> tuple[float, bool]:
    """The share of dates, and whether that alone is telling."""
    read = read_dates(filled, "clear", date(2100, 1, 1))
    share = float(read.shape.mean())
    # Bare digits may be an id as well as seconds since 1970, 2024-013 a bill; 20240113 is hardly an id.
    digits = pc.match_substring_regex(filled, r"^\d+(?:[.,]\d+|-\d{3})?$").to_numpy(
        zero_copy_only=False
    )
    days = pc.match_substring_regex(filled, r"^(19|20)\d{6}$").to_numpy(zero_copy_only=False)
    return share, share > 0.8 and float((digits & ~days).mean()) < 0.5


def _amounts_in(column: Column, filled: pa.Array, there: float, empty: str) -> Fit:
    read = max((read_amounts(filled, mark) for mark in ".,"), key=lambda one: one.found.sum())
    zero = float((read.value == 0).mean()) if column.kind == "amount" else 0.0
    zeros = f"{zero:.0%} of its values are zero" if zero >= 0.005 else ""
    said = " and ".join(one for one in (zeros, empty) if one)
    return Fit(float(read.found.mean()), False, there * (1 - zero), said)


def _ids_in(filled: pa.Array, there: float, empty: str) -> Fit:
    """Ids are short and many, come back, and are neither dates nor broken numbers nor prose."""
    distinct = len(filled.unique())
    share = distinct / len(filled)
    broken = _share(filled, _BROKEN)
    dates = float(read_dates(filled, "clear", date(2100, 1, 1)).shape.mean())
    written = _share(filled, _WRITTEN)
    prose = _share(filled, _PROSE)
    wrong = max(0.0 if broken < 0.2 else broken, prose, min(dates, written))
    few = distinct == 1 and len(filled) >= _SOME
    many = 0.0 if few else min(1.0, distinct / (_MANY * len(filled)))
    said = "" if many == 1 else f"it has only {distinct:,} different {'one' if few else 'ones'}"
    said = " and ".join(one for one in (said, empty) if one)
    telling = wrong < 0.1 and dates < 0.5 and 0.02 < share < 1.0
    return Fit(1.0 - wrong, telling, there * many, said)


def names_of_people(values: pa.ChunkedArray) -> bool:
    """Whether most texts are words with blanks between and no digits: two may be called the same."""
    if not pa.types.is_string(values.type):
        return False
    words = texts(values).words.unique()
    words = words.filter(pc.not_equal(words, ""))
    return len(words) > 0 and _share(words, _CALLED) > 0.8


def same_in_all(column: Column, one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    """Whether two columns say the same wherever both say something: to choose between them is idle."""
    first, second = texts(one), texts(other)
    both = ~first.missing & ~second.missing
    left, right = (read.text.filter(pa.array(both)) for read in (first, second))
    if column.kind in ("day", "time"):
        both = ~_matches(right, _NO_DATE) & ~_matches(left, _NO_DATE)
        left, right = (some.filter(pa.array(both)) for some in (left, right))
    if not len(left):
        return False
    if column.kind != "id":
        return bool(pc.all(pc.equal(left, right)).as_py())
    pairs = pc.binary_join_element_wise(left, right, "\0").unique()
    return len(pairs) == len(left.unique()) == len(right.unique()) < len(left)


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


def plain_numbers(values: pa.ChunkedArray) -> bool:
    """Whether a column holds numbers alone, none below zero and not all of them zero."""
    if pa.types.is_binary(values.type):
        return False
    cleaned = texts(values)
    filled = cleaned.text.filter(pa.array(~cleaned.missing))
    if not len(filled):
        return False
    read = read_amounts(filled, ".")
    return bool(read.found.all() and read.value.min() >= 0 and read.value.max() > 0)
