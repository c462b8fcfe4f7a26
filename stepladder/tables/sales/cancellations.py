"""Orders and what came back of them cancel each other: the nearest earlier order goes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from stepladder.tables.choices import Choices
from stepladder.tables.columns.words import QUANTITY, plain
from stepladder.tables.ids.ids import Texts
from stepladder.tables.sales.order_totals import item_codes
from stepladder.tables.sales.sale import Bools, Floats, Ints, Sale, numbered, quantity_of, together
from stepladder.tables.values import Amount, Day, read_amount

_DUST = 1e-6
_ROUNDS = 50  # in which nearly all returns have met what stands before them


def cancel(sale: Sale) -> None:
    """Sets returns aside with what they undo: rows that came back whole go, others are worth less."""
    name = _counted(sale)
    amount = sale.amount(name)
    if name is None or amount is None:
        return
    back = amount.refund & sale.rows.kept
    if not back.any() or (sale.money is None and sale.order is None):
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
    left = np.ones(len(size))
    at = _near_returns(sale, back)  # the others need no look
    when, some, mine = _moment(sale)[at], back[at], np.ones(len(at))
    for key, measure, whole in _passes(sale, at, size[at], money[at]):
        rest = mine * measure
        here = np.flatnonzero((rest > _DUST) & (key >= 0) & (~whole | (mine > 1 - _DUST)))
        here = here[_with_return(key[here], some[here])]
        here = here[np.lexsort((here, some[here], when[here], key[here]))]
        amount = np.ones(len(here)) if whole else rest[here]
        worth = money[at][here] if whole else None
        gone = meet(key[here], some[here], amount, worth)
        mine[here] = gone if whole else gone / measure[here]
    left[at] = np.where(mine < _DUST, 0.0, mine)
    return left


def _near_returns(sale: Sale, back: Bools) -> Ints:
    """The rows that may meet a return: of one who returned, and of the item or the order returned."""
    at = np.flatnonzero(sale.rows.kept & _with_return(_who(sale), back))
    item = item_codes(sale)
    if item is None:
        return at
    near = _with_return(together(_who(sale)[at], item[at]), back[at])
    if sale.order is not None:
        near |= _with_return(sale.order[at], back[at])
    return at[near]


def _with_return(key: Ints, back: Bools) -> Bools:
    """Where a key is one of those that have a return."""
    returned = np.zeros(int(key.max(initial=0)) + 2, bool)
    returned[key[back]] = True
    return np.asarray(returned[key])


def meet(key: Ints, back: Bools, rest: Floats, worth: Floats | None = None) -> Floats:
    """What is left of rows in order of time when each return has met what stands before it under its key.

    A return takes from the nearest earlier row that has something left, as brackets close. With what
    they are worth, only two meet of which neither is worth twice the other.
    """
    left, at = rest.copy(), np.arange(len(rest))
    size = np.full(len(rest), np.inf) if worth is None else worth
    for _ in range(_ROUNDS):
        one, two = at[:-1], at[1:]
        meets = ~back[one] & back[two] & (key[one] == key[two])
        meets &= (worth is None) | (size[one] <= 2 * size[two]) & (size[two] <= 2 * size[one])
        one, two = one[meets], two[meets]
        if not len(one):
            return left
        met = np.minimum(left[one], left[two])
        left[one] -= met
        left[two] -= met
        at = _open(key, back, at[left[at] > _DUST])
    _one_by_one(key, back, left, size, at)
    return left


def _one_by_one(key: Ints, back: Bools, left: Floats, worth: Floats, at: Ints) -> None:
    """The same for what is nested so deep that it would take a round for each."""
    open_: list[int] = []
    for i in at.tolist():
        if open_ and key[open_[-1]] != key[i]:
            open_.clear()
        if not back[i]:
            open_.append(i)
        while back[i] and open_ and left[i] > _DUST:
            one = open_[-1]
            if not worth[one] / 2 <= worth[i] <= 2 * worth[one]:
                open_.clear()  # what lies before it is out of reach
                break
            met = min(left[one], left[i])
            left[one] -= met
            left[i] -= met
            if left[one] <= _DUST:
                open_.pop()


def _open(key: Ints, back: Bools, at: Ints) -> Ints:
    """Without the keys that have no return left, so that long chains do not read all the others."""
    return at[_with_return(key[at], back[at])]


def _passes(
    sale: Sale, at: Ints, size: Floats, money: Floats
) -> Iterator[tuple[Ints, Floats, bool]]:
    """What a return is matched by, the surest first: a key, a measure, whether only equal ones match.

    Where rows are not worth money only an order's own number tells: who gave one thing back may have
    liked it all the same.
    """
    items, order = item_codes(sale), sale.order
    item = None if items is None else items[at]
    shared = sale.beside("order")
    if order is not None and shared is not None:
        own = np.where(shared.missing, -1, order)[at]
        yield from () if item is None else _of_item(together(own, item), size, money)
        yield own, money, False
    if sale.money and item is not None:
        yield from _of_item(together(_who(sale)[at], item), size, money)
    elif sale.money:
        yield together(_who(sale)[at], _ranked(money)), money, True


def _of_item(key: Ints, size: Floats, money: Floats) -> Iterator[tuple[Ints, Floats, bool]]:
    """As many pieces; then a part of them at one price; then what they are worth."""
    yield together(key, _ranked(size)), size, True
    if size is not money:
        price = np.divide(money, size, out=np.zeros_like(money), where=size > 0)
        yield together(key, _ranked(price)), size, False
    yield key, money, False


def _who(sale: Sale) -> Ints:
    found = sale.values.get(sale.spec.key[0])
    if not isinstance(found, Texts):  # all rows are of one who need not be named
        return np.zeros(len(sale.rows.status), np.int64)
    return np.where(found.missing, -1, found.code.astype(np.int64))


def _ranked(size: Floats) -> Ints:
    return numbered(np.round(size * 100))


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
