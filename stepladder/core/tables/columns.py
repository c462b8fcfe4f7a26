"""Which column of a source serves as which column of a question: by its name and by what is in it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.tables.content import by_content, comes_back, has_cents
from stepladder.core.tables.report import Mapped
from stepladder.core.tables.spec import Column, TableSpec
from stepladder.core.tables.words import (
    OTHER_DAYS,
    OTHER_IDS,
    QUANTITY,
    UNIT_PRICE,
    plain,
    tokens,
)

SURE = 0.5
_SAMPLE = 1000
_WORD = {"id": "ids", "day": "dates", "amount": "amounts", "text": "texts"}


def find_columns(
    table: pa.Table,
    spec: TableSpec,
    overrides: Mapping[str, str],
) -> tuple[Mapped, ...]:
    """Maps a question's columns to a source's; what is given as `overrides` is taken as it is.

    Raises Problem where an override names no column of the question or of the source.
    """
    chosen = {name: _override(table, spec, name, source) for name, source in overrides.items()}
    sample = _sample(table)
    free = [
        name
        for name in table.column_names
        if name not in {part for m in chosen.values() for part in parts(m.source, table)}
    ]
    wanted = [column for column in spec.columns if column.name not in chosen]
    _take(chosen, [_named(column, name, sample[name]) for column in wanted for name in free])
    # Names first: what is in a column speaks only where a required one is still not found.
    left = [column for column in wanted if column.required and column.name not in chosen]
    free = [name for name in free if name not in {m.source for m in chosen.values()}]
    _take(
        chosen,
        [
            _nameless(column, name, sample[name])
            for column in left
            for name in free
            if column.kind != "id" or comes_back(table[name])
        ],
    )
    _take(chosen, _only_amounts(wanted, chosen, sample))
    unused = [
        name
        for name in table.column_names
        if name not in {m.source for m in chosen.values() if m.canonical in overrides}
    ]
    for column in wanted:
        if column.kind == "amount":
            product = _product(unused, chosen.get(column.name), column.name)
            chosen |= {column.name: product} if product else {}
    return tuple(chosen[column.name] for column in spec.columns if column.name in chosen)


def _only_amounts(
    wanted: list[Column], chosen: dict[str, Mapped], sample: pa.Table
) -> list[Mapped]:
    """An amount that nobody named, where just one free column holds amounts with decimals."""
    taken = {part for m in chosen.values() for part in parts(m.source, sample)}
    free = [name for name in sample.column_names if name not in taken]
    free = [name for name in free if has_cents(sample[name])]
    left = [column for column in wanted if column.kind == "amount" and column.name not in chosen]
    if len(free) != 1 or len(left) != 1:
        return []
    why = "its name says nothing, but it is the only column of amounts with decimals"
    return [Mapped(left[0].name, free[0], 0.5, why)]


def _take(chosen: dict[str, Mapped], scored: list[Mapped]) -> None:
    """Takes the surest pairs first; no source column serves twice."""
    for mapped in sorted(scored, key=lambda m: -m.confidence):
        taken = {m.source for m in chosen.values()}
        if (
            mapped.confidence >= SURE
            and mapped.canonical not in chosen
            and mapped.source not in taken
        ):
            chosen[mapped.canonical] = mapped


def parts(source: str, table: pa.Table) -> list[str]:
    """The source columns that a mapping uses: one, or the two factors of a product."""
    if source in table.column_names:
        return [source]
    return [part.strip() for part in source.split("*")]


def check_columns(table: pa.Table, canonical: str, source: str) -> None:
    """Raises Problem if a mapping names a column that the source does not have."""
    names = table.column_names
    for part in parts(source, table):
        if part not in names:
            near = _nearest(part, names)
            raise Problem(
                f"The column {part!r}, given for {canonical}, is not in the table.",
                f"The columns there are: {', '.join(names)}.",
                f"Did you mean --column {canonical}={near}?"
                if near
                else f"Name one of them: --column {canonical}=NAME.",
            )
    if len(parts(source, table)) > 2:
        raise Problem(
            f"{source!r}, given for {canonical}, multiplies more than two columns.",
            "A value is one column, or the product of two such as Quantity*UnitPrice.",
            f"Name one or two columns: --column {canonical}=A*B.",
        )


def _override(table: pa.Table, spec: TableSpec, canonical: str, source: str) -> Mapped:
    known = [column.name for column in spec.columns]
    if canonical not in known:
        near = _nearest(canonical, known)
        raise Problem(
            f"The table {spec.name} has no column {canonical!r} to be given.",
            f"Its columns are: {', '.join(known)}.",
            f"Did you mean --column {near}={source}?" if near else "Name one of them.",
        )
    check_columns(table, canonical, source)
    return Mapped(canonical, source, 1.0, "you chose it")


def _nearest(name: str, names: list[str]) -> str | None:
    by_plain = {plain(one): one for one in names}
    near = difflib.get_close_matches(plain(name), list(by_plain), 1, 0.5)
    return by_plain[near[0]] if near else None


def _sample(table: pa.Table) -> pa.Table:
    size = table.num_rows
    if size <= _SAMPLE:
        return table
    return table.take(pa.array(np.linspace(0, size - 1, _SAMPLE).astype(np.int64)))


def _named(column: Column, name: str, values: pa.ChunkedArray) -> Mapped:
    named, words = _by_name(column, name)
    share = by_content(column, values)[0] if named else 0.0
    weak = share < 0.5 and column.kind in ("day", "amount")
    sure = named * (share if weak else 0.5 + share / 2)
    return Mapped(
        column.name,
        name,
        round(sure, 2),
        f"{words}; {share:.0%} of its values read as {_WORD[column.kind]}",
    )


def _nameless(column: Column, name: str, values: pa.ChunkedArray) -> Mapped:
    foreign = OTHER_DAYS if column.kind == "day" else OTHER_IDS
    share, strong = (
        (0.0, False) if foreign.intersection(tokens(name)) else by_content(column, values)
    )
    return Mapped(
        column.name,
        name,
        round(0.6 * share, 2) if strong else 0.0,
        f"its name says nothing, but {share:.0%} of its values read as {_WORD[column.kind]}",
    )


def _by_name(column: Column, name: str) -> tuple[float, str]:
    """How well a name fits, between 0 and 1; earlier synonyms fit a little better."""
    known = [plain(one) for one in (column.name, *column.synonyms)]
    own, words = plain(name), set(tokens(name))
    if own in known:
        # A price may be of one piece only: any column that can be the total comes first.
        unit = 0.3 if column.kind == "amount" and own in {plain(one) for one in UNIT_PRICE} else 0.0
        return 1.0 - unit - 0.1 * known.index(own) / len(known), f"named {name!r}"
    foreign = OTHER_DAYS if column.kind == "day" else OTHER_IDS if column.kind == "id" else set()
    if words & foreign and column.kind in ("day", "id"):
        return 0.0, ""
    inside = [
        one
        for one in (column.name, *column.synonyms)
        if len(plain(one)) > 2 and set(tokens(one)) <= words
    ]
    if inside:
        unit = 0.2 if column.kind == "amount" and own in {plain(one) for one in UNIT_PRICE} else 0.0
        return 0.8 - unit, f"its name {name!r} contains {max(inside, key=len)!r}"
    ending = [one for one in known if len(one) > 4 and own.endswith(one)]
    if ending:
        return 0.75, f"its name {name!r} ends in {max(ending, key=len)!r}"
    near = difflib.get_close_matches(own, known, 1, 0.85) if len(own) > 4 else []
    return (0.7, f"its name {name!r} is close to {near[0]!r}") if near else (0.0, "")


def _product(names: list[str], total: Mapped | None, canonical: str) -> Mapped | None:
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
