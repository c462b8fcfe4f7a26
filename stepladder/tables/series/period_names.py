"""Periods as people write them: 1998 Q1, 1939 Jan, 2020M05, 2019-W07, 2019; each read as its first day."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

import pyarrow as pa

from stepladder.core.periods import Every
from stepladder.tables.columns.words import tokens
from stepladder.tables.dates.names import folded, is_month, months_of
from stepladder.tables.ids.ids import texts

MOST = 0.9  # of a column's values are periods where it holds periods
YEARS = (1800, 2100)
SHORT = 70  # of years written by two digits, from here on they are of the last century
_GAP = r"[-_/., ']*"
_PATTERNS: tuple[tuple[Every, str], ...] = (
    ("year", r"(?P<y>\d{4})(?:[. ]0+)?"),
    ("quarter", rf"(?P<y>\d{{4}}){_GAP}(?:q|qtr|quarter|quartal){_GAP}(?P<n>[1-4])"),
    ("quarter", rf"(?:q|qtr|quarter|quartal){_GAP}(?P<n>[1-4]){_GAP}(?P<y>\d{{4}}|\d\d)"),
    ("quarter", rf"(?P<n>[1-4])\.?{_GAP}(?:q|qtr|quarter|quartal|trimestre){_GAP}(?P<y>\d{{4}})"),
    ("week", rf"(?P<y>\d{{4}}){_GAP}(?:w|kw|week){_GAP}(?P<n>\d{{1,2}})"),
    ("week", rf"(?:w|kw|week){_GAP}(?P<n>\d{{1,2}}){_GAP}(?P<y>\d{{4}})"),
    ("month", rf"(?P<y>\d{{4}}){_GAP}m{_GAP}(?P<n>\d{{1,2}})"),
    ("month", r"(?P<y>\d{4}) ?[-/_] ?(?P<n>\d{1,2})"),
    ("month", r"(?P<y>\d{4})[. ](?P<n>\d\d)"),
    ("month", r"(?P<y>(?:19|20)\d\d)(?P<n>0[1-9]|1[0-2])"),
    ("month", r"(?P<n>0?[1-9]|1[0-2])(?: ?[-/_] ?|[. ])(?P<y>\d{4})"),
    ("month", rf"(?P<word>[^\W\d_]{{3,12}}){_GAP}(?P<y>\d{{4}})"),
    ("month", r"(?P<word>[^\W\d_]{3,12})\.?[-'](?P<y>\d\d)"),
    ("month", rf"(?P<y>\d{{4}}){_GAP}(?P<word>[^\W\d_]{{3,12}})\.?"),
)
PATTERNS = [(every, re.compile(pattern)) for every, pattern in _PATTERNS]
# Bare digits are a year, or a month, only where the column is called so.
_BARE = re.compile(r"\s*\d{4}(?:\d\d)?(?:\.0+)?\s*")
_CALLED = """
    year years yr jahr annee ano anno jaar yyyy month months monat mois mes mese maand yyyymm
    yearmonth quarter quartal trimestre period periode date datum time ds
"""
_NAMES = frozenset(_CALLED.split())


class Period(NamedTuple):
    """A period: of which kind, and its first day."""

    every: Every
    day: date


def period(text: str) -> Period | None:
    """The period that a text names, None where it names none."""
    plain = folded(text.strip())
    for every, pattern in PATTERNS:
        if (match := pattern.fullmatch(plain)) and (day := _first(every, match.groupdict())):
            return Period(every, day)
    return None


def _first(every: Every, parts: dict[str, str | None]) -> date | None:
    year = int(parts["y"] or 0)
    if len(parts["y"] or "") == 2:
        year += 1900 if year >= SHORT else 2000
    if not YEARS[0] <= year <= YEARS[1]:
        return None
    number = _month(parts["word"]) if parts.get("word") else int(parts.get("n") or 1)
    try:
        if every == "week":
            return date.fromisocalendar(year, number, 1)
        return date(year, number * 3 - 2 if every == "quarter" else number, 1)
    except ValueError:
        return None


def _month(word: str | None) -> int:
    return months_of({word}).get(word, 0) if word and is_month(word) else 0


def holds_periods(name: str, column: pa.ChunkedArray, chosen: bool = False) -> Every | None:
    """Of which kind the periods are that a column holds; None where it holds something else.

    `chosen`: somebody says that it is the time. Bare years and 202001 are taken so only where that is
    said, or the column is called so.
    """
    if not (pa.types.is_string(column.type) or pa.types.is_integer(column.type)):
        return None
    words = [str(one) for one in texts(column).words.unique().to_pylist() if one]
    if not words:
        return None
    bare = all(_BARE.fullmatch(one) for one in words)
    if bare and not (chosen or _NAMES.intersection(tokens(name))):
        return None
    found: list[Every] = []
    others = len(words) - max(MOST * len(words), 1)  # more of them, and it holds something else
    for nth, one in enumerate(map(period, words), 1):
        if one:
            found.append(one.every)
        elif nth - len(found) > others:
            return None
    return max(set(found), key=found.count)


def as_days(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with each period as its first day, as a text; what is no period stays as it is."""
    read = texts(column)
    days = [_day(str(one or "")) for one in read.words.to_pylist()]
    return pa.chunked_array([pa.array(days, pa.string()).take(pa.array(read.at))])


def _day(text: str) -> str:
    found = period(text)
    return found.day.isoformat() if found else text
