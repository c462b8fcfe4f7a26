"""A column of what was given back of a row's amount: it is taken off."""

from __future__ import annotations

import numpy as np

from stepladder.tables.columns.words import plain, tokens
from stepladder.tables.plural import counted
from stepladder.tables.sales.sale import Bools, Floats, Ints, Sale
from stepladder.tables.values import read_amount

_CENT = 0.005
_OFF_ALREADY = frozenset(["refund", "refunds", "refunded", "net", "collected", "current"])


def take_refunds_off(sale: Sale) -> None:
    """Takes what was refunded off each amount (once from an order's); of nothing left there was no sale."""
    name, source = sale.money, sale.choices.beside.get("refunded")
    amount = sale.amount(name)
    if name is None or amount is None or not source:
        return
    if _OFF_ALREADY & set(tokens(sale.choices.columns[name])) and plain(source) != plain(name):
        return
    sale.beside("refunded")  # is it still there?
    back = read_amount(sale.rows.raw.table, source, sale.choices)
    given = np.where(sale.rows.kept & ~amount.refund, np.abs(np.nan_to_num(back.value)), 0.0)
    value = np.nan_to_num(amount.value)
    of = _whose(sale, given, value)
    worth = np.bincount(of, np.where(sale.rows.kept & ~amount.refund, value, 0.0))
    off = np.minimum(_given(sale, of, given, value), worth)
    share = np.divide(worth - off, worth, out=np.ones_like(worth), where=worth > 0)
    gone = ((worth - off < _CENT) & (off > 0))[of] & ~amount.refund
    gone |= sale.bare_rest(gone & sale.rows.kept)
    less = (off > 0)[of] & ~gone & ~amount.refund & (value > 0)
    _say(sale, name, source, off, less | gone)
    sale.rows.put_aside(gone, "refunded in full", "rows were refunded in full, so no sale is left")
    sale.changed += sale.rows.found(
        less & sale.rows.kept, f"refunded {name}", f"rows have a {name} that was refunded in part"
    )
    sale.put(name, np.where(less, np.round(amount.value * share[of], 6), amount.value))


def _say(sale: Sale, name: str, source: str, off: Floats, where: Bools) -> None:
    if (where & sale.rows.kept).any():
        sale.rows.warn(
            "refunded-amount",
            f"{off.sum():,.2f} in all were refunded by {source} and taken off the {name} of "
            f"{counted(int((where & sale.rows.kept).sum()), 'row')}; --column refunded= leaves it as it was.",
        )


def _whose(sale: Sale, given: Floats, value: Floats) -> Ints:
    """What each refund is taken off: the whole order where it is the order's, else its own row."""
    rows = np.arange(len(given))
    if sale.order is None:
        return rows
    return sale.order if sale.repeats or (given > value + _CENT).any() else rows


def _given(sale: Sale, of: Ints, given: Floats, value: Floats) -> Floats:
    """What was refunded of each: the sum of its rows, or what all of them repeat."""
    size = int(of.max(initial=0)) + 1
    total = np.bincount(of, given, size).astype(float)
    if of is not sale.order:
        return total
    some = given > 0
    most, least = np.zeros(size), np.full(size, np.inf)
    np.maximum.at(most, of, given)
    np.minimum.at(least, of[some], given[some])
    several = np.bincount(of[some], minlength=size) > 1
    repeated = bool(several.any()) and bool((most == least)[several].mean() >= 0.95)
    return np.asarray(most if repeated else total, float)
