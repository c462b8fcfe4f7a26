"""Whether the last day in the data is a whole one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]

_BEFORE = 28
_ENOUGH = 7


def last_day(day: Ints, second: Ints) -> tuple[bool, str]:
    """Says whether the last day is complete, so that an outcome window may include it.

    `day` counts from 1970-01-01, `second` within the day; rows without a clock time carry 0. The
    last day is incomplete if its last row came earlier in the day than the 5th percentile of the
    last rows of the 28 days before.
    """
    if not len(day):
        return True, "There is no last day."
    last = int(day.max())
    name = np.datetime64(last, "D")
    if not (second > 0).any():
        return True, f"The data ends on {name}; without clock times that day is taken as complete."
    latest = np.zeros(_BEFORE + 1, np.int64)
    there = np.zeros(_BEFORE + 1, bool)
    near = day >= last - _BEFORE
    np.maximum.at(latest, last - day[near], second[near])
    there[last - day[near]] = True
    before = latest[1:][there[1:]]
    if len(before) < _ENOUGH:
        return True, (
            f"The data ends on {name}; there are too few days before it to tell "
            "whether that day is complete, so it is taken as complete."
        )
    usual = int(np.quantile(before, 0.05))
    if latest[0] < usual:
        return False, (
            f"The last day, {name}, is incomplete: its last row is at "
            f"{_clock(int(latest[0]))}, while other days go on until {_clock(usual)} "
            "or later."
        )
    return True, (
        f"The last day, {name}, is complete: its last row is at "
        f"{_clock(int(latest[0]))}, as late as on other days."
    )


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}"
