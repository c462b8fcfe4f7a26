"""How often series were measured: each series on its own, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stepladder.core.periods import EVERY, MONDAY, THURSDAY, Every

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MONTHLY = 26  # days: from so many on, times that are no weeks are months, or nothing of a calendar
NEAR = 7  # days: so far the day of the month may move: first working days, third Fridays
SURE_TIMES = 4  # fewer times of a series prove nothing
SURE_SHARE = 0.75  # of a series' gaps are one period where it tells how often it was measured
COARSE_SHARE = 0.05  # of the series; fewer that are rarer than the rest are goods sold once a year
LONGEST: dict[Every, float] = {  # days that one period may be away from the next
    "hour": 1.01 / 24, "day": 3.01, "week": 8.01, "month": 37, "quarter": 99, "year": 374,
}  # fmt: skip


@dataclass(frozen=True)
class Frequency:
    """How often a table's series were measured: hour, day, week, month, quarter or year.

    `every` is that of all of them, None where it cannot be told. `kinds` has for each of `series` (the
    distinct ids, in order of their first row) the place in EVERY, or -1; `counts` says how many series
    are surely of each. `mixed`: some are surely of another than the rest. `days_apart`: how many
    series step by so many days for more than a year, 30 or 365, which no calendar does: these have no
    kind. `week_starts` is the weekday of weekly times, 1 is Monday.
    """

    every: Every | None
    mixed: bool
    counts: Mapping[Every, int]
    days_apart: Mapping[int, int]
    week_starts: int
    series: pa.Array = field(compare=False, repr=False)
    kinds: Ints = field(compare=False, repr=False)


def found(series: Any, times: npt.NDArray[np.datetime64]) -> Frequency:
    """How often series were measured, from the gaps between the times of each.

    `series`: an id for each row (an array of numpy or pyarrow); `times`: its moment, NaT where there
    is none. Repeated times count once. Where no series alone tells it, all times together do.
    """
    encoded = _array(series).dictionary_encode()
    codes, stamps = _distinct(np.asarray(encoded.indices.to_numpy(zero_copy_only=False)), times)
    kinds, sure, apart = _kinds(codes, stamps, len(encoded.dictionary))
    counts: dict[Every, int] = {
        EVERY[at]: int(n)
        for at, n in enumerate(np.bincount(kinds[sure], minlength=len(EVERY)))
        if n
    }
    every, mixed = _overall(counts)
    if every is None and not len(apart):
        every = _of_all(stamps)
    days, series_of = np.unique(apart, return_counts=True)
    return Frequency(
        every,
        mixed,
        counts,
        {int(day): int(n) for day, n in zip(days, series_of, strict=True)},
        _week_starts(codes, stamps, kinds, every),
        encoded.dictionary,
        kinds,
    )


def _array(series: Any) -> pa.Array:
    array = series if isinstance(series, pa.Array | pa.ChunkedArray) else pa.array(series)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _distinct(codes: Any, times: npt.NDArray[np.datetime64]) -> tuple[Ints, Ints]:
    """Each series' different times in order, in microseconds; rows without an id or a time are none."""
    there = ~np.isnat(times) & (codes == codes) & (codes >= 0)
    codes = codes[there].astype(np.int64)
    stamps = times[there].astype("datetime64[us]").astype(np.int64)
    order = np.lexsort((stamps, codes))
    codes, stamps = codes[order], stamps[order]
    new = np.r_[True, (np.diff(codes) != 0) | (np.diff(stamps) != 0)][: len(codes)]
    return codes[new], stamps[new]


def _overall(counts: Mapping[Every, int]) -> tuple[Every | None, bool]:
    """The frequency of most series, and whether others have another.

    One series that is measured more often is enough; rarer ones must be several in a hundred.
    """
    if not counts:
        return None, False
    every = max(counts, key=lambda one: counts[one])
    finer = any(EVERY.index(one) < EVERY.index(every) for one in counts)
    rarer = sum(n for one, n in counts.items() if EVERY.index(one) > EVERY.index(every))
    return every, finer or rarer > COARSE_SHARE * sum(counts.values())


def _of_all(stamps: Ints) -> Every | None:
    """The frequency of all times together: sold on every day, though each article only on some."""
    kinds, _, _ = _kinds(*_distinct(np.zeros(len(stamps)), stamps.astype("datetime64[us]")), 1)
    return EVERY[kinds[0]] if kinds[0] >= 0 else None


def _week_starts(codes: Ints, stamps: Ints, kinds: Ints, every: Every | None) -> int:
    weekly = stamps[kinds[codes] == EVERY.index("week")]
    if every != "week" or not len(weekly):
        return MONDAY
    return int(np.bincount(_weekday(weekly), minlength=8).argmax())


def _days(stamps: Ints) -> Ints:
    return stamps // 86_400_000_000


def _weekday(stamps: Ints) -> Ints:
    return np.asarray((_days(stamps) + THURSDAY - MONDAY) % 7 + MONDAY)


def _kinds(codes: Ints, stamps: Ints, size: int) -> tuple[Ints, Bools, Ints]:
    """For each series the place in EVERY or -1, and whether that is sure; equal steps of no calendar."""
    kinds, sure = np.full(size, -1, np.int64), np.zeros(size, bool)
    several = np.flatnonzero(np.bincount(codes, minlength=size) > 1)
    if not len(several):
        return kinds, sure, np.zeros(0, np.int64)
    keep = np.isin(codes, several)
    times = _Times(np.searchsorted(several, codes[keep]), stamps[keep])
    kind, odd = times.kind()
    kinds[several] = np.where(odd, -1, kind)
    sure[several] = times.sure(kind) & ~odd
    return kinds, sure, np.round(times.median[odd]).astype(np.int64)


class _Times:
    """The different times of series that have at least two, and the gaps between them."""

    def __init__(self, codes: Ints, stamps: Ints) -> None:
        self.stamps = stamps
        self.first = np.flatnonzero(np.r_[True, np.diff(codes) != 0])
        self.size = np.diff(np.r_[self.first, len(codes)])
        inside = np.r_[np.diff(codes) == 0]
        self.gaps = np.diff(stamps)[inside] / 86_400_000_000
        self.of = codes[1:][inside]
        self.starts = np.r_[0, np.cumsum(self.size - 1)[:-1]]
        sorted_ = self.gaps[np.lexsort((self.gaps, self.of))]
        self.median = sorted_[self.starts + (self.size - 2) // 2]

    def _spread(self, values: Ints) -> Ints:
        """How far each series' values lie from each other."""
        most = np.maximum.reduceat(values, self.first)
        return np.asarray(most - np.minimum.reduceat(values, self.first))

    def _share(self, gaps: Bools) -> Floats:
        """The share of each series' gaps of which that is true."""
        return np.asarray(np.bincount(self.of, gaps, len(self.size)) / (self.size - 1))

    def kind(self) -> tuple[Ints, Bools]:
        """The place in EVERY of each series, and where times step by equal days of no calendar."""
        median, months = self.median, self._months()
        equal = self._share(self.gaps == median[self.of]) == 1
        a_year = equal & (median * (self.size - 1) > 366)
        odd = a_year & (median >= MONTHLY) & ~self._same_day()
        weekly = self._spread(_weekday(self.stamps)) == 0
        weekly |= self._share((self.gaps > 5.99) & (self.gaps < 8.01)) >= SURE_SHARE
        kind = np.where(weekly & (median > 5.99), EVERY.index("week"), EVERY.index("day"))
        kind = np.where(median < 0.75, EVERY.index("hour"), kind)
        return np.where(months >= 0, months, kind), odd

    def _calendar(self) -> tuple[Ints, Ints, Ints]:
        """Of each time the month since 1970, its day there, and how many days of it are left."""
        days = _days(self.stamps)
        month = days.astype("datetime64[D]").astype("datetime64[M]")
        begin = month.astype("datetime64[D]").astype(np.int64)
        end = (month + 1).astype("datetime64[D]").astype(np.int64)
        return month.astype(np.int64), days - begin, end - days - 1

    def _same_day(self) -> Bools:
        _, day, left = self._calendar()
        return (self._spread(day) == 0) | (self._spread(left) == 0)

    def _months(self) -> Ints:
        """Months, quarters or years where times stand at much the same day of the month; else -1."""
        month, day, left = self._calendar()
        near = np.minimum(self._spread(day), self._spread(left)) <= NEAR
        alike = {m: self._spread((month - month[self.first].repeat(self.size)) % m) == 0
                 for m in (3, 12)}  # fmt: skip
        names = np.where(alike[3], EVERY.index("quarter"), EVERY.index("month"))
        names = np.where(alike[12], EVERY.index("year"), names)
        return np.where(near & (self.median >= MONTHLY), names, -1)

    def sure(self, kind: Ints) -> Bools:
        """Where enough times follow each other at one period's distance."""
        longest = np.array([LONGEST[one] for one in EVERY])[kind]
        close = self._share(self.gaps <= longest[self.of]) >= SURE_SHARE
        return np.asarray((self.size >= SURE_TIMES) & close)
