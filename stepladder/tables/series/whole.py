"""Whether a table's first and last period are there as a whole: half a month is no month."""

from __future__ import annotations

import numpy as np

from stepladder.core.periods import Every, day_of, number, starts
from stepladder.tables.dates.last_day import last_day
from stepladder.tables.series.every import found
from stepladder.tables.series.points import Bools, Ints, Points

OPEN_DAYS = 56  # before an end: weekdays without any row in these are days off
FEWEST_PERIODS = 4  # with fewer, one that has begun late is better than none
FAR_FEWER, BEFORE = 0.5, 4  # the share of the series that the last period has; how many before it


def incomplete_ends(
    day: Ints, second: Ints, period: Ints, kept: Bools, every: Every, week_starts: int
) -> tuple[Bools, Bools]:
    """The rows of the first and of the last period, where sales do not fill these.

    `day` counts from 1970-01-01, `second` within the day. A period is whole if nothing could be missing
    in it but days of the week on which nothing is ever sold.
    """
    first, last = int(period[kept].min()), int(period[kept].max())
    none = np.zeros(len(kept), bool)
    if every == "hour":
        clock = day[kept].astype(np.int64) * 24 + second[kept] // 3600
        whole = last_day(clock, second[kept] % 3600)[0]
        return none, none if whole else kept & (period == last)
    days = np.unique(day[kept]).astype(np.int64)
    begin, end = _ends(first, last, every, week_starts)
    rows_from, rows_to, by_day = _covered(days)
    late = _lacks(days, begin, rows_from - 1, by_day) and last - first + 1 >= FEWEST_PERIODS
    early = _lacks(days, rows_to + 1, end, by_day)
    early |= by_day and not last_day(day[kept], second[kept])[0]
    return (kept & (period == first) if late else none), (
        kept & (period == last) if early else none
    )


def _covered(days: Ints) -> tuple[int, int, bool]:
    """The days from which and to which rows tell, and whether these tell of single days.

    Where all rows stand at one day of each month, the last of them tells of its whole month.
    """
    read = found(np.zeros(len(days), np.int64), days.astype("datetime64[D]"))
    if read.every in (None, "hour", "day"):
        return int(days[0]), int(days[-1]), True
    own = number(days[[0, -1]].astype("datetime64[D]"), read.every, read.week_starts)
    return *_ends(int(own[0]), int(own[1]), read.every, read.week_starts), False


def _ends(first: int, last: int, every: Every, week_starts: int) -> tuple[int, int]:
    """The first day of one period and the last day of another."""
    edges = starts(np.array([first, last + 1]), every, week_starts).astype("datetime64[D]")
    begin, after = edges.astype(np.int64)
    return int(begin), int(after) - 1


def _lacks(days: Ints, since: int, until: int, by_day: bool) -> bool:
    """Whether one of the days without rows is a weekday on which something happens."""
    lacking = np.arange(since, until + 1)
    if not by_day:
        return len(lacking) > 0
    near = days[(days > since - OPEN_DAYS) & (days < until + OPEN_DAYS)]
    return bool(np.isin(lacking % 7, near % 7).any())


def thin_end(there: Points) -> tuple[int, int] | None:
    """How many series have the last period and how many the periods before, where it has far fewer."""
    first, last = int(there.period.min()), int(there.period.max())
    counts = np.bincount(there.period[there.period > last - BEFORE - 1] - (last - BEFORE))
    before = counts[:-1][max(0, first - (last - BEFORE)) :] if last > first else counts[:0]
    usual = int(np.median(before)) if len(before) else 0
    return (int(counts[-1]), usual) if counts[-1] < FAR_FEWER * usual else None


def moments(period: Ints, every: Every, week_starts: int) -> tuple[Ints, Ints]:
    """The first moment of each period: days since 1970-01-01 and seconds of the day."""
    stamps = starts(period, every, week_starts).astype("datetime64[s]").astype(np.int64)
    return stamps // 86_400, stamps % 86_400


def named(period: int, every: Every, week_starts: int = 1) -> str:
    """What a period is called: 2024-03 for a month, its first day for a week."""
    if every == "hour":
        return str(starts(np.array([period]), every)[0].astype("datetime64[h]"))
    day = day_of(period, every, week_starts)
    if every == "quarter":
        return f"{day.year}-Q{day.month // 3 + 1}"
    return {"month": f"{day:%Y-%m}", "year": f"{day:%Y}"}.get(every, str(day))


def number_of(times: np.ndarray, every: Every, week_starts: int) -> Ints:
    """The period of each time; 0 where there is none."""
    there = ~np.isnat(times)
    return np.asarray(number(np.where(there, times, np.datetime64(0, "us")), every, week_starts))
