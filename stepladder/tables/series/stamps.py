"""How times stand within their periods: at ends of months, and twice where clocks are put back."""

from __future__ import annotations

import numpy as np

from stepladder.core.periods import Every, starts
from stepladder.tables.series.points import Bools, Ints, Points

MOST = 0.5
BACK, HOURS = (3, 4, 10, 11), 4  # months in which clocks are put back, at night
SUNDAY = 3  # days since 1970-01-01, modulo 7


def at_ends(day: Ints, period: Ints, every: Every, week_starts: int) -> Bools:
    """Which times stand on the last day of their month, quarter or year."""
    if every not in ("month", "quarter", "year"):
        return np.zeros(len(day), bool)
    after = starts(period + 1, every, week_starts).astype("datetime64[D]").astype(np.int64)
    return np.asarray(day == after - 1)


def put_back(there: Points, every: Every) -> Bools:
    """Hours that stand twice because the clock was put back, in the night of a Sunday."""
    if every != "hour":
        return np.zeros(len(there.period), bool)
    stamps = starts(there.period, "hour")
    day = stamps.astype("datetime64[D]").astype(np.int64)
    month = stamps.astype("datetime64[M]").astype(np.int64) % 12 + 1
    night = (day % 7 == SUNDAY) & np.isin(month, BACK) & (there.period % 24 < HOURS)
    return np.asarray((there.size == 2) & night)
