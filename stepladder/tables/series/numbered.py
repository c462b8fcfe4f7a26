"""Periods that are numbered 1, 2, 3 …, as competitions have them, made times of a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.core.periods import EVERY, Every, first_ahead, starts
from stepladder.core.table import TableSpec
from stepladder.tables.columns.find import check_columns, find_columns
from stepladder.tables.columns.words import plain
from stepladder.tables.findings import Mapped
from stepladder.tables.ids.ids import texts
from stepladder.tables.plural import counted as so_many
from stepladder.tables.raw import Raw
from stepladder.tables.rows.only import without
from stepladder.tables.series.every_words import said
from stepladder.tables.series.mixed import counted, mixed
from stepladder.tables.series.numbers import value_of

END = date(2000, 1, 1)  # the last known period of every series is the last one before it
_CALLED = "t ds period periodnumber periodno timestep step time timeindex index tick"
CALLED = frozenset(_CALLED.split())
LONGEST = 1_000_000
FIRST = (0, 1)
_WHOLE = r"^\d{1,7}(?:\.0+)?$"
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Numbered:
    """The column that numbers the periods, of which frequency they are, and after which none counts."""

    column: str
    every: Every
    last: int | None = None

    @property
    def choices(self) -> dict[str, Any]:
        """What a project keeps of it."""
        kept = {"numbered": self.column, "every": self.every}
        return {**kept, **({"to_number": self.last} if self.last is not None else {})}


def numbered(
    raw: Raw, spec: TableSpec, overrides: Mapping[str, str], every: str | None, last: int | None
) -> Numbered | None:
    """The column of a table that numbers the periods of each series, None where times are dates.

    Raises Problem where nothing says of which frequency they are, or one number stands twice.
    """
    taken = {m.canonical: m for m in _mapping(raw, spec, overrides)}
    chosen = overrides.get(str(spec.time))
    found = taken.get(str(spec.time))
    series = _series(raw, spec, taken)
    if chosen is None and found is not None and _changes(raw.table, found.source, series):
        return None
    names = [chosen] if chosen else [one for one in raw.table.column_names if plain(one) in CALLED]
    others = {m.source for name, m in taken.items() if name != spec.time}
    for name in (name for name in names if name in raw.table.column_names and name not in others):
        if (t := _whole(raw.table.column(name))) is not None and _counts(
            t, series, name, name == chosen
        ):
            return Numbered(name, _every(raw, series, name, every), last)
    return None


def dated(raw: Raw, spec: TableSpec, columns: Mapping[str, str], how: Numbered) -> Raw:
    """The source with times of a calendar for numbers; every series' last known period is the same one."""
    check_columns(raw.table, str(spec.time), how.column)
    if how.last is not None:
        after = np.nan_to_num(_numbers(raw.table.column(how.column)), nan=-1) > how.last
        raw = without(
            raw, after, f"{how.column} after {how.last}", "rows lie after the periods wanted"
        )
    t = _numbers(raw.table.column(how.column))
    series = _codes(raw, columns.get(spec.key[0]))
    known = ~np.isnan(t) & _filled(raw, columns.get(value_of(spec).name))
    ends = np.full(int(series.max(initial=0)) + 1, -np.inf)
    np.maximum.at(ends, series[known], t[known])
    at, there = ends[series], ~np.isnan(t) & np.isfinite(ends[series])
    number = first_ahead(END, how.every) - 1 + np.where(there, t - at, 0).astype(np.int64)
    times = pa.array(starts(number, how.every), pa.timestamp("us"), mask=~there)
    place = raw.table.column_names.index(how.column)
    table = raw.table.set_column(place, how.column, times)
    return replace(raw, table=table, notes=(*raw.notes, _said(how, ends[np.isfinite(ends)])))


def _said(how: Numbered, ends: npt.NDArray[np.float64]) -> str:
    last = starts(np.array([first_ahead(END, how.every) - 1]), how.every)[0].astype("datetime64[D]")
    one = f"{int(ends.min()):,}" if len(ends) else "0"
    ran = one if not len(ends) or ends.min() == ends.max() else f"{one} to {int(ends.max()):,}"
    return (
        f"{how.column!r} numbers the periods, each a {how.every}, and says no date: the last known one of "
        f"each of {so_many(len(ends), 'series')} (number {ran}) is taken as that of {last}; only the "
        "distances between times mean something."
    )


def _mapping(raw: Raw, spec: TableSpec, overrides: Mapping[str, str]) -> tuple[Mapped, ...]:
    known = {column.name for column in spec.columns}
    told = {**raw.told, **overrides}
    own = {name: one for name, one in told.items() if name in known and name != spec.time}
    return find_columns(raw.table, spec, own)


def _series(raw: Raw, spec: TableSpec, taken: Mapping[str, Mapped]) -> Ints:
    found = taken.get(spec.key[0])
    return _codes(raw, found.source if found else None)


def _codes(raw: Raw, source: str | None) -> Ints:
    if source is None or source not in raw.table.column_names:
        return np.zeros(raw.table.num_rows, np.int64)
    text = texts(raw.table.column(source)).text
    encoded = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    return encoded.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _filled(raw: Raw, source: str | None) -> npt.NDArray[np.bool_]:
    """Where the value is known."""
    if source is None or source not in raw.table.column_names:
        return np.ones(raw.table.num_rows, bool)
    return ~texts(raw.table.column(source)).missing


def _changes(table: pa.Table, source: str, series: Ints) -> bool:
    """Whether a column changes within series, as times do; when a series began does not."""
    words = texts(table.column(source)).text
    words = words.combine_chunks() if isinstance(words, pa.ChunkedArray) else words
    code = words.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    pairs = len(np.unique(series * (int(code.max(initial=0)) + 1) + code))
    return pairs > len(np.unique(series))


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Whole numbers, NaN where there is none."""
    read = texts(column)
    good = pc.match_substring_regex(read.words, _WHOLE)
    number = pc.cast(pc.if_else(good, read.words, None), pa.float64())
    return np.asarray(number.fill_null(np.nan).to_numpy(zero_copy_only=False))[read.at]


def _whole(column: pa.ChunkedArray) -> npt.NDArray[np.float64] | None:
    """The numbers of a column that holds whole numbers and nothing else."""
    if pa.types.is_temporal(column.type) or pa.types.is_boolean(column.type):
        return None
    number = _numbers(column)
    filled = ~texts(column).missing
    good = filled.any() and not np.isnan(number[filled]).any() and np.nanmax(number) < LONGEST
    return number if good else None


def _counts(t: npt.NDArray[np.float64], series: Ints, source: str, chosen: bool) -> bool:
    """Whether a number counts the periods of each series: from 1 or 0 on, and none of them twice.

    Raises Problem where it was chosen, and cannot.
    """
    there = ~np.isnan(t)
    series, number = series[there], t[there].astype(np.int64)
    twice = len(np.unique(series * (int(number.max()) + 1) + number)) < len(number)
    if chosen:
        if twice:
            raise _twice(source, series, number)
        return True
    first = np.full(int(series.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, series, number)
    return not twice and bool(np.isin(first[np.unique(series)], FIRST).mean() > 0.5)


def _twice(source: str, series: Ints, number: Ints) -> Problem:
    pairs = np.stack([series, number])
    again, times = np.unique(pairs, axis=1, return_counts=True)
    of = len(np.unique(again[0][times > 1]))
    return Problem(
        f"{source!r} is to number the periods, and in {so_many(of, 'series')} a number stands several "
        f"times, such as {again[1][times > 1][0]:,}: times that are the same cannot be ordered.",
        "Periods are numbered 1, 2, 3 … within each series, each number once.",
        "Name the column that tells the series apart, or a column of dates, with --column.",
    )


def _every(raw: Raw, series: Ints, name: str, every: str | None) -> Every:
    for one in EVERY:
        if one == every:
            return one
    column = said(raw.table)
    if column is None:
        raise Problem(
            f"{name!r} numbers the periods, and nothing says whether they are days, weeks, months or years.",
            f"It is said by a column such as frequency (MONTHLY), or as one of: {' '.join(EVERY)}.",
            "Say it with --every month, say.",
        )
    kinds = set(column.words.values())
    if len(kinds) > 1:
        raise mixed(counted(series, texts(raw.table.column(column.column)).text, column), column)
    return kinds.pop()
