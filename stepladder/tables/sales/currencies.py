"""Amounts in several currencies, which are never added up as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.tables.choices import Choices
from stepladder.tables.plural import counted
from stepladder.tables.sales.other_columns import say_other_columns
from stepladder.tables.sales.sale import Bools, Ints, Sale

_SIGNS = {"$": "USD", "US$": "USD", "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP",
          "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW", "₪": "ILS", "₺": "TRY", "ZŁ": "PLN",
          "KČ": "CZK", "SFR": "CHF", "FR.": "CHF", "US DOLLAR": "USD"}  # fmt: skip


@dataclass(frozen=True)
class _Found:
    names: tuple[str, ...]  # "" for none
    at: Ints


def settle_currencies(sale: Sale) -> None:
    """Leaves amounts of one currency: the chosen one, or others at their rates; else a Problem."""
    say_other_columns(sale)
    name, found = sale.money, _currencies(sale)
    if name is None or found is None:
        return
    sums = _sums(sale, found)
    _is_there(sums, sale.choices)
    unit = one_currency(sums, sale.choices)
    alone = len([one for one in sums if one]) < 2
    if alone:
        _say_blank(sale, found, sums)
    if unit is None:
        return
    rates = {**{known.upper(): rate for known, rate in sale.choices.rates.items()}, unit: 1.0}
    rates |= {"": 1.0} if alone else {}
    rate = np.array([rates.get(one, np.nan) for one in found.names])[found.at]
    worth = sale.worth != 0
    said = ", ".join(_each(sums))
    if len(sums) > 1:
        sale.rows.warn("several-currencies", _said(said, unit, rates, sale.choices))
    gone = np.isnan(rate) & worth
    gone |= sale.bare_rest(gone & sale.rows.kept)
    sale.rows.put_aside(gone, "other currency", f"rows are not in {unit} and have no rate")
    other = (rate != 1.0) & worth & ~np.isnan(rate)
    amount = sale.amount(name)
    assert amount is not None
    sale.put(name, np.where(other, np.round(amount.value * rate, 6), amount.value))
    sale.changed += sale.rows.found(
        other & sale.rows.kept,
        f"currency of {name}",
        f"rows have a {name} that was turned into {unit}",
    )


def _is_there(sums: Mapping[str, tuple[int, float]], choices: Choices) -> None:
    """Raises Problem where no amount is in the currency that was chosen, but in others."""
    wanted = one_currency(sums, choices) if choices.currency else None
    named = {name: said for name, said in sums.items() if name}
    if wanted and named and wanted not in named:
        most = max(named, key=lambda one: named[one][0])
        raise Problem(
            f"Only amounts in {wanted} count (--currency {wanted}), and none is: there are "
            f"{'; '.join(_each(named))}.",
            "The currency that counts is one of those in the table.",
            f"Give one of these, e.g. --currency {most}",
        )


def one_currency(sums: Mapping[str, tuple[int, float]], choices: Choices) -> str | None:
    """The currency that counts; None where there is but one. Raises Problem where nobody chose."""
    named = [one for one in sums if one]
    rates = [one.upper() for one in choices.rates]
    if choices.currency:
        return _SIGNS.get(choices.currency.upper(), choices.currency.upper())
    if len(named) < 2:
        return None
    without = [one for one in named if one not in rates]
    if rates and len(without) == 1:
        return without[0]
    most = max(named, key=lambda one: sums[one][0])
    other = next(one for one in named if one != most)
    raise Problem(
        f"The amounts are in several currencies: {'; '.join(_each(sums))}.",
        "Amounts of different currencies are never added up: one of them is chosen, or the others "
        "have rates.",
        f"Give --currency {most} to count its rows only (the others are set aside), or with it what "
        f"one {other} is worth in {most}: --rate {other}=…",
    )


def asked_currency(sale: Sale, ask_user: Callable[[str, Sequence[str]], str]) -> str | None:
    """The currency that somebody chooses where there are several; None where there are not."""
    found = _currencies(sale)
    sums = {} if sale.money is None or found is None else _sums(sale, found)
    named = sorted((one for one in sums if one), key=lambda one: -sums[one][0])
    if len(named) < 2:
        return None
    said = "; ".join(_each(sums))
    return ask_user(
        f"Which currency should count? The others are set aside. There are {said}.", named
    )


def _currencies(sale: Sale) -> _Found | None:
    """The currency of each row: as a column says, else as the amount itself was written."""
    column, amount = sale.beside("currency"), sale.amount(sale.money)
    own = amount.currency if amount else None
    if column is None and own is None:
        return None
    if column is None:
        return _written(own)
    names = tuple(_code(word) for word in column.words.to_pylist())
    found = _merged(names, column.at.astype(np.int64))
    if own is None:
        return found
    signs = _written(own)
    blank = np.array([not one for one in found.names])[found.at]
    both = np.where(blank, len(found.names) + signs.at, found.at)
    return _merged((*found.names, *signs.names), both)


def _written(own: pa.DictionaryArray) -> _Found:
    at = pc.fill_null(own.indices, len(own.dictionary)).to_numpy(zero_copy_only=False)
    return _merged((*(_code(word or "") for word in own.dictionary.to_pylist()), ""), at)


def _merged(names: Sequence[str], at: Ints) -> _Found:
    """The same with each name once."""
    different = tuple(dict.fromkeys(names))
    return _Found(different, np.array([different.index(one) for one in names], np.int64)[at])


def _code(word: str) -> str:
    word = word.strip().upper()
    return _SIGNS.get(word, word)


def _sums(sale: Sale, found: _Found) -> dict[str, tuple[int, float]]:
    """How many rows that are worth something each currency has, and how much they are worth."""
    worth = sale.worth
    where = sale.rows.kept & (worth != 0)
    count = np.bincount(found.at[where], minlength=len(found.names))
    counts = sale.once(where, worth)
    total = np.bincount(found.at[counts], worth[counts], len(found.names))
    return {one: (int(count[i]), float(total[i])) for i, one in enumerate(found.names) if count[i]}


def _each(sums: Mapping[str, tuple[int, float]]) -> list[str]:
    ordered = sorted(sums.items(), key=lambda one: -one[1][0])
    return [
        f"{counted(n, 'row')} of {name or 'no named currency'} ({total:,.2f})"
        for name, (n, total) in ordered
    ]


def _said(said: str, unit: str, rates: Mapping[str, float], choices: Choices) -> str:
    used = ", ".join(
        f"one {one} is {rate:g} {unit}" for one, rate in rates.items() if one not in (unit, "")
    )
    how = (
        f"They are counted in {unit} ({used})"
        if used
        else f"Only {unit} counts (--currency {unit})"
    )
    return f"The amounts are in several currencies: {said}. {how}; what has no rate is set aside."


def _say_blank(sale: Sale, found: _Found, sums: Mapping[str, tuple[int, float]]) -> None:
    named = [one for one in sums if one]
    if not named or "" not in sums:
        return
    blank: Bools = np.array([not one for one in found.names])[found.at]
    sale.changed += sale.rows.found(
        blank & sale.rows.kept & (sale.worth != 0),
        "no currency",
        f"rows name no currency; they were taken as {named[0]} like all others",
    )
