"""What is said of series that look odd: each thing once, with how many and three by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stepladder.tables.choices import Choices
from stepladder.tables.plural import counted
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.series.every import Frequency
from stepladder.tables.series.odd import unit_changes, zero_runs
from stepladder.tables.series.points import Bools, Floats, Ints, Points
from stepladder.tables.series.stamps import MOST, at_ends
from stepladder.tables.series.whole import moments, named, thin_end
from stepladder.tables.values import Amount

SHOWN = 3
EDGES = {"first": "begin", "last": "end"}
Times = npt.NDArray[np.datetime64]
FEW_TWICE = 0.05  # of the values: then several rows for one look like a slip rather than like sales


def of_times(
    rows: Rows, choices: Choices, read: Frequency | None, day: Ints, period: Ints
) -> Iterator[str]:
    """Says how often the series were measured, and where their times stand at the ends of periods."""
    every, kept = choices.every or "day", rows.kept
    if read is not None and choices.added:
        yield (
            f"Most series have several rows for one {every}: these are added up. Other periods are said with "
            "--every, such as --every week."
        )
    elif read is not None:
        yield f"The series have one value per {every}."
    if not choices.added and kept.any():
        moved = int((moments(period[kept], every, choices.week_starts)[0] != day[kept]).sum())
        if moved:
            yield f"{moved:,} times are moved to the first moment of their {every}."
        ends = at_ends(day[kept], period[kept], every, choices.week_starts)
        if ends.mean() >= MOST:
            last = np.datetime64(int(day[kept][ends].max()), "D")
            rows.warn(
                "month-ends",
                f"{int(ends.sum()):,} of {int(kept.sum()):,} times stand at the end of their {every}: each "
                f"is written as its first day, so {last} stands for {named(int(period[kept].max()), every)}.",
            )


def of_largest(choices: Choices) -> Iterator[str]:
    """Says which series are kept where only the largest were wanted."""
    if choices.top is not None and choices.least is not None:
        yield (
            f"Series are kept whose total is {choices.least:,.6g} or more, which the {choices.top:,} largest "
            "reached: one that reached it stays, whichever overtakes it."
        )


def of_returns(names: Sequence[str], values: Mapping[str, Value], kept: Bools) -> Iterator[str]:
    """Says that what was given back is taken off what was sold."""
    for name in names:
        amount = values[name]
        assert isinstance(amount, Amount)
        if count := int((kept & (amount.value < 0)).sum()):
            yield (
                f"{counted(count, 'row')} with a {name} below zero (returns, cancellations) "
                f"{'is' if count == 1 else 'are'} added up with the rest: sums are net."
            )


def of_incomplete(
    rows: Rows, where: Bools, which: str, choices: Choices, period: Ints, times: Times
) -> None:
    """Warns of a first or last period that is there in part."""
    every = choices.every or "day"
    name = named(int(period[np.flatnonzero(where)[0]]), every, choices.week_starts)
    mine = times[where]
    edge = (mine.min() if which == "first" else mine.max()).astype("datetime64[m]")
    said = str(edge if every in ("day", "hour") else edge.astype("datetime64[D]")).replace(
        "T", " at "
    )
    rows.warn(
        "incomplete-period",
        f"The {which} {every}, {name}, is there in part only: the data {EDGES[which]} on {said}. Its "
        f"{int(where.sum()):,} rows are set aside.",
    )


def of_clock(rows: Rows, there: Points, twice: Bools) -> None:
    """Warns of hours that stand twice because the clock was put back."""
    codes = np.unique(there.series[twice])
    when = named(int(there.period[twice][0]), "hour")
    rows.warn(
        "daylight-hours",
        f"{int(twice.sum()):,} hours of {counted(len(codes), 'series')} stand twice, for the clock was put "
        f"back (such as {when}): the first of both is kept. Times with their offset from UTC say "
        "which is which.",
        tuple(str(there.names[int(code)]) for code in codes[:SHOWN]),
    )


def of_series(rows: Rows, choices: Choices, there: Points, value: Floats) -> None:
    """Warns of what is odd in series: gaps, a thin end, units that change, zeros at either end."""
    every, number = choices.every or "day", len(there.begins)
    _twice(rows, choices, there)
    lack = there.holes
    if lack.any() and choices.gaps is None:
        some = np.flatnonzero(lack)
        rows.warn(
            "gaps",
            f"{int(lack.sum()):,} {every}s are missing in {len(some):,} of {number:,} series: they are taken "
            "as unknown. If nothing happened then, they are zero: --gaps zero; if they are unknown: "
            "--gaps unknown.",
            tuple(there.called(some[:SHOWN])),
        )
    if not choices.added and (thin := thin_end(there)):
        last = named(int(there.period.max()), every, choices.week_starts)
        rows.warn(
            "incomplete-period",
            f"Only {thin[0]:,} series have a value for the last {every}, {last}, and {thin[1]:,} had one "
            "before: it may not be there as a whole. Leave it out with --to-day, the "
            "day before it.",
        )
    _units(rows, choices, there, value)
    _zeros(rows, choices, there, value)


def _units(rows: Rows, choices: Choices, there: Points, value: Floats) -> None:
    """Warns of levels that jump by about 1,000 and stay."""
    places, after = unit_changes(there, value)
    if not len(places):
        return
    every = choices.every or "day"
    when = [named(int(one), every, choices.week_starts) for one in there.period[after[:SHOWN]]]
    jump = "jumps" if len(places) == 1 else "jump"
    rows.warn(
        "unit-change",
        f"{len(places):,} of {len(there.begins):,} series {jump} to about 1,000 times or a thousandth of "
        "what came before, and the new level stays: a unit may have changed. Write all values in one unit.",
        tuple(f"{n} in {w}" for n, w in zip(there.called(places[:SHOWN]), when, strict=True)),
    )


def _zeros(rows: Rows, choices: Choices, there: Points, value: Floats) -> None:
    """Warns of series that begin or end with zeros."""
    number = len(there.begins)
    begin, end = zero_runs(
        there, value, int(there.period.max()) if choices.gaps == "zero" else None
    )
    if len(begin):
        rows.warn(
            "zeros-at-start",
            f"{len(begin):,} of {number:,} series {'begins' if len(begin) == 1 else 'begin'} with zeros, "
            "more in a row than ever after: what is measured may have begun later than the rows say. Leave "
            "out the rows of before its beginning.",
            tuple(there.called(begin[:SHOWN])),
        )
    if len(end):
        rows.warn(
            "zeros-at-end",
            f"{len(end):,} of {number:,} series {'ends' if len(end) == 1 else 'end'} with zeros, more in a "
            "row than ever before: what is measured may have ended, or what came is not known "
            "yet. Leave out what is not sold any more.",
            tuple(there.called(end[:SHOWN])),
        )


def _twice(rows: Rows, choices: Choices, there: Points) -> None:
    """Where nearly all values are of one row, several rows for one may be a slip."""
    twice = np.flatnonzero(there.size > 1)
    if not len(twice) or len(twice) >= FEW_TWICE * len(there.size):
        return
    every = choices.every or "day"
    when = [named(int(one), every, choices.week_starts) for one in there.period[twice[:SHOWN]]]
    names = [str(there.names[int(code)]) for code in there.series[twice[:SHOWN]]]
    rows.warn(
        "duplicate-moments",
        f"{len(twice):,} of {len(there.size):,} values are the sum of several rows, all others are of one: "
        "see that nothing stands there twice.",
        tuple(f"{name} in {day}" for name, day in zip(names, when, strict=True)),
    )
