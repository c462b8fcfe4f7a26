"""Clocks in one column that hung in different zones: all are brought to one, whose days are the table's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stepladder.tables.dates.dates import NOWHERE, Bools, Dates, Ints

_SUMMER = (30, 60)  # minutes
_TURNS = 3  # days a year on which a place may show both its clocks, to be safe
_DAY = 86_400
_FEW = 3


def by_one_clock(dates: Dates, chosen: tuple[int, ...]) -> tuple[Dates, tuple[int, ...], Bools]:
    """The dates as the chosen clock shows them; by which offsets that is; and which rows were moved.

    Without a choice it is the clock that most rows have. Two offsets that are an hour apart and not on
    the same days are one place's winter and summer. Rows that name no offset are taken to be of the place.
    """
    there = dates.found & (dates.east != NOWHERE)
    clock = _with_summer(dates, there, chosen or _most(dates.east[there]))
    moved = there & ~np.isin(dates.east, clock) & (dates.second < _DAY)
    if not moved.any():
        return dates, clock, moved
    moment = dates.day.astype(np.int64) * _DAY + dates.second - dates.east.astype(np.int64) * 60
    local = moment[moved] + 60 * _near(moment, moved, there & ~moved, dates.east, clock[0])
    day, second = dates.day.copy(), dates.second.copy()
    day[moved], second[moved] = np.divmod(local, _DAY)
    return replace(dates, day=day, second=second), clock, moved


def _most(east: Ints) -> tuple[int, ...]:
    """The most frequent offset; none where none is written."""
    offsets, count = np.unique(east, return_counts=True)
    return (int(offsets[count.argmax()]),) if len(offsets) else ()


def _with_summer(dates: Dates, there: Bools, clock: tuple[int, ...]) -> tuple[int, ...]:
    """The clock with its other half of the year, where rows show it."""
    if len(clock) != 1:
        return clock
    others = [int(one) for one in np.unique(dates.east[there]) if abs(one - clock[0]) in _SUMMER]
    return (*clock, *[one for one in others if _one_place(dates, there, (clock[0], one))][-1:])


def _near(moment: Ints, moved: Bools, own: Bools, east: Ints, usual: int) -> Ints:
    """How the place's clock hung when each of these happened: as in the row of its own that is nearest."""
    if not own.any():
        return np.full(int(moved.sum()), usual, np.int64)
    order = np.argsort(moment[own], kind="stable")
    when, hung = moment[own][order], east[own][order].astype(np.int64)
    after = np.searchsorted(when, moment[moved]).clip(1, max(len(when) - 1, 1))
    before, after = after - 1, np.minimum(after, len(when) - 1)
    nearer = moment[moved] - when[before] <= when[after] - moment[moved]
    return np.asarray(hung[np.where(nearer, before, after)])


def said_of_clocks(name: str, dates: Dates, kept: Bools, clock: Sequence[int], moved: Bools) -> str:
    """A sentence where rows were brought to another clock, or name none while others do; else nothing."""
    bare = kept & dates.found & (dates.east == NOWHERE) & (dates.second > 0)
    moved, usual = moved & kept, " and ".join(map(clock_of, clock))
    if moved.any():
        return (
            f"{name} is written with several offsets from Greenwich, or with another than before "
            f"({_counted(dates, kept)}). The days are those of {usual}, so {moved.sum():,} rows were brought "
            "to that clock: one moment is one day. If each row's own clock is meant, leave the offsets out."
        )
    if clock and bare.sum() >= _FEW:
        return (
            f"{name} is written without an offset from Greenwich on {bare.sum():,} rows, and with one on "
            f"others ({_counted(dates, kept)}). The days are those of {usual}, and rows without an offset "
            "are taken to be so already. If they are not, write them all in one way."
        )
    return ""


def several_offsets(name: str, dates: Dates, kept: Bools) -> str:
    """A sentence where rows have different offsets from Greenwich; "" where they have one.

    So did the second version of the cleaner, which brought none of them to another clock.
    """
    there = kept & dates.found & (dates.east != NOWHERE)
    offsets = [int(one) for one in np.unique(dates.east[there])]
    if len(offsets) < 2 or (len(offsets) == 2 and _one_place(dates, there, offsets)):
        return ""
    return (
        f"{name} is written with several offsets from Greenwich ({_counted(dates, kept)}). Each row counts "
        "on the day that its own clock showed, and the offset was dropped. If the clocks of one place were "
        "written in different ways, write them in one zone in the source."
    )


def _one_place(dates: Dates, there: Bools, offsets: Sequence[int]) -> bool:
    winter, summer = (np.unique(dates.day[there & (dates.east == one)]) for one in offsets)
    both = np.intersect1d(winter, summer)
    years = 1 + int(np.ptp(dates.day[there])) // 365
    return abs(offsets[1] - offsets[0]) in _SUMMER and len(both) <= _TURNS * years


def _counted(dates: Dates, kept: Bools) -> str:
    there = kept & dates.found & (dates.east != NOWHERE)
    offsets, count = np.unique(dates.east[there], return_counts=True)
    both = zip(offsets, count, strict=True)
    return ", ".join(f"{clock_of(int(one))} on {n:,} rows" for one, n in both)


def clock_of(size: int) -> str:
    """An offset as it is written: +01:00."""
    return f"{'-' if size < 0 else '+'}{abs(size) // 60:02d}:{abs(size) % 60:02d}"


def minutes_of(clock: str) -> int:
    """How many minutes east of Greenwich +01:00 is."""
    size = int(clock[1:3]) * 60 + int(clock[4:6])
    return -size if clock[0] == "-" else size
