"""Days that a spreadsheet swapped with months: it read what it could as its own country writes dates."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.tables.dates.dates import Dates, Ints

# What has an order of its own: year first, a spreadsheet's number, or a month in letters.
_CERTAIN = r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|^[2-6]\d{4}(?:[.,]\d+)?$|\pL{3}"
_FEW = 5
_MONTHS = 3  # a clean switch of formats within a month is no swap
_CHANCE = 1e-3
_LOW = 12 / 30.4  # of all days are up to the twelfth


def swapped(words: pa.Array, dates: Dates) -> Ints:
    """Positions of dates that a spreadsheet swapped and of texts that it could not; none if it did not.

    13/02/2024 has no thirteenth month where the month comes first, so it stays a text, while 01/02/2024
    becomes the second of January. Then all dates are up to the twelfth, and all texts beyond.
    """
    certain = pc.match_substring_regex(words, _CERTAIN).to_numpy(zero_copy_only=False)
    real = np.flatnonzero(certain & dates.found & (dates.proof == 0) & ~dates.open)
    left = np.flatnonzero(dates.proof != 0)
    none = np.zeros(0, np.int64)
    if min(len(real), len(left)) < _FEW or dates.open.any():
        return none
    days, one_order = np.unique(dates.day[real]), len(np.unique(dates.proof[left])) == 1
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    of_month = (days - months.astype("datetime64[D]").astype(np.int64)) + 1
    if not one_order or (of_month > 12).any() or len(np.unique(months)) < _MONTHS:
        return none
    chance = _LOW ** len(days) * (1 - _LOW) ** len(np.unique(dates.day[left]))
    return np.concatenate([real[:2], left[:2]]) if chance < _CHANCE else none


def swapped_days(source: str, examples: list[str]) -> Problem:
    """The error for a column in which days and months were swapped."""
    return Problem(
        f"A spreadsheet seems to have swapped days and months in {source!r}: all of its dates "
        f"(such as {', '.join(examples[:2])}) have a day up to 12, all that stayed texts "
        f"(such as {', '.join(examples[2:])}) one beyond.",
        "All dates of a column must be written as they were meant: a spreadsheet set to another "
        "country takes 01/02/2024 for the second of January and leaves 13/02/2024 as it is.",
        "Export the table again and do not open it in a spreadsheet on the way; if the dates are "
        "right as they stand, say so with --day-first or --month-first.",
    )


def refuse_swapped(source: str, words: pa.Array, dates: Dates, version: int) -> None:
    """Raises Problem where days and months were swapped; the first version did not look."""
    at = swapped(words, dates) if version > 1 else ()
    if len(at):
        raise swapped_days(source, words.take(pa.array(at)).to_pylist())
