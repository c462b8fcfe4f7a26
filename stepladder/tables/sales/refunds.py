"""What was given back: amounts below zero."""

from __future__ import annotations

from collections.abc import Mapping

from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.values import Amount


def drop_refunds(
    rows: Rows, spec: TableSpec, values: Mapping[str, Value], choices: Choices
) -> None:
    """Drops rows with an amount below zero, and says what they are in all."""
    if choices.refunds == "keep":
        return
    for name, value in values.items():
        if not isinstance(value, Amount) or spec.column(name).kind != "amount":
            continue
        total = float(value.value[value.refund & rows.kept].sum())
        rows.drop(
            value.refund,
            f"negative {name}",
            f"rows have a {name} below zero, as refunds have, {total:,.2f} in all",
        )
