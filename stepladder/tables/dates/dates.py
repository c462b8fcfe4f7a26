"""Calendar days and times of day, however they were written, and which of them were found."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]

# What a number that is a date counts; 0 for a date that is written out.
UNITS = (
    "",
    "seconds since 1970",
    "milliseconds since 1970",
    "microseconds since 1970",
    "nanoseconds since 1970",
    "days since 1899-12-30, as spreadsheets count them",
)
NOWHERE = 9999


@dataclass(frozen=True)
class Dates:
    """Texts read as dates: days since 1970-01-01, seconds of the day, microseconds of the second.

    `found` says where a calendar day was read; `proof` is +1 where day-first is proven, -1 for
    month-first, 0 where neither; `open` where both would do; `shape` is True where the text is
    written like a date, be it an impossible one; `unit` is the place in UNITS; `east` how many
    minutes east of Greenwich the clock hung, NOWHERE where that was not written.
    """

    day: Ints
    second: Ints
    micro: Ints
    proof: Ints
    unit: Ints
    found: Bools
    open: Bools
    shape: Bools
    east: Ints

    def __getitem__(self, at: Ints | Bools) -> Dates:
        return Dates(*(getattr(self, field.name)[at] for field in fields(self)))

    @classmethod
    def none(cls, size: int) -> Dates:
        """So many rows without a date."""
        day, second, micro = np.zeros((3, size), np.int32)
        proof, unit = np.zeros((2, size), np.int8)
        found, open_, shape = np.zeros((3, size), bool)
        east = np.full(size, NOWHERE, np.int16)
        return cls(day, second, micro, proof, unit, found, open_, shape, east)


def day_order(dates: Dates) -> tuple[str, Ints]:
    """What the rows show of the order of day and month, and positions that exemplify it.

    "ambiguous": it matters, and no day beyond 12 shows it. "contradictory": both orders are
    proven, and the rarer by more than one row in a hundred; rarer than that it is a slip.
    """
    first, second = int((dates.proof > 0).sum()), int((dates.proof < 0).sum())
    if not first and not second:
        return ("ambiguous" if dates.open.any() else "clear"), np.flatnonzero(dates.open)[:3]
    if min(first, second) * 100 > max(first, second):
        ends = [np.flatnonzero(dates.proof == sign)[:2] for sign in (1, -1)]
        return "contradictory", np.concatenate(ends)
    order = "day first" if first > second else "month first"
    return order, np.flatnonzero(dates.proof == (1 if first > second else -1))[:3]
