"""A table brought into the form that a question reads, before its columns are looked for.

Rows that were not wanted go first. Where a question has one row a period, periods in words become days,
wide tables become long, and numbers of periods become times. What was decided is kept, so that a later
run does the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stepladder.core.errors import Problem
from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.raw import Raw
from stepladder.tables.rows.only import only
from stepladder.tables.series.numbered import Numbered, dated, numbered
from stepladder.tables.series.period_names import as_days, holds_periods
from stepladder.tables.series.recognised import recognised
from stepladder.tables.series.wide import NO, Wide, long


def shaped(raw: Raw, spec: TableSpec, overrides: Mapping[str, str], said: Mapping[str, Any]) -> Raw:
    """The source in the form that the question reads; `shape` has the choices that this took.

    `said` are choices of `raw.SHAPE`. Raises Problem where they do not fit the source.
    """
    if raw.shape is not None:
        return raw
    wanted = said.get("only") or {}
    shape: dict[str, Any] = {"only": wanted} if wanted else {}
    raw = only(raw, wanted)
    if not spec.regular:
        _refuse_idle(spec, said)
        return replace(raw, shape=shape)
    raw = _in_days(raw, overrides.get(str(spec.time)))
    wide = recognised(raw, spec, overrides, said.get("wide"), said.get("by") or ())
    if wide:
        raw, shape = long(raw, spec, wide), {**shape, **wide.choices}
    elif said.get("wide") == NO:
        shape["wide"] = NO
    last = said.get("to_number")
    how = None if wide else numbered(raw, spec, overrides, said.get("every"), last)
    if how:
        columns = {**_columns(raw, spec, overrides), **raw.told}
        raw = dated(raw, spec, columns, how)
        raw = replace(raw, told={**raw.told, str(spec.time): how.column})
        shape |= how.choices
    elif last is not None:
        raise _no_numbers(spec, last)
    return replace(raw, shape=shape)


def shaped_again(raw: Raw, spec: TableSpec, choices: Choices) -> Raw:
    """The source in the form that it was brought into when the choices were made. Raises Problem."""
    if raw.shape is not None:
        return raw
    raw = only(raw, choices.only)
    if spec.regular:
        time = choices.columns.get(str(spec.time))
        raw = _in_days(raw, time)
        if choices.wide and choices.wide != NO:
            _still_there(raw, choices.wide_by)
            raw = long(raw, spec, Wide(choices.wide, tuple(choices.wide_by)))
        if choices.numbered and choices.every:
            how = Numbered(choices.numbered, choices.every, choices.to_number)
            raw = dated(raw, spec, choices.columns, how)
    return replace(raw, shape={})


def _columns(raw: Raw, spec: TableSpec, overrides: Mapping[str, str]) -> dict[str, str]:
    from stepladder.tables.columns.find import find_columns

    known = {column.name for column in spec.columns}
    own = {name: one for name, one in overrides.items() if name in known}
    return {m.canonical: m.source for m in find_columns(raw.table, spec, own)}


def _in_days(raw: Raw, time: str | None) -> Raw:
    """Columns of months, quarters, weeks or years in words as their first days."""
    for place, name in enumerate(raw.table.column_names):
        column = raw.table.column(name)
        every = holds_periods(name, column, chosen=name == time)
        if every:
            first = next(
                (str(one) for one in column.to_pylist() if one is not None and str(one)), ""
            )
            said = f"{name!r} holds {every}s such as {first}: each stands for its first day."
            table = raw.table.set_column(place, name, as_days(column))
            raw = replace(raw, table=table, notes=(*raw.notes, said))
    return raw


def _still_there(raw: Raw, names: Sequence[str]) -> None:
    lost = [name for name in names if name not in raw.table.column_names]
    if lost:
        raise Problem(
            f"The column {lost[0]!r} of the wide table is not there any more.",
            f"The columns there are: {', '.join(raw.table.column_names)}.",
            "Export the table as it was before, or begin anew with: stepladder new.",
        )


def _refuse_idle(spec: TableSpec, said: Mapping[str, Any]) -> None:
    """Refuse what makes sense of series alone."""
    if said.get("to_number") is not None:
        raise _no_numbers(spec, said["to_number"])
    if said.get("wide"):
        raise Problem(
            f"--wide {said['wide']} was given",
            f"it is about series, one value a period; of {spec.name} each row is something that happened",
            "leave --wide away",
        )


def _no_numbers(spec: TableSpec, last: int) -> Problem:
    return Problem(
        f"--until {last} was given, the number of a period.",
        f"The {spec.name} have dates, and no column that numbers their periods 1, 2, 3 …",
        "Give a day, such as --until 2024-06-30; or name the numbers with "
        f"--column {spec.time}=NAME."
        if spec.time and spec.regular
        else "Give a day, such as --until 2024-06-30.",
    )
