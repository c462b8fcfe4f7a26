"""What somebody chose for a table and may not have meant: money that is a count, and flags without effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.columns.naming import is_money
from stepladder.tables.columns.rivals import flag
from stepladder.tables.columns.words import QUANTITY, UNIT_PRICE, plain
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.values import Amount, Day

_FLAGS = {"day first": "--day-first", "month first": "--month-first", "mixed": "--mixed-dates"}


def say_counts(rows: Rows, spec: TableSpec, values: Mapping[str, Value], choices: Choices) -> None:
    """Warns of money that is called like a number of pieces, and is whole in every row."""
    for name, source in choices.columns.items():
        value = values.get(name)
        if not (is_money(spec.column(name)) and plain(source) in map(plain, QUANTITY)):
            continue
        assert isinstance(value, Amount)
        known = value.value[np.isfinite(value.value)]
        if len(known) and (known == np.round(known)).all():
            rows.warn(
                "count-as-amount",
                f"{source!r} is taken for the {name}, and is a count by its name and its whole numbers: what "
                f"is called money would be pieces. If money is meant: {_money(rows, spec, name, source)}; "
                f"if none is: {flag(spec, name, '')}",
            )


def _money(rows: Rows, spec: TableSpec, name: str, count: str) -> str:
    """The flag that names the money: the count times a price, where there is one."""
    prices = {plain(price) for price in UNIT_PRICE}
    price = next((one for one in rows.raw.table.column_names if plain(one) in prices), None)
    return flag(spec, name, f"{count}*{price}" if price else "OTHER")


def idle(table: pa.Table, values: Mapping[str, Value], choices: Choices) -> Iterator[str]:
    """A sentence for each flag that was given and changes nothing."""
    days = {
        n: one.dates for n, one in values.items() if isinstance(one, Day) and n in choices.columns
    }
    matters = any(dates.open.any() or dates.proof.any() for dates in days.values())
    if days and choices.day_order in _FLAGS and not matters:
        where = " and ".join(repr(choices.columns[name]) for name in days)
        yield (
            f"{_FLAGS[choices.day_order]} changed nothing: every date in {where} can be read in one way only."
        )
    amounts = [choices.columns[n] for n, one in values.items() if isinstance(one, Amount)]
    single = [name for name in amounts if name in table.column_names]
    typed = all(not pa.types.is_string(table[name].type) for name in single)
    if choices.decimal == "," and single == amounts and typed:
        yield "--decimal , changed nothing: no amount is a text."
