"""Series of several frequencies in one table, which are refused: one project, one frequency."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.periods import EVERY, Every
from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.dates.typed import stamped
from stepladder.tables.findings import typed
from stepladder.tables.ids.ids import Texts
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.series.every import found
from stepladder.tables.series.every_words import ADVERBS, Said, said
from stepladder.tables.values import Day


def refuse_mixed(
    rows: Rows, spec: TableSpec, values: Mapping[str, Value], choices: Choices
) -> None:
    """Raises Problem where the series' own times say that they are of several frequencies.

    Where the frequency was chosen, rows are brought to it, and nothing is refused.
    """
    ids, day = values.get(spec.key[0]), values.get(spec.time or "")
    if not (spec.regular and isinstance(ids, Texts) and isinstance(day, Day)) or choices.every:
        return
    times = stamped(day.dates).to_numpy(zero_copy_only=False).astype("datetime64[us]")
    seen = found(ids.at[rows.kept], times[rows.kept])
    if seen.mixed:
        raise mixed(seen.counts, said(rows.raw.table.filter(pa.array(rows.kept))))


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
