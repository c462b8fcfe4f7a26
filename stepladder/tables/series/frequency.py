"""Of which periods a table's rows are, and whether rows are sales to be added up or values as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.periods import EVERY, number
from stepladder.tables.choices import Choices
from stepladder.tables.series.every import Frequency, found
from stepladder.tables.series.points import Bools, points

Times = npt.NDArray[np.datetime64]
MOMENTS = (
    0.5  # of the rows that stand between two full hours: then a time is when something happened
)
OFTEN = 0.1  # of its periods of which a series has several rows: fewer are slips
MOST = 0.5  # of the series for which that is so: then rows are sales


def settled(
    choices: Choices, names: pa.Array, codes: npt.NDArray[np.integer], times: Times, kept: Bools
) -> tuple[Choices, Frequency | None]:
    """The choices with a frequency, the one chosen or the one found; and what was found, where it was.

    Raises Problem where series are of several frequencies, or of none that can be told.
    """
    if choices.every is not None:
        return choices, None
    mine, when = codes[kept], times[kept]
    moments = _between_hours(when)
    read = found(mine, when.astype("datetime64[D]") if moments else when)
    if read.days_apart:
        raise _untold(read)
    _refuse_mixed(read, names)
    every = read.every or ("day" if moments else None)
    if every is None:
        raise _untold(read)
    period = np.zeros(len(kept), np.int64)
    period[kept] = number(when, every, read.week_starts)
    there = points(names, codes, period, kept)
    several = np.add.reduceat(there.size > 1, there.begins, dtype=np.int64)
    added = moments or bool((several > OFTEN * there.lengths).mean() >= MOST)
    return replace(choices, every=every, week_starts=read.week_starts, added=added), read


def _between_hours(times: Times) -> bool:
    stamps = times.astype("datetime64[us]").astype(np.int64)
    return bool((stamps % 3_600_000_000 != 0).mean() >= MOMENTS)


def _refuse_mixed(read: Frequency, names: pa.Array) -> None:
    if not read.mixed:
        return
    kinds = {one: EVERY.index(one) for one in read.counts}
    said = []
    for one, at in kinds.items():
        first = int(read.series[int(np.flatnonzero(read.kinds == at)[0])].as_py())
        said.append(f"{read.counts[one]:,} by {one}, such as {names[first].as_py()!r}")
    raise Problem(
        f"the series are of several frequencies: {'; '.join(said)}",
        "all series of a table are of one, for one horizon holds for all",
        "give a file for each frequency, or add all up to the longest: "
        f"--every {max(kinds, key=lambda one: kinds[one])}",
    )


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
