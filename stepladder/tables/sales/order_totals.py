"""An order's amount that stands on each of its rows: counted once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pyarrow as pa

from stepladder.tables.columns.words import UNIT_PRICE, plain, tokens
from stepladder.tables.ids.ids import texts
from stepladder.tables.sales.sale import Bools, Floats, Ints, Sale

Per = Literal["row", "order"]
# Words in a name which say whose amount it is: a line's, or a whole order's.
_LINES = """
    line lineitem item items unit row piece each position pos product ticket article einzel einzelpreis
    stuckpreis positionsbetrag ligne linea riga regel artikel unitario unitaire
"""
_ORDERS = """
    order grand invoice basket cart checkout receipt transaction bestellwert bestellsumme
    bestellbetrag auftragswert auftragssumme rechnungsbetrag rechnungssumme gesamtbetrag gesamtsumme
    commande facture pedido ordine fattura factura bestelling netwr
"""
_TOTALS = "total totals sum summe gesamt somme suma totale totaal totalt paid"
_LINE, _ORDER, _TOTAL = (frozenset(words.split()) for words in (_LINES, _ORDERS, _TOTALS))
_ALIKE = 0.95  # of the orders of several rows have one amount: a few are corrected by hand
_VARIED = 0.3  # of them have line prices that differ: then one amount for all is the order's


def value_per(sale: Sale) -> Per | None:
    """Whether the money on a row is the row's own or its whole order's; None where it may be either.

    It is the order's where nearly all orders of several rows have one amount throughout and that is
    no chance: by its name, or since prices of lines differ beside it, or since items do.
    """
    name, order = sale.money, sale.order
    source = sale.choices.columns.get(name or "", "")
    if name is None or order is None or source not in sale.rows.raw.table.column_names:
        return "row"
    amount = sale.amount(name)
    assert amount is not None
    there = ~np.isnan(amount.value) & ~amount.refund & sale.rows.kept
    several = _several(order, there)
    alike = _alike(order, amount.value, there)[several]
    if not len(several) or alike.mean() < _ALIKE or not amount.value[there].any():
        return "row"
    named = _by_name(source)
    if named or _lines_differ(sale, order, there, several):
        return named or "order"
    return "order" if _no_chance(sale, order, amount.value, there, several, source) else None


def count_orders_once(sale: Sale) -> None:
    """Counts the amount of an order on its first row; where that is not sure, says so."""
    name = sale.money
    amount = sale.amount(name)
    if name is None or amount is None or sale.order is None:
        return
    if sale.choices.value_per is None and value_per(sale) is None:
        sale.rows.warn(
            "order-total-repeats",
            f"Each order has one {name} on all its rows. It was counted on each of them, as the row's "
            f"own. If it is the whole order's: --value-per order; if not: --value-per row.",
        )
    if not sale.repeats:
        return
    there = sale.rows.kept & ~np.isnan(amount.value)
    again = there & ~sale.once(there, amount.value)
    if not again.any():
        return
    total = float(amount.value[again].sum())
    said = f"rows repeat the {name} of their order, which was counted once"
    sale.changed += sale.rows.found(again, f"repeated {name}", said)
    sale.rows.warn(
        "order-total-repeats",
        f"The {name} is the whole order's and stands on each of its rows: {int(again.sum()):,} "
        f"repetitions, {total:,.2f} in all, were not counted again; --value-per row counts them.",
    )
    sale.put(name, np.where(again, np.nan, amount.value))


def _by_name(source: str) -> Per | None:
    words = set(tokens(source))
    if words & _LINE or plain(source) in map(plain, UNIT_PRICE):
        return "row"
    return "order" if words & _ORDER else None


def _several(order: Ints, there: Bools) -> Ints:
    """The orders that have several of these rows."""
    return np.flatnonzero(np.bincount(order[there], minlength=int(order.max(initial=0)) + 1) > 1)


def _alike(order: Ints, value: Floats | Ints, there: Bools) -> Bools:
    """Which orders have the same on all of these rows."""
    size = int(order.max(initial=0)) + 1
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(low, order[there], value[there])
    np.maximum.at(high, order[there], value[there])
    return np.asarray(low == high)


def _lines_differ(sale: Sale, order: Ints, there: Bools, several: Ints) -> bool:
    """Whether prices of lines stand beside the amount and differ where it does not."""
    table, own = sale.rows.raw.table, sale.choices.columns.values()
    free = [name for name in table.column_names if name not in own]
    named = [n for n in free if plain(n) in map(plain, UNIT_PRICE) or _is_line_price(n)]
    codes = [texts(table.column(name)).code.astype(np.int64) for name in named]
    return any((~_alike(order, code, there)[several]).mean() >= _VARIED for code in codes)


def _is_line_price(name: str) -> bool:
    words = set(tokens(name))
    return bool(words & _LINE) and bool(
        words & {"price", "total", "amount", "cost", "preis", "prix"}
    )


def _no_chance(
    sale: Sale, order: Ints, value: Floats, there: Bools, several: Ints, source: str
) -> bool:
    """Whether lines of different items would hardly cost the same by chance in all orders.

    The chance that two orders have one amount stands for that of two lines. An item that costs the
    same in every order explains by itself that its lines are alike.
    """
    item = item_codes(sale)
    if item is None or _price_of_item(item, order, value, there):
        return False
    mixed = several[~_alike(order, item, there)[several]]
    size = np.bincount(order[there], minlength=int(order.max(initial=0)) + 1)
    first = np.unique(order[there], return_index=True)[1]
    share = np.unique(value[there][first], return_counts=True)[1] / len(first)
    chance = float((share**2).sum()) ** float((size[mixed] - 1).sum())
    return bool(len(mixed)) and chance < (0.3 if _TOTAL & set(tokens(source)) else 0.001)


def _price_of_item(item: Ints, order: Ints, value: Floats, there: Bools) -> bool:
    """Whether most items that are in several orders cost the same in all."""
    pairs = np.unique(np.stack([item[there], order[there]]), axis=1)[0]
    again = np.flatnonzero(np.bincount(pairs, minlength=int(item.max(initial=0)) + 1) > 1)
    return bool(len(again)) and float(_alike(item, value, there)[again].mean()) > 0.5


def item_codes(sale: Sale) -> Ints | None:
    """A number for each row's item: the question's own, else that of a column beside; None without."""
    from stepladder.tables.ids.ids import Texts

    for name in sale.spec.key[1:]:
        found = sale.values.get(name)
        if isinstance(found, Texts):
            return found.code.astype(np.int64)
    beside: Mapping[str, str] = sale.choices.beside
    source = beside.get("item", "")
    if source not in sale.rows.raw.table.column_names:
        return None
    column: pa.ChunkedArray = sale.rows.raw.table.column(source)
    return texts(column).code.astype(np.int64)
