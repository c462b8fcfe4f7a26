"""Rows that are no sales by what a status, a mark or the moment of a cancellation beside them says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from stepladder.tables.columns.words import tokens
from stepladder.tables.ids.ids import Texts
from stepladder.tables.plural import counted
from stepladder.tables.sales.flags import flags
from stepladder.tables.sales.sale import Bools, Sale
from stepladder.tables.sales.status_words import (
    PARTLY,
    RETURN,
    SOLD,
    UNKNOWN,
    UNSOLD,
    WAITING,
    said_of_sale,
    sayable,
)

_SHOWN = 8  # different words in one sentence


def set_unsold_aside(sale: Sale) -> None:
    """Sets rows aside that say themselves that no sale took place; what is unclear is named and kept."""
    for role in ("status", "payment"):
        read = sale.beside(role)
        if read is not None:
            _by_words(sale, role, read)
    for role in ("undone", "test"):
        read = sale.beside(role)
        if read is not None:
            _by_mark(sale, role, read)


def _by_words(sale: Sale, role: str, read: Texts) -> None:
    source, words = sale.choices.beside[role], read.words.to_pylist()
    said = np.array([said_of_sale(word) if word else SOLD for word in words], object)
    _turn(sale, (said == RETURN)[read.at])
    _aside(sale, role, read, said == UNSOLD, f"have the {source}")
    unclear = _counted(read, _unclear(sale, said, read) & sale.rows.kept)
    if unclear:
        sale.rows.warn(
            "status-words",
            f"Of the {source} it is not clear that there was a sale, or how much is left: {unclear}. "
            f"These rows are kept as sales; leave them out of the file if they are none.",
        )


def _unclear(sale: Sale, said: npt.NDArray[np.object_], read: Texts) -> Bools:
    """Where a word leaves open whether there was a sale; of an unknown one that most rows have, there was."""
    count = np.bincount(read.at[sale.rows.kept], minlength=len(said))
    open_ = (said == WAITING) | ((said == UNKNOWN) & (2 * count <= count.sum()))
    open_ |= (said == PARTLY) & (not sale.choices.beside.get("refunded"))
    return np.asarray(open_[read.at], bool)


def _by_mark(sale: Sale, role: str, read: Texts) -> None:
    source = sale.choices.beside[role]
    marked = flags(source, read.words)
    if marked is None:
        return
    if {"refund", "return"} & set(tokens(source)):
        _turn(sale, marked[read.at])
    else:
        _aside(sale, role, read, marked, f"have in {source}")


def _turn(sale: Sale, where: Bools) -> None:
    """What came back is worth less than nothing, however it was written."""
    for name in sale.values:
        amount = sale.amount(name)
        if amount is not None and sale.spec.column(name).kind == "amount" and where.any():
            value = np.where(where, -np.abs(amount.value), amount.value)
            sale.values[name] = replace(amount, value=value, refund=amount.refund | where)


def _aside(sale: Sale, role: str, read: Texts, unsold: Bools, what: str) -> None:
    where = unsold[read.at] & sale.rows.kept
    if not where.any():
        return
    count = int(where.sum())
    source, total, found = sale.choices.beside[role], sale.sum(where), _counted(read, where)
    money = f", {total:,.2f} in all" if sale.money else ""
    for word, same in _alike(read, unsold, source if role == "undone" else None):
        said = f"rows {what} {word!r}" if role != "undone" else f"rows are marked by {source}"
        sale.rows.put_aside(same[read.at], f"no sale: {word}", f"{said}, so no sale took place")
    sale.rows.warn(
        "no-sale",
        f"{counted(count, 'row')} {'was' if count == 1 else 'were'} set aside, since their {source} "
        f"says that nothing was sold ({found}{money}). To count them: --column {role}=",
    )


def _alike(read: Texts, unsold: Bools, name: str | None) -> Iterator[tuple[str, Bools]]:
    """The words that say so, each with where it stands; under one name where they are dates."""
    words = np.array([name or sayable(word) for word in read.words.to_pylist()], object)
    small = np.array([word.lower() for word in words], object)
    for word in dict.fromkeys(small[unsold]):
        same = (small == word) & unsold
        yield str(words[same][0]), same


def _counted(read: Texts, where: Bools) -> str:
    """The words of some rows with their numbers, the most frequent first."""
    count: Counter[str] = Counter()
    for one in pc.value_counts(read.words.take(read.at[where])).to_pylist():
        count[sayable(one["values"])] += one["counts"]
    most = sorted(count.items(), key=lambda one: (-one[1], one[0]))
    shown = [f"{number:,} × {word}" for word, number in most[:_SHOWN]]
    return ", ".join([*shown, *(["…"] if len(most) > _SHOWN else [])])
