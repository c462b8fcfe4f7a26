"""What a missing period means is asked of somebody who knows: nothing happened, or nobody wrote it down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.ids.spelling import one_spelling
from stepladder.tables.raw import Raw
from stepladder.tables.series.added import times_of
from stepladder.tables.series.frequency import settled
from stepladder.tables.series.points import points
from stepladder.tables.series.whole import number_of
from stepladder.tables.values import read_day

Ask = Callable[[str, Sequence[str]], str]
UNKNOWN = "unknown (nobody wrote it down)"
SAID: dict[str, Literal["zero", "unknown"]] = {
    "zero (nothing happened)": "zero",
    UNKNOWN: "unknown",
}


def asked_of_gaps(raw: Raw, spec: TableSpec, choices: Choices, ask_user: Ask) -> Choices:
    """The choices with what missing periods mean, where some are missing in series that are no sales."""
    if choices.gaps is not None:
        return choices
    ids = one_spelling(raw.table.column(choices.columns[spec.key[0]]), choices.decimal)
    time = read_day(raw.table, choices.columns[spec.time or ""], choices)
    kept = ~ids.missing & time.dates.found
    if not kept.any():
        return choices
    names, times = ids.words.dictionary_encode().dictionary, times_of(time)
    found, _ = settled(choices, names, ids.code, times, kept, raw.table)
    every = found.every or "day"
    there = points(names, ids.code, number_of(times, every, found.week_starts), kept)
    lack = there.holes
    if not lack.any() or (found.added and (there.size > 1).any()):
        return choices
    answer = ask_user(
        f"{int(lack.sum()):,} {every}s are missing in {int((lack > 0).sum()):,} of {len(lack):,} series, "
        f"such as {there.called(lack.nonzero()[0][:1])[0]}. What is their value?",
        tuple(SAID),
    )
    return replace(choices, gaps=SAID[answer])
