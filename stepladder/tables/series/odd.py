"""What looks odd in series: a unit that changed, zeros before a series begins or after it ended."""

from __future__ import annotations

import numpy as np

from stepladder.tables.series.points import Floats, Ints, Points

THOUSAND, ABOUT = (
    3.0,
    0.35,
)  # powers of ten: a change of units, give or take what a series does anyway
APART = 1.5  # powers of ten between all values before and all after
NEAR, ENOUGH = 4, 3  # values looked at on either side, and how many must be there
RUN, LONGER = 3, 2  # zeros in a row, and so many times longer than any such run within the series


def unit_changes(there: Points, value: Floats) -> tuple[Ints, Ints]:
    """Series whose level jumps by about 1,000, or to a thousandth, and stays; and their places after it.

    Returns places in `there.begins` and in `there`, one for each such series.
    """
    at = np.flatnonzero(np.nan_to_num(value) != 0)
    size, series = np.log10(np.abs(value[at])), there.series[at]
    step = np.diff(size)
    near = np.abs(np.abs(step) - THOUSAND) <= ABOUT
    jump = np.flatnonzero((np.diff(series) == 0) & near) + 1
    before = _window(size, series, jump[:, None] - 1 - np.arange(NEAR), jump)
    after = _window(size, series, jump[:, None] + np.arange(NEAR), jump)
    enough = (~np.isnan(before)).sum(1) >= ENOUGH
    enough &= (~np.isnan(after)).sum(1) >= ENOUGH
    jump, before, after = jump[enough], before[enough], after[enough]
    up = np.sign(step[jump - 1])[:, None]
    low, high = before * up, after * up
    stays = np.nanmin(high, 1, initial=np.inf) - np.nanmax(low, 1, initial=-np.inf) >= APART
    stays &= np.abs(np.nanmedian(high, 1) - np.nanmedian(low, 1) - THOUSAND) <= ABOUT
    found, first = np.unique(series[jump[stays]], return_index=True)
    return np.searchsorted(there.series[there.begins], found), at[jump[stays][first]]


def _window(size: Floats, series: Ints, places: Ints, jump: Ints) -> Floats:
    """The values at places of the same series; NaN for others."""
    inside = np.clip(places, 0, max(len(size) - 1, 0))
    same = (inside == places) & (series[inside] == series[jump][:, None])
    return np.where(same, size[inside], np.nan)


def zero_runs(there: Points, value: Floats, end: int | None) -> tuple[Ints, Ints]:
    """Series that begin and those that end with zeros, longer than any within: places in `there.begins`.

    `end` is the last period where what lacks is zero; else each series ends with its own last row. A
    series of zeros alone neither begins nor ends with them.
    """
    at = np.flatnonzero(np.nan_to_num(value) != 0)
    place = np.repeat(np.arange(len(there.begins)), there.lengths)[at]
    period = there.period[at]
    inner = np.zeros(len(there.begins), np.int64)
    np.maximum.at(inner, place[1:], np.where(np.diff(place) == 0, np.diff(period) - 1, 0))
    first, last = (np.full(len(there.begins), -1) for _ in range(2))
    first[place[::-1]], last[place] = at[::-1], at
    some = np.flatnonzero(first >= 0)
    least = np.maximum(RUN, LONGER * inner[some] + 1)
    lead = there.period[first[some]] - there.period[there.begins[some]]
    until = there.period[there.ends[some]] if end is None else end
    return some[lead >= least], some[until - there.period[last[some]] >= least]
