"""Orders and what came back of them cancel each other: the nearest earlier order goes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from stepladder.tables.choices import Choices
from stepladder.tables.columns.words import QUANTITY, plain
from stepladder.tables.ids.ids import Texts
from stepladder.tables.sales.order_totals import item_codes
from stepladder.tables.sales.sale import Bools, Floats, Ints, Sale, quantity_of
from stepladder.tables.values import Amount, Day, read_amount

_DUST = 1e-6


def cancel(sale: Sale) -> None:
    """Sets returns aside with what they undo: rows that came back whole go, others are worth less."""
    name = _counted(sale)
    amount = sale.amount(name)
    if name is None or amount is None:
        return
    back = amount.refund & sale.rows.kept
    if not back.any():
        return
    size = _size(sale, name, amount)
    left = _matched(sale, size, np.abs(np.nan_to_num(amount.value)), back)
    _write(sale, name, amount, back, left)


def _counted(sale: Sale) -> str | None:
    """The amounts that may come back: money, or pieces; a rating below zero takes no other back."""
    pieces = [
        c.name
        for c in sale.spec.columns
        if c.kind == "amount"
        and plain(sale.choices.columns.get(c.name, "")) in map(plain, QUANTITY)
    ]
    return sale.money or (pieces[0] if pieces else None)


def _size(sale: Sale, name: str, amount: Amount) -> Floats:
    """How much each row is of: pieces where these are known, else money."""
    choices: Choices = sale.choices
    table = sale.rows.raw.table
    source = quantity_of(dict(choices.columns), dict(choices.beside), table, name)
    money = np.abs(np.nan_to_num(amount.value))
    if source not in table.column_names:
        return money
    pieces = np.abs(np.nan_to_num(read_amount(table, source, choices).value))
    needed = sale.rows.kept & (money > 0)
    return pieces if (pieces[needed] > 0).all() else money


def _matched(sale: Sale, size: Floats, money: Floats, back: Bools) -> Floats:
    """The share of each row that is left when returns have met what they return."""
    kept, when = sale.rows.kept, _moment(sale)
    left = np.ones(len(size))
    for key, measure, whole in _passes(sale, size, money):
        open_ = kept & (left * measure > _DUST) & (key >= 0)
        at = np.flatnonzero(open_)
        at = at[np.isin(key[at], np.unique(key[back & open_]))]
        at = at[np.lexsort((at, back[at], when[at], key[at]))]
        if whole:  # equal amounts only: each is one piece
            at = at[left[at] > 1 - _DUST]
        rest = np.ones(len(at)) if whole else left[at] * measure[at]
        gone = meet(key[at], back[at], rest)
        left[at] = left[at] * gone if whole else gone / np.maximum(measure[at], _DUST)
    return np.where(left < _DUST, 0.0, left)


def meet(key: Ints, back: Bools, rest: Floats) -> Floats:
    """What is left of rows in order of time when each return has met what stands before it under its key.

    A return takes from the nearest earlier row that has something left, as brackets close.
    """
    left = rest.copy()
    at = np.arange(len(left))
    while len(at) > 1:
        pair = np.flatnonzero(~back[at[:-1]] & back[at[1:]] & (key[at[:-1]] == key[at[1:]]))
        if not len(pair):
            break
        one, two = at[pair], at[pair + 1]
        met = np.minimum(left[one], left[two])
        left[one] -= met
        left[two] -= met
        at = _open(key, back, at[left[at] > _DUST])
    return left


def _open(key: Ints, back: Bools, at: Ints) -> Ints:
    """Without the keys that have no return left, so that long chains do not read all the others."""
    if not len(at):
        return at
    waits = np.unique(key[at[back[at]]])
    return at[np.isin(key[at], waits)]


def _passes(sale: Sale, size: Floats, money: Floats) -> Iterator[tuple[Ints, Floats, bool]]:
    """What a return is matched by, the surest first: a key, a measure, whether only equal ones match."""
    who, item, order = _who(sale), item_codes(sale), sale.order
    shared = sale.beside("order")
    if order is not None and shared is not None:
        order = np.where(shared.missing, -1, order)
        if item is not None:
            yield _together(order, item, _ranked(size)), size, True
            yield _together(order, item), size, False
        yield order, money, False
    if item is not None:
        yield _together(who, item, _ranked(size)), size, True
        yield _together(who, item), size, False
    else:
        yield _together(who, _ranked(money)), money, True


def _who(sale: Sale) -> Ints:
    found = sale.values.get(sale.spec.key[0])
    assert isinstance(found, Texts)
    return np.where(found.missing, -1, found.code.astype(np.int64))


def _ranked(size: Floats) -> Ints:
    return np.unique(np.round(size, 2), return_inverse=True)[1].astype(np.int64)


def _together(*codes: Ints) -> Ints:
    """One number for several, -1 where one of them is."""
    whole, none = codes[0], codes[0] < 0
    for code in codes[1:]:
        none = none | (code < 0)
        mixed = np.maximum(whole, 0) * (int(code.max(initial=0)) + 1) + np.maximum(code, 0)
        whole = np.unique(mixed, return_inverse=True)[1].astype(np.int64)
    return np.where(none, -1, whole)


def _moment(sale: Sale) -> Ints:
    found = sale.values.get(sale.spec.time or "")
    if not isinstance(found, Day):
        return np.arange(len(sale.rows.status))
    return found.dates.day.astype(np.int64) * 86_400 + found.dates.second


def _write(sale: Sale, name: str, amount: Amount, back: Bools, left: Floats) -> None:
    kept = sale.rows.kept
    gone = kept & ~back & (left == 0)
    gone |= sale.bare_rest(gone)
    less = kept & ~back & (left < 1) & ~gone
    met = kept & back & ((left == 0) | np.isnan(amount.value))
    part = kept & back & (left < 1) & ~met
    value = np.where(less | part, np.round(amount.value * left, 6), amount.value)
    if not (gone | less | met).any():
        return
    total = float(
        np.nansum(np.where(kept & ~back, np.abs(amount.value) - np.abs(value * ~gone), 0))
    )
    sale.values[name] = replace(amount, value=value)
    sale.rows.put_aside(
        gone, "cancelled order", "rows were cancelled or returned later: no sale is left"
    )
    sale.rows.put_aside(
        met, "cancellation", "rows take back an earlier one, and were set off against it"
    )
    said = f"rows have a {name} of which a part came back later; it was taken off"
    sale.changed += sale.rows.found(less, f"returned {name}", said)
    sale.rows.warn(
        "cancelled-orders",
        f"{int(met.sum() + part.sum()):,} rows take back what was sold before: {int(gone.sum()):,} rows "
        f"went with them and {int(less.sum()):,} count for less, {total:,.2f} in all.",
    )
