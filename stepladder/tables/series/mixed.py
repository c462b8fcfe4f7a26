"""Series of several frequencies in one table, which are refused: one project, one frequency."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.periods import EVERY, Every
from stepladder.tables.findings import typed
from stepladder.tables.series.every_words import ADVERBS, Said


def mixed(counts: Mapping[Every, int], column: Said | None) -> Problem:
    """The error for series of several frequencies: how many of each, and how to take those of one."""
    each = [f"{counts[every]:,} {ADVERBS[every]}" for every in EVERY if counts.get(every)]
    where = f" (column {column.column!r})" if column else ""
    return Problem(
        f"The series are of several frequencies: {', '.join(each)}{where}.",
        "All series of a project are measured equally often: what is asked is so many periods ahead.",
        f"Take those of one: {_flags(column)}."
        if column
        else "Give those of each frequency as a file of their own, or bring all to the longest period: "
        f"--every {max(counts, key=EVERY.index)}.",
    )


def _flags(column: Said) -> str:
    words = {every: word for word, every in column.words.items()}
    return " or ".join(
        f"--only {typed(f'{column.column}={words[every]}')}" for every in EVERY if every in words
    )


def counted(series: np.ndarray, words: pa.Array, column: Said) -> dict[Every, int]:
    """How many series are of each frequency, by what a column says of their rows."""
    counts: dict[Every, int] = {}
    for word, every in column.words.items():
        of = np.asarray(pa.compute.equal(words, word).to_numpy(zero_copy_only=False))
        counts[every] = counts.get(every, 0) + len(np.unique(series[of]))
    return counts
