"""The reasons for which rows of a question's table are dropped, in their order."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.columns.find import parts
from stepladder.tables.columns.unread import unread_remedy
from stepladder.tables.dates.offsets import said_of_clocks, several_offsets
from stepladder.tables.dates.texts import ORDER
from stepladder.tables.ids.ids import Texts
from stepladder.tables.rows.duplicates import duplicate_rows
from stepladder.tables.rows.readable import enough_read
from stepladder.tables.rows.rows import Rows, header_rows, total_rows
from stepladder.tables.values import Amount, Content, Day

Value = Texts | Day | Amount | Content

_EARLIEST = (date(1900, 1, 1) - date(1970, 1, 1)).days


def drop_unusable(rows: Rows, spec: TableSpec, choices: Choices, values: dict[str, Value]) -> None:
    """Drops what cannot be used, each row for the first reason that holds."""
    _drop_not_rows(rows, spec, choices, values)
    for column in spec.columns:
        value = values.get(column.name)
        if isinstance(value, Day) and value.zeros is not None and column.required:
            said = f"rows have a {column.name} of zeros (0000-00-00): none was entered"
            rows.drop(value.zeros, f"zero {column.name}", said)
        if value is not None and column.required:
            rows.drop(value.missing, f"missing {column.name}", f"rows have no {column.name}")
    for name, value in values.items():
        if isinstance(value, Day):
            _drop_days(rows, name, value, choices, ahead=spec.time is None)
        elif isinstance(value, Amount):
            _drop_amounts(rows, spec, name, value, choices)


def drop_duplicates(rows: Rows, spec: TableSpec, choices: Choices) -> None:
    """Drops rows that repeat an earlier one in every column, unless they are wanted."""
    if choices.duplicates == "keep" or spec.unique:
        return
    kept = rows.kept
    again = np.zeros(len(kept), bool)
    table = rows.raw.table if kept.all() else rows.raw.table.filter(pa.array(kept))
    again[kept] = duplicate_rows(table)
    rows.drop(again, "duplicate row", "rows repeat an earlier row in every column")


def _drop_not_rows(rows: Rows, spec: TableSpec, choices: Choices, values: dict[str, Value]) -> None:
    """Header lines in between, and totals: of lines only, for a file is neither."""
    if rows.raw.place == "file":
        return
    ids = [name for name in spec.key if isinstance(values.get(name), Texts)]
    without = np.zeros(len(rows.status), bool)
    bare = np.ones(len(rows.status), bool)
    for name, value in values.items():
        if isinstance(value, Day):
            without |= ~value.dates.shape
            bare &= value.missing
        elif isinstance(value, Amount):
            bare &= ~value.missing & ~value.unreadable
        elif name in ids:
            without |= value.missing
            bare &= value.missing
    if not any(isinstance(value, Amount) for value in values.values()):
        bare[:] = False
    sources = [
        part for source in choices.columns.values() for part in parts(source, rows.raw.table)
    ]
    times = any(isinstance(value, Day) for value in values.values())
    maybe = without if times else np.ones_like(without)
    rows.drop(header_rows(rows.raw, sources, maybe), "repeated header", "rows repeat the header")
    names = [choices.columns[name] for name in ids]
    rows.drop(
        total_rows(rows.raw, names, without, bare, firms=choices.version > 1),
        "totals row",
        "rows sum others up",
    )


def _drop_amounts(rows: Rows, spec: TableSpec, name: str, value: Amount, choices: Choices) -> None:
    column, filled = spec.column(name), ~value.missing
    if choices.version > 1 and (column.kind == "amount" or column.required):
        remedy = unread_remedy(spec, column)
        enough_read(rows, name, choices.columns[name], value.unreadable, filled, remedy)
    if column.required:
        rows.drop(
            value.unreadable, f"unreadable {name}", f"rows have a {name} that is not an amount"
        )


def _enough_days(rows: Rows, name: str, value: Day, choices: Choices) -> None:
    """A day that the order chosen makes impossible was accepted with the order."""
    dates, source = value.dates, choices.columns[name]
    order = ORDER[choices.day_order]
    accepted = dates.open | ((order != 0) & (dates.proof == -order))
    unreadable = ~dates.found & ~accepted & ~value.missing
    remedy = f"Mend these values in the source, or name another column with --column {name}=NAME."
    enough_read(rows, name, source, unreadable, ~value.missing, remedy)


def _drop_days(rows: Rows, name: str, value: Day, choices: Choices, ahead: bool) -> None:
    """`ahead`: the table has no time, so what it says of days to come is known today."""
    dates = value.dates
    if choices.version > 1:
        _enough_days(rows, name, value, choices)
    rows.drop(
        ~dates.shape & ~value.missing,
        f"unreadable {name}",
        f"rows have a {name} that is not a date",
    )
    rows.drop(
        dates.open & ~dates.found,
        f"unclear {name}",
        f"rows have a {name} in which day and month could be swapped",
    )
    rows.drop(
        ~dates.found & ~value.missing,
        f"impossible {name}",
        f"rows have a {name} that does not exist in the calendar"
        + (f" when read {choices.day_order}" if "first" in choices.day_order else ""),
    )
    rows.drop(
        dates.found & (dates.day < _EARLIEST),
        f"{name} before 1900",
        f"rows have a {name} before 1900",
    )
    today = (choices.today - date(1970, 1, 1)).days
    rows.drop(
        dates.found & (dates.day > today) & (not ahead),
        f"future {name}",
        f"rows have a {name} after {choices.today.isoformat()}",
    )
    said = several_offsets(name, dates, rows.kept) if choices.version == 2 else ""
    if value.moved is not None:
        said = said_of_clocks(name, dates, rows.kept, choices.clock, value.clock, value.moved)
    if said:
        rows.warn("several-offsets", said)
