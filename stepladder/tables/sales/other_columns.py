"""Amounts in another currency that have a column of their own: "Total (EUR)" beside "Total (USD)"."""

from __future__ import annotations

import unicodedata

import numpy as np

from stepladder.tables.amounts.currencies import is_code
from stepladder.tables.columns.words import tokens
from stepladder.tables.sales.sale import Sale
from stepladder.tables.values import read_amount


def say_other_columns(sale: Sale) -> None:
    """Warns of rows whose amount stands in the column of another currency, and so does not count."""
    amount, table = sale.amount(sale.money), sale.rows.raw.table
    source = sale.choices.columns.get(sale.money or "", "")
    words, mine = _named(source)
    if amount is None or not mine:
        return
    for name in table.column_names:
        other, currency = _named(name)
        if other != words or not currency or currency == mine:
            continue
        there = np.nan_to_num(read_amount(table, name, sale.choices).value)
        only = sale.rows.kept & (there != 0) & (np.nan_to_num(amount.value) == 0)
        if only.any():
            count = int(only.sum())
            rows = "1 row has its own" if count == 1 else f"{count:,} rows have theirs"
            sale.rows.warn(
                "several-currencies",
                f"The {sale.money} is taken from {source!r}, but {rows} in "
                f"{name!r}, {there[only].sum():,.2f} in all, which do not count: amounts of different "
                "currencies are never added up. Put them into one column beside one with the currency, "
                "and give --currency and --rate.",
            )


def _named(name: str) -> tuple[tuple[str, ...], str]:
    """What a column is called without a currency, and the currency in its name."""
    words = tokens(name)
    signs = [one for one in name if unicodedata.category(one) == "Sc"]
    codes = [word.upper() for word in words if is_code(word)]
    rest = tuple(word for word in words if not is_code(word))
    return rest, "".join([*codes, *signs])
