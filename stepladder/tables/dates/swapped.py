"""Days that a spreadsheet swapped with months: it read what it could as its own country writes dates."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.tables.dates.dates import Bools, Dates, Ints

# What has an order of its own: year first, a spreadsheet's number, or a month in letters.
_CERTAIN = r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|^[2-6]\d{4}(?:[.,]\d+)?$|\pL{3}"
_DOTTED = r"^\d{1,2}\s?\.\s?\d{1,2}\s?\.\s?\d{2,4}\b"
_NUMERIC = r"^\d{1,2}\s?[-/.\s]\s?\d{1,2}\s?[-/.\s]\s?\d{2,4}\b"
_FEW = 5
_MONTHS = 3  # a clean switch of formats within a month is no swap
_CHANCE = 1e-3
_BY_HAND = 0.02  # of the days may have been mended or typed since
_LOW = 12 / 30.4  # of all days are up to the twelfth


def swapped(words: pa.Array, dates: Dates) -> Ints:
    """Positions of dates that a spreadsheet swapped and of texts that it could not; none if it did not.

    13/02/2024 has no thirteenth month where the month comes first, so it stays a text, while 01/02/2024
    becomes the second of January. Then all dates are up to the twelfth, and all texts beyond.
    """
    certain, dotted, numeric = (
        pc.match_substring_regex(words, pattern).to_numpy(zero_copy_only=False) & dates.found
        for pattern in (_CERTAIN, _DOTTED, _NUMERIC)
    )
    if dates.open.any():
        return np.zeros(0, np.int64)
    # A spreadsheet shows what it read in its own way, which may be with dots.
    for real, left in (
        (certain | dotted, numeric & ~dotted & ~certain),
        (certain, numeric & ~certain),
    ):
        found = _swap(dates, np.flatnonzero(real), np.flatnonzero(left))
        if len(found):
            return found
    return np.zeros(0, np.int64)


def _swap(dates: Dates, real: Ints, left: Ints) -> Ints:
    """The two first of each, where those that were read fit such a swap and those that were left too."""
    none = np.zeros(0, np.int64)
    if len(left) < _FEW:
        return none
    real = real[(real > left[0]) & (real < left[-1])]  # another export may stand in front or below
    if len(real) < _FEW or len(np.unique(dates.proof[left])) > 1:
        return none
    read, texts = np.unique(dates.day[real]), np.unique(dates.day[left])
    months = len(np.unique(read.astype("datetime64[D]").astype("datetime64[M]")))
    chance = _chance(_of_month(read) > 12, _LOW) * _chance(_of_month(texts) <= 12, 1 - _LOW)
    return np.concatenate([real[:2], left[:2]]) if months >= _MONTHS and chance < _CHANCE else none


def _of_month(days: Ints) -> Ints:
    first = days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray(days - first.astype(np.int64) + 1)


def _chance(odd: Bools, share: float) -> float:
    """How likely it is that of so many days so few are odd ones; 1 where they are too many."""
    few = int(odd.sum())
    if few > _BY_HAND * len(odd):
        return 1.0
    return float(np.exp(np.log(share) * (len(odd) - few) + few * np.log(len(odd))))


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
