"""Rows to one value a series and period: sales added up, values of a ready series as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from stepladder.core.periods import Every
from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.ids.ids import Texts
from stepladder.tables.report import MERGED, Cleaned
from stepladder.tables.rows.order import ordered
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.series import warned
from stepladder.tables.series.frequency import settled
from stepladder.tables.series.gaps import filled, holes, values_of
from stepladder.tables.series.largest import keep_largest
from stepladder.tables.series.points import Ints, Points, points
from stepladder.tables.series.stamps import put_back
from stepladder.tables.series.twice import two_values
from stepladder.tables.series.whole import incomplete_ends, moments, named, number_of
from stepladder.tables.totals import totals
from stepladder.tables.values import Amount, Day


@dataclass(frozen=True)
class Added:
    """What was made of the rows: the choices with what the rows showed, notes, and counts.

    `gaps`: periods that lack within series; `duplicates`: rows beside another of their series and period.
    """

    choices: Choices
    notes: tuple[str, ...]
    gaps: int
    duplicates: int


def added_up(
    rows: Rows, spec: TableSpec, values: dict[str, Value], choices: Choices
) -> Added | None:
    """Leaves one row of each series and period, with the sum of all of them and the period's first moment.

    Changes `values`; None where no row is left. Raises Problem where series cannot be told apart or
    their frequency cannot be told.
    """
    ids, time = values[spec.key[0]], values[spec.time or ""]
    amounts = [name for name in values_of(spec) if name in values]
    assert isinstance(ids, Texts)
    assert isinstance(time, Day)
    if not rows.kept.any():
        return None
    before, codes = choices, ids.code.astype(np.int64)
    names, times = ids.words.dictionary_encode().dictionary, times_of(time)
    choices, read = settled(choices, names, codes, times, rows.kept, rows.raw.table)
    every, starts = _every(choices), choices.week_starts
    period = number_of(times, every, starts)
    choices = keep_largest(rows, choices, codes, _amount(values, amounts[0]).value)
    notes = [*warned.of_largest(choices)]
    notes += warned.of_times(rows, choices, read, time.dates.day.astype(np.int64), period)
    if choices.added:
        _drop_incomplete(rows, time, period, choices)
        notes += warned.of_returns(amounts, values, rows.kept)
    if not rows.kept.any():
        return None
    there = points(names, codes, period, rows.kept)
    if not choices.added:
        there = _without_put_back(rows, there, codes, period, every)
        if (there.size > 1).any():
            raise two_values(rows, spec, before, choices, there, _amount(values, amounts[0]).value)
    duplicates = _gather(rows, there, spec, every)
    for name in amounts:
        values[name] = _sums(_amount(values, name), there)
    values[spec.time or ""] = _moved(time, period, every, starts)
    if choices.gaps is None and choices.added and duplicates:
        choices = replace(choices, gaps="zero")
    warned.of_series(rows, choices, there, _amount(values, amounts[0]).value[there.first])
    return Added(choices, tuple(notes), int(there.holes.sum()), duplicates)


def finished(cleaned: Cleaned, spec: TableSpec, added: Added | None) -> Cleaned:
    """The clean table with its gaps filled, where these are zero, and its report with what was found."""
    if added is None:
        return cleaned
    choices, notes, table = added.choices, list(added.notes), cleaned.table
    found = cleaned.report.totals
    every, starts = _every(choices), choices.week_starts
    if choices.gaps == "zero":
        lacking = holes(table, spec, every, starts)
        table = ordered(filled(table, spec, lacking, every, starts), spec)
        found = totals(table, spec)
        notes.append(
            f"{len(lacking.period):,} {every}s of which a series has no row were written as zero, up to the "
            "table's last."
        )
    own = {"gaps": added.gaps, "duplicates": added.duplicates}
    report = replace(
        cleaned.report,
        notes=(*notes, *cleaned.report.notes),
        totals={**found, **own},
    )
    if every != "hour":
        last = named(int(number_of(_last(table, spec), every, starts)[0]), every, starts)
        said = f"The last {every} is {last}; it is taken as whole."
        report = replace(report, last_day_complete=True, last_day_sentence=said)
    return replace(cleaned, table=table, report=report)


def _last(table: pa.Table, spec: TableSpec) -> np.ndarray:
    return np.array([table.column(spec.time).to_numpy().max()])


def _every(choices: Choices) -> Every:
    assert choices.every is not None
    return choices.every


def times_of(time: Day) -> np.ndarray:
    """When each row was, to the second; no time where none could be read."""
    stamps = time.dates.day.astype(np.int64) * 86_400 + time.dates.second
    times = (stamps * 1_000_000).astype("datetime64[us]")
    times[~time.dates.found] = np.datetime64("NaT")
    return times


def _amount(values: dict[str, Value], name: str) -> Amount:
    found = values[name]
    assert isinstance(found, Amount)
    return found


def _drop_incomplete(rows: Rows, time: Day, period: Ints, choices: Choices) -> None:
    """Sets the rows of a first and a last period aside that are there in part."""
    every, dates = _every(choices), time.dates
    if not rows.kept.any():
        return
    ends = incomplete_ends(
        dates.day.astype(np.int64),
        dates.second.astype(np.int64),
        period,
        rows.kept,
        every,
        choices.week_starts,
    )
    for where, which in zip(ends, ("first", "last"), strict=True):
        if where.any():
            warned.of_incomplete(rows, where, which, choices, period, times_of(time))
    said = f"rows are of a {every} that is there in part only"
    rows.put_aside(ends[0] | ends[1], f"incomplete {every}", said)


def _without_put_back(rows: Rows, there: Points, codes: Ints, period: Ints, every: Every) -> Points:
    """The points where an hour that the clock showed twice stands once."""
    twice = put_back(there, every)
    if not twice.any():
        return there
    again = np.zeros(len(rows.status), bool)
    again[there.rows] = twice[there.of]
    again[there.first] = False
    warned.of_clock(rows, there, twice)
    rows.drop(
        again, f"hour{MERGED}", "rows are of an hour that the clock showed twice: the first is kept"
    )
    return points(there.names, codes, period, rows.kept)


def _gather(rows: Rows, there: Points, spec: TableSpec, every: Every) -> int:
    """Leaves the first row of each point; the others are counted as gathered, not as lost."""
    again = np.zeros(len(rows.status), bool)
    again[there.rows] = True
    again[there.first] = False
    rows.drop(
        again,
        f"{spec.key[0]} and {every}{MERGED}",
        f"rows are of a {spec.key[0]} and {every} that another row has: they are added up to one value",
    )
    return int(again.sum())


def _sums(amount: Amount, there: Points) -> Amount:
    value = amount.value.copy()
    value[there.first] = there.total(amount.value)
    return replace(amount, value=value)


def _moved(time: Day, period: Ints, every: Every, starts: int) -> Day:
    day, second = moments(period, every, starts)
    none = np.zeros_like(time.dates.micro)
    dates = replace(
        time.dates, day=day.astype(np.int32), second=second.astype(np.int32), micro=none
    )
    return replace(time, dates=dates)
