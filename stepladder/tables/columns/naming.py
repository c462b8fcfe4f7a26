"""How well a source's column serves as a question's, by what it is called."""

from __future__ import annotations

import difflib
import re

import pyarrow as pa

from stepladder.core.table import Column, TableSpec
from stepladder.tables.columns.content import Fit, by_content
from stepladder.tables.columns.words import (
    LESSER_AMOUNTS,
    LESSER_IDS,
    OTHER_AMOUNTS,
    OTHER_DAYS,
    OTHER_IDS,
    OTHER_TEXTS,
    QUANTITY,
    TAXES,
    UNIT_PRICE,
    WITH,
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
_LEAST = (
    0.7  # so much of a name's worth stays where its values fit, but are the worst of their kind
)
_NET = 0.15  # what is left after fees or taxes, where what was paid stands beside it
_PRICES = frozenset(map(plain, UNIT_PRICE))


def by_name(
    column: Column, name: str, values: pa.ChunkedArray | None, foreign: frozenset[str]
) -> Mapped:
    """How well a column serves by its name and by what is in it: a name whose values do not fit is none.

    Without `values` it is said how well the name alone fits.
    """
    named, words = _fit(column, name, foreign)
    if values is None:
        return Mapped(column.name, name, named, words)
    held = by_content(column, values) if named else Fit(0.0, False)
    weak = held.share < 0.5 and column.kind != "long"  # a short text may be all that was written
    reads = held.share if weak else 0.5 + held.share / 2
    return Mapped(
        column.name,
        name,
        round(named * reads * (_LEAST + (1 - _LEAST) * held.good), 3),
        f"{words}; {_read(column, held)}",
    )


def by_content_alone(
    column: Column, name: str, values: pa.ChunkedArray, foreign: frozenset[str]
) -> Mapped:
    """How well a column serves whose name says nothing."""
    other = says_other(name, foreign | LESSER_IDS)
    held = Fit(0.0, False) if other else by_content(column, values)
    sure = 0.6 * held.share * (0.9 + 0.1 * held.good) if held.telling else 0.0
    why = f"its name says nothing, but {_read(column, held)}"
    return Mapped(column.name, name, round(sure, 3), why)


def says_other(name: str, foreign: frozenset[str]) -> bool:
    """Whether a name that says nothing of a column says that it is of something else."""
    return any(word in foreign or _holds(word, foreign) for word in tokens(name))


def _read(column: Column, held: Fit) -> str:
    if column.kind == "long":
        return "its texts are long" if held.share == 1 else "its texts are rather short"
    said = f"{held.share:.0%} of its values read as {_WORD[column.kind]}"
    return said + (f", {held.words}" if held.words else "")


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
    if column.kind == "amount":
        return OTHER_AMOUNTS - _single(column)
    if column.kind in ("number", "long", "bytes"):
        return frozenset()
    others = [one for one in spec.columns if one.kind == "id" and one is not column]
    return (OTHER_IDS | _single(*others)) - _single(column)


def _single(*columns: Column) -> frozenset[str]:
    words = [tokens(one) for column in columns for one in (column.name, *column.synonyms)]
    return frozenset(found[0] for found in words if len(found) == 1)


def _fit(column: Column, name: str, foreign: frozenset[str]) -> tuple[float, str]:
    """How well a name fits, between 0 and 1; earlier synonyms fit a little better."""
    known = [plain(one) for one in (column.name, *column.synonyms)]
    own, words = plain(name), tokens(name)
    if own in known:
        # A price may be of one piece only: any column that can be the total comes first.
        unit = 0.3 if column.kind == "amount" and own in _PRICES else 0.0
        unit += _NET if column.kind == "amount" and LESSER_AMOUNTS.intersection(words) else 0.0
        return 1.0 - unit - 0.1 * known.index(own) / len(known), f"named {name!r}"
    if _about_other(words, foreign):
        return 0.0, ""
    part = _lesser(column, words)
    said = " in part" if part < 1 else ""
    inside = [
        one
        for one in (column.name, *column.synonyms)
        if len(plain(one)) > 2 and set(tokens(one)) <= set(words)
    ]
    if inside:
        # The more of a name is known, the less of it may say that it is something else.
        known_words = {word for one in inside for word in tokens(one)}
        whole = 0.72 + 0.13 * len(known_words) / len(set(words))
        unit = 0.2 if column.kind == "amount" and own in _PRICES else 0.0
        return part * whole - unit, f"its name {name!r} contains {max(inside, key=len)!r}{said}"
    ending = [one for one in known if len(one) > 4 and own.endswith(one)]
    if ending:
        end = max(ending, key=len)
        if _holds(own.removesuffix(end), foreign):
            return 0.0, ""
        return 0.75 * part, f"its name {name!r} ends in {end!r}{said}"
    near = difflib.get_close_matches(own, known, 1, 0.85) if len(own) > 4 else []
    return (0.7, f"its name {name!r} is close to {near[0]!r}") if near else (0.0, "")


def _about_other(words: list[str], foreign: frozenset[str]) -> bool:
    """Whether a name says that it is of something else; a total with or without tax is no tax."""
    after = next((i for i, word in enumerate(words) if word in WITH), len(words))
    said = {word for word in words[:after] if word in foreign}
    if after < len(words) and after and words[after - 1] in TAXES:
        said = {word for word in words[: after - 1] if word in foreign}
    return bool(said)


def _lesser(column: Column, words: list[str]) -> float:
    """Less than 1 where a name says that it is a part of an amount, or only what somebody is called."""
    kinds = {"amount": LESSER_AMOUNTS, "id": LESSER_IDS}
    lesser = kinds.get(column.kind, frozenset())
    lesser = lesser if column.kind == "amount" else lesser - _single(column)
    return 0.75 if any(word in lesser or _holds(word, lesser, 5) for word in words) else 1.0


def _holds(compound: str, words: frozenset[str], least: int = 4) -> bool:
    """Whether a word that is written in one with others is among them, as in Rabattbetrag."""
    return any(len(word) >= least and compound.startswith(word) for word in words)


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
