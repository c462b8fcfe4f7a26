"""Wide tables made long: a column a series, or a column a period, becomes a row a series and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.table import TableSpec
from stepladder.tables.columns.words import TOTALS, plain
from stepladder.tables.ids.ids import texts
from stepladder.tables.plural import counted
from stepladder.tables.raw import Raw
from stepladder.tables.rows.only import without
from stepladder.tables.rows.rows import total_rows
from stepladder.tables.series.by import BETWEEN
from stepladder.tables.series.dated import stamps
from stepladder.tables.series.every import found
from stepladder.tables.series.numbers import holds_numbers, value_of
from stepladder.tables.series.period_names import period

SERIES, PERIODS, NO = WIDE = ("series", "periods", "no")


@dataclass(frozen=True)
class Wide:
    """How a table is wide: by series or by periods, and which columns are no values.

    `by`: the columns that make a series' id where there is a column a period; all columns that are no
    series, the time among them, where there is a column a series.
    """

    how: str
    by: tuple[str, ...]

    @property
    def choices(self) -> dict[str, Any]:
        """What a project keeps of it."""
        return {"wide": self.how, "wide_by": self.by}


def long(raw: Raw, spec: TableSpec, wide: Wide) -> Raw:
    """The source with a row for each value of it, and which columns now are the series, time and value."""
    if wide.how == PERIODS:
        return _by_periods(raw, spec, wide.by)
    return _by_series(raw, spec, wide.by)


def _by_series(raw: Raw, spec: TableSpec, by: Sequence[str]) -> Raw:
    names = [name for name in raw.table.column_names if name not in by]
    other = [name for name in names if not _may_be(raw.table.column(name), spec)]
    by, names = [*by, *other], [name for name in names if name not in other]
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    melted, told = _melted(raw, spec, names, list(by), {spec.key[0]: names})
    said = (
        f"A column a series: {counted(len(names), 'column')} ({shown}) of "
        f"{counted(raw.table.num_rows, 'row')} became {melted.table.num_rows:,} rows, one for each value."
    )
    return replace(melted, notes=(*raw.notes, said), told=told)


def _by_periods(raw: Raw, spec: TableSpec, by: Sequence[str]) -> Raw:
    raw = _without_totals(raw, by)
    names = period_columns([name for name in raw.table.column_names if name not in by])
    kept = [name for name in raw.table.column_names if name not in names]
    key = spec.key[0]
    raw, own = _with_id(raw, key, by)
    written = [_day(name) for name in names]
    melted, told = _melted(raw, spec, names, [*kept, *own], {str(spec.time): written})
    said = (
        f"A column a {_kind(names)}: {counted(len(names), 'column')} from {names[0]} to {names[-1]} of "
        f"{counted(raw.table.num_rows, 'row')} became {melted.table.num_rows:,} rows, one for each value"
        + (f"; a series is {BETWEEN.join(by)}." if len(by) > 1 else ".")
    )
    source = by[0] if len(by) == 1 else BETWEEN.join(by) or key
    return replace(melted, notes=(*raw.notes, said), told={key: source, **told})


def _may_be(column: pa.ChunkedArray, spec: TableSpec) -> bool:
    """Whether a column may be a series: remarks that were added since are none."""
    return holds_numbers(column, spec, empty=True, least=0.5)


def period_columns(names: Sequence[str]) -> list[str]:
    """Which of the names are those of days, weeks, months, quarters or years, from first to last."""
    when = {name: day for name, day in zip(names, stamps(names), strict=True) if day is not None}
    return sorted(when, key=lambda name: when[name])


def _kind(names: Sequence[str]) -> str:
    if first := period(names[0]):
        return first.every
    days = np.array(stamps(names), "datetime64[us]")
    return found(np.zeros(len(days), np.int64), days).every or "date"


def _day(name: str) -> str:
    found = period(name)
    return found.day.isoformat() if found else name


def _without_totals(raw: Raw, by: Sequence[str]) -> Raw:
    """Without lines at the end that sum up the others: made long, nobody could tell them from a series."""
    no = np.zeros(raw.table.num_rows, bool)
    return without(raw, total_rows(raw, list(by), no, no), "totals row", "rows sum others up")


def _with_id(raw: Raw, key: str, by: Sequence[str]) -> tuple[Raw, list[str]]:
    """The source with one column for the id that several columns make, where there are several."""
    if len(by) == 1:
        return raw, []
    rows, name = raw.table.num_rows, BETWEEN.join(by) or key
    parts = [texts(raw.table.column(one)).text for one in by]
    ids = pc.binary_join_element_wise(*parts, BETWEEN) if parts else pa.repeat(key, rows)
    return replace(raw, table=raw.table.append_column(name, ids)), [name]


def _melted(
    raw: Raw,
    spec: TableSpec,
    names: Sequence[str],
    kept: Sequence[str],
    heads: Mapping[str, Sequence[str]],
) -> tuple[Raw, dict[str, str]]:
    """Each of the columns under the others, beside what stands at its head and the columns kept."""
    size, times = raw.table.num_rows, len(names)
    columns = {
        name: pa.chunked_array(raw.table.column(name).chunks * times, raw.table.column(name).type)
        for name in kept
    }
    told: dict[str, str] = {}
    for canonical, words in heads.items():
        told[canonical] = _free(canonical, kept)
        columns[told[canonical]] = pa.chunked_array([pa.repeat(word, size) for word in words])
    value = value_of(spec).name
    told[value] = _free(value, [*kept, *told.values()])
    columns[told[value]] = _stacked([raw.table.column(name) for name in names])
    return replace(raw, table=pa.table(columns), row=np.tile(raw.row, times)), told


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _stacked(columns: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Columns one under the other, as the one type that holds them all."""
    types = {column.type for column in columns}
    if len(types) > 1:
        numbers = all(pa.types.is_integer(t) or pa.types.is_floating(t) or pa.types.is_null(t)
                      or pa.types.is_decimal(t) for t in types)  # fmt: skip
        whole = all(pa.types.is_integer(t) or pa.types.is_null(t) for t in types)
        one = (pa.int64() if whole else pa.float64()) if numbers else pa.string()
        columns = [pc.cast(column, one, safe=False) for column in columns]
    return pa.chunked_array(
        [chunk for column in columns for chunk in column.chunks], columns[0].type
    )


def is_total(name: str) -> bool:
    """Whether a column is the sum of others by its name."""
    return plain(name) in TOTALS
