"""Which days lie so far from all others that they are no part of what the table tells."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_LEAST = 400  # days: a shop that sells for some weeks of the year waits less for the next year's
_LONGER = 1.5  # than every other gap
_CHANCE = 1e-3
_SHARE = 0.01  # of the rows may be stray, or up to _FEW of some more
_FEW = 5
_DAYS_NEAR = 4  # days with rows beside the gap within half its length: the rate is not a few a year
# Where clocks and calendars of systems begin or end: blocks of these stand for no date at all.
_SYSTEM = ("1899-12-30", "1899-12-31", "1900-01-01", "1900-01-02", "1904-01-01", "1969-12-31",
           "1970-01-01", "1970-01-02", "1980-01-01", "1980-01-06", "2000-01-01", "2001-01-01",
           "2038-01-19", "2079-06-06", "2099-12-31")  # fmt: skip
_DEFAULTS = np.array([(date.fromisoformat(d) - date(1970, 1, 1)).days for d in _SYSTEM], np.int64)


def ends(day: Ints) -> tuple[int, int]:
    """The first and the last of the days that belong together; `day` are those of all rows.

    What lies before or behind is a tiny share of the rows (or stands on days that systems take for
    no date), beyond a gap that is longer than any other, and longer than chance would have it:
    shops that sell seldom, in one season or after a pause have other gaps that are as long.
    """
    first = day.min()
    count = np.bincount(day - first)
    days = np.flatnonzero(count)
    count, days = count[days], days + first
    low, high = 0, len(days) - 1
    while cut := _cut(days[low : high + 1], count[low : high + 1]):
        low, high = low + cut[0], high - cut[1]
    return int(days[low]), int(days[high])


def _cut(days: Ints, count: Ints) -> tuple[int, int] | None:
    """How many days to leave out in front and behind: the cut that costs the fewest rows; None if none."""
    gaps = np.diff(days)
    before, total = np.cumsum(count), int(count.sum())
    wide = np.flatnonzero(gaps >= _LEAST)
    if not len(wide):
        return None
    fronts: list[int] = [
        int(at) + 1 for at in wide if _small(days[: at + 1], int(before[at]), total)
    ]
    backs: list[int] = [
        len(gaps) - int(at) for at in wide if _small(days[at + 1 :], int(total - before[at]), total)
    ]
    found = [
        (int(before[a - 1] if a else 0) + int(total - before[len(days) - 1 - b]), a, b)
        for a in [0, *fronts]
        for b in [0, *backs]
        if a + b and a + b < len(days) and _apart(days, gaps, a, b)
    ]
    return min(found)[1:] if found else None


def _small(days: Ints, rows: int, total: int) -> bool:
    if rows <= max(1, _SHARE * total, min(_FEW, 0.1 * total)):
        return True
    return rows < 0.5 * total and bool(np.isin(days, _DEFAULTS).all())


def _apart(days: Ints, gaps: Ints, a: int, b: int) -> bool:
    """Whether the days from `a` to `b` before the end are a whole, and the others far from it."""
    inner = days[a : len(days) - b]
    longest = int(np.diff(inner).max(initial=1))
    return all(
        _far(int(gap), longest, near, len(inner) - 1)
        for gap, near, there in (
            (gaps[a - 1], inner - inner[0], a),
            (gaps[len(gaps) - b] if b else 0, inner[-1] - inner, b),
        )
        if there
    )


def _far(gap: int, longest: int, near: Ints, others: int) -> bool:
    """Whether a gap is too long for chance.

    Of so many like gaps, exponential ones, an outer one is r times the longest other with a chance of
    1/(1 + r/1) · 1/(1 + r/2) ⋯, by the order statistics (Rényi 1953).
    """
    ratio = gap / longest
    chance = 2 * np.exp(-np.log1p(ratio / np.arange(1, others + 1)).sum())
    dense = int((near <= gap / 2).sum()) >= _DAYS_NEAR
    return bool(ratio >= _LONGER and dense and chance < _CHANCE)
