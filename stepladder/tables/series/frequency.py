"""Of which periods a table's rows are, and whether rows are sales to be added up or values as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.periods import EVERY, MONDAY, THURSDAY, number
from stepladder.tables.choices import Choices
from stepladder.tables.series.every import Frequency, found
from stepladder.tables.series.every_words import said
from stepladder.tables.series.mixed import mixed
from stepladder.tables.series.points import Bools, points

Times = npt.NDArray[np.datetime64]
MOMENTS = (
    0.5  # of the rows that stand between two full hours: then a time is when something happened
)
OFTEN = 0.1  # of its periods of which a series has several rows: fewer are slips
MOST = 0.5  # of the series for which that is so: then rows are sales


def settled(
    choices: Choices,
    names: pa.Array,
    codes: npt.NDArray[np.integer],
    times: Times,
    kept: Bools,
    table: pa.Table,
) -> tuple[Choices, Frequency | None]:
    """The choices with a frequency, the one chosen or the one found; and what was found, where it was.

    `table` is the source, a column of which may say of what frequency its rows are. Raises Problem where
    series are of several frequencies, or of none that can be told.
    """
    mine, when = codes[kept], times[kept]
    if choices.every is not None:
        return _with_own_weekday(choices, when), None
    moments = _between_hours(when)
    read = found(mine, when.astype("datetime64[D]") if moments else when)
    if read.days_apart:
        raise _untold(read)
    if read.mixed:
        raise mixed(read.counts, said(table.filter(pa.array(kept))))
    every = read.every or ("day" if moments else None)
    if every is None:
        raise _untold(read)
    period = np.zeros(len(kept), np.int64)
    period[kept] = number(when, every, read.week_starts)
    there = points(names, codes, period, kept)
    several = np.add.reduceat(there.size > 1, there.begins, dtype=np.int64)
    added = moments or bool((several > OFTEN * there.lengths).mean() >= MOST)
    return replace(choices, every=every, week_starts=read.week_starts, added=added), read


def _with_own_weekday(choices: Choices, times: Times) -> Choices:
    """Weeks begin on the day at which all times stand, where nobody chose another."""
    if choices.every != "week" or choices.week_starts != MONDAY:
        return choices
    days = times.astype("datetime64[D]").astype(np.int64)
    stands = np.unique((days + THURSDAY - MONDAY) % 7 + MONDAY)
    return replace(choices, week_starts=int(stands[0])) if len(stands) == 1 else choices


def _between_hours(times: Times) -> bool:
    stamps = times.astype("datetime64[us]").astype(np.int64)
    return bool((stamps % 3_600_000_000 != 0).mean() >= MOMENTS)


def _untold(read: Frequency) -> Problem:
    if read.days_apart:
        days, count = next(iter(read.days_apart.items()))
        said = f"{count:,} series step by {days} days each time, which no month and no year does"
        return Problem(
            said,
            "times are those of a calendar: hours, days, weeks, months, quarters or years",
            "write the months or years themselves; or, if steps of days are meant: --every day",
        )
    return Problem(
        "how often the series were measured cannot be told from their times",
        f"it is one of: {' '.join(EVERY)}; several times of a series in a row would show it",
        "say it, e.g. --every month",
    )
