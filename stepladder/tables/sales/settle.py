"""What rows are worth by what stands beside them, in the order in which one thing says of the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from stepladder.core.table import TableSpec
from stepladder.tables.choices import Choices
from stepladder.tables.columns.naming import is_money
from stepladder.tables.findings import Finding
from stepladder.tables.ids.spelling import one_spelling
from stepladder.tables.raw import Raw
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.sales.beside import about_sales
from stepladder.tables.sales.cancellations import cancel
from stepladder.tables.sales.currencies import asked_currency, settle_currencies
from stepladder.tables.sales.order_totals import count_orders_once, value_per
from stepladder.tables.sales.refunded import take_refunds_off
from stepladder.tables.sales.sale import Sale
from stepladder.tables.sales.status import set_unsold_aside
from stepladder.tables.values import read_amount


def may_be_undone(spec: TableSpec, choices: Choices) -> bool:
    """Whether the columns beside are heard: of sales, by cleaners that know how."""
    return choices.version > 1 and about_sales(spec)


def settle(
    rows: Rows, spec: TableSpec, values: dict[str, Value], choices: Choices
) -> tuple[Finding, ...]:
    """Leaves what was sold, at what it was worth in one currency; returns what was changed.

    Raises Problem where amounts are in several currencies and nobody chose.
    """
    sale = Sale(rows, spec, values, choices)
    set_unsold_aside(sale)
    settle_currencies(sale)
    count_orders_once(sale)
    take_refunds_off(sale)
    cancel(sale)
    return tuple(sale.changed)


def agreed_on(
    raw: Raw,
    spec: TableSpec,
    choices: Choices,
    ask_user: Callable[[str, Sequence[str]], str] | None,
) -> Choices:
    """The choices with what a first look at the rows decides: whose an amount is, which currency counts."""
    money = [c.name for c in spec.columns if is_money(c) and c.name in choices.columns]
    heard = choices.beside.get("order") or choices.beside.get("currency")
    if not may_be_undone(spec, choices) or not money or not (heard or ask_user):
        return choices
    values: dict[str, Value] = {
        name: one_spelling(raw.table.column(choices.columns[name]), choices.decimal)
        for name in spec.key
        if choices.columns.get(name) in raw.table.column_names
    }
    values[money[0]] = read_amount(raw.table, choices.columns[money[0]], choices)
    sale = Sale(Rows(raw), spec, values, choices)
    per = choices.value_per or value_per(sale)
    if per is None and ask_user is not None:
        said = ask_user(
            f"Each order has one {money[0]} on all its rows. Is it the row's own or the whole order's?",
            ("row", "order"),
        )
        per = "order" if said == "order" else "row"
    if ask_user is not None and not choices.currency and not choices.rates:
        choices = replace(choices, currency=asked_currency(sale, ask_user))
    return replace(choices, value_per=per if per != "row" or choices.value_per else None)
