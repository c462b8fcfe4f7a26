"""Clocks in one column that hung in different zones."""

from __future__ import annotations

import numpy as np

from stepladder.tables.dates.dates import NOWHERE, Bools, Dates, Ints

_SUMMER = 60  # minutes


def several_offsets(name: str, dates: Dates, kept: Bools) -> str:
    """A sentence where rows have different offsets from Greenwich; "" where they have one.

    Two that are an hour apart and never on the same days are one place's summer and winter.
    """
    there = kept & dates.found & (dates.east != NOWHERE)
    offsets, count = np.unique(dates.east[there], return_counts=True)
    if len(offsets) < 2 or (len(offsets) == 2 and _one_place(dates, there, offsets)):
        return ""
    rows = ", ".join(f"{_clock(int(o))} on {n:,} rows" for o, n in zip(offsets, count, strict=True))
    return (
        f"{name} is written with several offsets from Greenwich ({rows}). Each row counts on the day "
        "that its own clock showed, and the offset was dropped. If the clocks of one place were "
        "written in different ways, write them in one zone in the source."
    )


def _one_place(dates: Dates, there: Bools, offsets: Ints) -> bool:
    winter, summer = (np.unique(dates.day[there & (dates.east == one)]) for one in offsets)
    both = np.intersect1d(winter, summer)
    return int(offsets[1]) - int(offsets[0]) == _SUMMER and len(both) <= 2


def _clock(size: int) -> str:
    return f"{'-' if size < 0 else '+'}{abs(size) // 60:02d}:{abs(size) % 60:02d}"
