"""Whether a table is wide: a column a series, or a column a period; where it cannot be told, it is long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.table import Column, TableSpec
from stepladder.tables.columns.content import by_content
from stepladder.tables.columns.find import parts
from stepladder.tables.columns.naming import by_name
from stepladder.tables.columns.words import OTHER_IDS, QUANTITY, UNIT_PRICE, plain, tokens
from stepladder.tables.dates.texts import read_dates
from stepladder.tables.dates.typed import stamped, typed_dates
from stepladder.tables.findings import typed
from stepladder.tables.ids.ids import texts
from stepladder.tables.raw import Raw
from stepladder.tables.series.dated import LATEST
from stepladder.tables.series.every import found
from stepladder.tables.series.numbers import MOST, holds_numbers, sample, value_of
from stepladder.tables.series.wide import (
    NO,
    PERIODS,
    SERIES,
    Wide,
    is_total,
    period_columns,
)

SURE = 0.5  # a name that fits so well is the name of a column of the question
SEVERAL = (
    3  # columns that are called like periods, where other columns of numbers stand beside them
)
LEAST = 0.8  # of the columns that are called like periods hold numbers
_IDS = "id nr no number code key index row"
_ID_WORDS = frozenset(_IDS.split())
_NO_SERIES = frozenset(map(plain, (*QUANTITY, *UNIT_PRICE, *OTHER_IDS)))


def recognised(
    raw: Raw,
    spec: TableSpec,
    overrides: Mapping[str, str],
    wide: str | None,
    by: Sequence[str] = (),
) -> Wide | None:
    """How a table is wide, None where it is long; `wide` is what somebody said of it.

    `by`: columns that were said to make a series. Raises Problem where it was said to be wide and is not.
    """
    if wide == NO or (wide is None and _named(raw.table, spec, overrides)):
        return None
    if wide != SERIES and (one := _periods(raw.table, spec, overrides, wide == PERIODS, by)):
        return one
    if wide != PERIODS and not by and (one := _series(raw.table, spec, overrides, wide == SERIES)):
        return one
    if wide:
        raise _not_wide(raw, spec, wide)
    return None


def _named(table: pa.Table, spec: TableSpec, overrides: Mapping[str, str]) -> bool:
    """Whether somebody named a column of the source that holds the values: then it is long."""
    named = overrides.get(value_of(spec).name)
    return bool(named) and {*parts(str(named), table)} <= {*table.column_names}


def _periods(
    table: pa.Table, spec: TableSpec, overrides: Mapping[str, str], said: bool, by: Sequence[str]
) -> Wide | None:
    """A column a period: enough columns are called like periods, hold numbers, and nothing else is a time."""
    names = period_columns(table.column_names)
    others = [name for name in table.column_names if name not in names]
    plain_beside = not any(_numbers(table, name, spec) for name in others)
    enough = len(names) >= (2 if said or plain_beside else SEVERAL)
    good = [_numbers(table, name, spec, empty=True) for name in names]
    if not enough or sum(good) < LEAST * len(good):
        return None
    if not said and any(_is_time(table, name, spec) for name in others):
        return None
    named = overrides.get(spec.key[0], "")
    own = tuple(by) or ((named,) if named in others else _ids(table, spec, others))
    return Wide(PERIODS, own)


def _ids(table: pa.Table, spec: TableSpec, others: Sequence[str]) -> tuple[str, ...]:
    """The columns that make a series: one of which no value comes twice, else all that are no measures."""
    column, rows = spec.column(spec.key[0]), table.num_rows
    usable = [name for name in others if not _fraction(table.column(name))]
    usable = [name for name in usable if not is_total(name)]
    called = [name for name in usable if _fits(column, name)]
    words = [name for name in usable if pa.types.is_string(table.column(name).type)]
    words = [name for name in words if not _numbers(table, name, spec)]
    for name in (*called, *words):
        if _different(table, name) >= rows:
            return (name,)
    several = [name for name in (words or usable) if rows == 1 or _different(table, name) > 1]
    return tuple(several or usable[:1])


def _series(
    table: pa.Table, spec: TableSpec, overrides: Mapping[str, str], said: bool
) -> Wide | None:
    """A column a series: one time, of which none comes twice, and beside it nothing but numbers."""
    times = [name for name in table.column_names if _is_time(table, name, spec)]
    named = overrides.get(spec.time or "")
    times = [named] if named in table.column_names else times
    if len(times) != 1 or spec.key[0] in overrides:
        return None
    others = [name for name in table.column_names if name != times[0] and not is_total(name)]
    numbers = [name for name in others if _numbers(table, name, spec, empty=True)]
    if said:
        chosen = _chosen(table, spec, overrides, numbers)
        return _left(table, chosen) if chosen else None
    beside = [name for name in others if name not in numbers]
    if not any(_numbers(table, name, spec) for name in numbers) or not _steps(table, times[0]):
        return None
    if any(_different(table, name) > 1 for name in beside):
        return None
    if any(_is_id(spec, name) for name in others):
        return None
    if len(numbers) > 1 and any(_no_series(spec, name) for name in numbers):
        return None
    return _left(table, numbers)


def _chosen(
    table: pa.Table, spec: TableSpec, overrides: Mapping[str, str], numbers: list[str]
) -> list[str]:
    named = overrides.get(value_of(spec).name, "")
    return [named] if named in table.column_names else numbers


def _left(table: pa.Table, series: Sequence[str]) -> Wide:
    return Wide(SERIES, tuple(name for name in table.column_names if name not in series))


def _no_series(spec: TableSpec, name: str) -> bool:
    """Whether a column of numbers is a measure of something, and not one series of many, by its name."""
    measures = [column for column in spec.columns if column.kind in ("number", "amount")]
    return any(_called(column, name) for column in measures) or plain(name) in _NO_SERIES


def _is_id(spec: TableSpec, name: str) -> bool:
    """Whether a column holds the ids of series by its name."""
    return _called(spec.column(spec.key[0]), name) or bool(_ID_WORDS & {*tokens(name)})


def _called(column: Column, name: str) -> bool:
    return plain(name) in map(plain, (column.name, *column.synonyms))


def _fits(column: Column, name: str) -> bool:
    return by_name(column, name, None, frozenset()).confidence >= SURE


def _numbers(table: pa.Table, name: str, spec: TableSpec, empty: bool = False) -> bool:
    return holds_numbers(table.column(name), spec, empty=empty)


def _is_time(table: pa.Table, name: str, spec: TableSpec) -> bool:
    column = table.column(name)
    if pa.types.is_temporal(column.type):
        return not pa.types.is_time(column.type) and not pa.types.is_duration(column.type)
    if not pa.types.is_string(column.type):
        return False
    held = by_content(spec.column(str(spec.time)), sample(column))
    return held.telling and held.share >= MOST


def _fraction(column: pa.ChunkedArray) -> bool:
    return pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)


def _different(table: pa.Table, name: str) -> int:
    return len(texts(table.column(name)).words.unique())


def _steps(table: pa.Table, name: str) -> bool:
    """Whether the times of a column are those of one series: none twice, and one period after another."""
    column = table.column(name)
    dates = typed_dates(column, LATEST)
    if dates is None:
        read = texts(column)
        dates = read_dates(read.words, "day first", LATEST)[read.at]
    times = stamped(dates).to_numpy(zero_copy_only=False).astype("datetime64[us]")
    if len(np.unique(times)) < len(times):
        return False
    seen = found(np.zeros(len(times), np.int64), times)
    return bool(seen.counts) or (len(times) < 4 and seen.every is not None)


def _not_wide(raw: Raw, spec: TableSpec, wide: str) -> Problem:
    names = ", ".join(raw.table.column_names)
    if wide == PERIODS:
        return Problem(
            f"--wide periods was given, and the columns are: {names}.",
            "A column a period means at least two columns of numbers that are called like days, months, "
            "quarters or years, such as 2020-01, Jan 2020, Q1 2020 or 2019.",
            "Leave --wide away, or rename the columns.",
        )
    return Problem(
        f"--wide series was given, and the columns are: {names}.",
        "A column a series means one column of times, and beside it columns of numbers.",
        f"Name the time with --column {spec.time}=NAME, or leave --wide away.",
    )


def one_series(spec: TableSpec, missing: Sequence[str], found_: Mapping[str, str]) -> str:
    """What to do where a table has times and values and nothing says of which series they are."""
    value = value_of(spec).name if spec.regular else ""
    if not spec.regular or spec.key[0] not in missing or not {*missing} <= {spec.key[0], value}:
        return ""
    own = typed(f"{value}={found_.get(value) or 'NAME'}")
    return (
        f" If the table is one series: --wide series --column {own}; if each of its columns is one: "
        "--wide series."
    )
