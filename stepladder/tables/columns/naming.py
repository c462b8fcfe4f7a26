"""How well a source's column serves as a question's, by what it is called."""

from __future__ import annotations

import difflib
import re

import pyarrow as pa

from stepladder.core.table import Column, TableSpec
from stepladder.tables.columns.content import by_content
from stepladder.tables.columns.words import (
    OTHER_DAYS,
    OTHER_IDS,
    OTHER_TEXTS,
    QUANTITY,
    UNIT_PRICE,
    plain,
    tokens,
)
from stepladder.tables.findings import Mapped

_WORD = {
    "id": "ids",
    "day": "dates",
    "time": "times",
    "amount": "amounts",
    "number": "numbers",
    "text": "texts",
}
_WORD |= {"number": "numbers", "bytes": "the content of files"}
_NO_NAMES = {"", "column", "col", "unnamed", "field", "spalte", "v", "x", "c", "f"}
_PRICES = frozenset(map(plain, UNIT_PRICE))


def by_name(column: Column, name: str, values: pa.ChunkedArray, foreign: frozenset[str]) -> Mapped:
    """How well a column serves by its name, and by what is in it."""
    named, words = _fit(column, name, foreign)
    share = by_content(column, values)[0] if named else 0.0
    weak = share < 0.5 and column.kind in ("day", "time", "amount", "number", "bytes")
    sure = named * (share if weak else 0.5 + share / 2)
    return Mapped(
        column.name,
        name,
        round(sure, 2),
        f"{words}; {_read(column, share)}",
    )


def by_content_alone(
    column: Column, name: str, values: pa.ChunkedArray, foreign: frozenset[str]
) -> Mapped:
    """How well a column serves whose name says nothing."""
    share, strong = (
        (0.0, False) if foreign.intersection(tokens(name)) else by_content(column, values)
    )
    return Mapped(
        column.name,
        name,
        round(0.6 * share, 2) if strong else 0.0,
        f"its name says nothing, but {_read(column, share)}",
    )


def _read(column: Column, share: float) -> str:
    if column.kind == "long":
        return "its texts are long" if share == 1 else "its texts are rather short"
    return f"{share:.0%} of its values read as {_WORD[column.kind]}"


def nameless(name: str) -> bool:
    """Whether a name says nothing at all: "0", "column_3", "Unnamed: 2"."""
    return all(word in _NO_NAMES for word in re.split(r"[\W\d_]+", name.lower()))


def is_money(column: Column) -> bool:
    """Whether an amount is of money, which a price may stand for; a rating is not."""
    return column.kind == "amount" and bool(_PRICES.intersection(map(plain, column.synonyms)))


def foreign_words(column: Column, spec: TableSpec) -> frozenset[str]:
    """Words in a name which say that it is of something else than the column."""
    if column.kind in ("day", "time"):
        return OTHER_DAYS
    if column.kind == "text":
        return OTHER_TEXTS
    if column.kind in ("amount", "number", "long", "bytes"):
        return frozenset()
    others = [one for one in spec.columns if one.kind == "id" and one is not column]
    return (OTHER_IDS | _single(*others)) - _single(column)


def _single(*columns: Column) -> frozenset[str]:
    words = [tokens(one) for column in columns for one in (column.name, *column.synonyms)]
    return frozenset(found[0] for found in words if len(found) == 1)


def _fit(column: Column, name: str, foreign: frozenset[str]) -> tuple[float, str]:
    """How well a name fits, between 0 and 1; earlier synonyms fit a little better."""
    known = [plain(one) for one in (column.name, *column.synonyms)]
    own, words = plain(name), set(tokens(name))
    if own in known:
        # A price may be of one piece only: any column that can be the total comes first.
        unit = 0.3 if column.kind == "amount" and own in _PRICES else 0.0
        return 1.0 - unit - 0.1 * known.index(own) / len(known), f"named {name!r}"
    if words & foreign:
        return 0.0, ""
    inside = [
        one
        for one in (column.name, *column.synonyms)
        if len(plain(one)) > 2 and set(tokens(one)) <= words
    ]
    if inside:
        unit = 0.2 if column.kind == "amount" and own in _PRICES else 0.0
        return 0.8 - unit, f"its name {name!r} contains {max(inside, key=len)!r}"
    ending = [one for one in known if len(one) > 4 and own.endswith(one)]
    if ending:
        return 0.75, f"its name {name!r} ends in {max(ending, key=len)!r}"
    near = difflib.get_close_matches(own, known, 1, 0.85) if len(own) > 4 else []
    return (0.7, f"its name {name!r} is close to {near[0]!r}") if near else (0.0, "")


def product(names: list[str], total: Mapped | None, canonical: str) -> Mapped | None:
    """Quantity times unit price, where both are there and nothing else is the total."""
    prices, counts = ({plain(one): None for one in words} for words in (UNIT_PRICE, QUANTITY))
    price = [name for name in names if plain(name) in prices]
    count = [name for name in names if plain(name) in counts]
    if not price or not count or (total and plain(total.source) not in {**prices, **counts}):
        return None
    order = list(prices)
    best = min(price, key=lambda name: order.index(plain(name)))
    return Mapped(
        canonical,
        f"{count[0]}*{best}",
        0.9,
        "no column holds the total, but one a quantity and one a price per unit",
    )
