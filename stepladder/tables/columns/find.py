"""Which column of a source serves as which column of a question: by its name and by what is in it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.table import Column, TableSpec
from stepladder.tables.columns.content import (
    comes_back,
    has_cents,
    names_of_people,
    plain_numbers,
)
from stepladder.tables.columns.line_price import price_of_all
from stepladder.tables.columns.naming import (
    by_content_alone,
    by_name,
    foreign_words,
    is_money,
    nameless,
    product,
    says_other,
)
from stepladder.tables.columns.rivals import near_miss, with_rivals
from stepladder.tables.columns.words import plain
from stepladder.tables.findings import Mapped, typed

SURE = 0.5
_CALLED = 0.75  # so much of a name's worth stays where two may be called the same
_SAMPLE = 1000
_READ = ("day", "time", "amount")


def find_columns(
    table: pa.Table,
    spec: TableSpec,
    overrides: Mapping[str, str],
    taken: Collection[str] = (),
) -> tuple[Mapped, ...]:
    """Maps a question's columns to a source's; what is given as `overrides` is taken as it is.

    An override of nothing leaves a column out that is not required.
    `taken` are source columns that serve another table already, and are not guessed at.
    Raises Problem where an override names no column of the question or of the source.
    """
    given = {name: _override(table, spec, name, source) for name, source in overrides.items()}
    chosen = {name: mapped for name, mapped in given.items() if mapped}
    sample = _sample(table)
    free = [
        name
        for name in table.column_names
        if name not in {part for m in chosen.values() for part in parts(m.source, table)}
        and name not in taken
    ]
    wanted = [column for column in spec.columns if column.name not in given]
    foreign = {column.name: foreign_words(column, spec) for column in wanted}
    named = [by_name(c, name, sample[name], foreign[c.name]) for c in wanted for name in free]
    named = [one for column in wanted for one in _numbers_first(column, named, sample)]
    _take(chosen, named)
    # Names first: what is in a column speaks only where a required one is still not found.
    left = [
        column
        for column in wanted
        if column.required and column.name not in chosen and _alone(column, spec)
    ]
    free = [name for name in free if name not in {m.source for m in chosen.values()}]
    alone = [
        by_content_alone(column, name, sample[name], foreign[column.name])
        for column in left
        for name in free
        if column.kind != "id" or comes_back(table[name])
    ]
    _take(chosen, alone)
    _take(chosen, _only_amounts(wanted, chosen, sample.drop_columns(list(taken)), foreign))
    _take(chosen, _only_numbers(wanted, chosen, sample.drop_columns(list(taken))))
    own = {name: m for name, m in chosen.items() if name not in overrides}
    chosen |= {m.canonical: m for m in with_rivals(own, [*named, *alone], SURE, spec, sample)}
    unused = [
        name
        for name in table.column_names
        if name not in {m.source for m in chosen.values() if m.canonical in overrides}
        and name not in taken
    ]
    for column in wanted:
        if is_money(column):
            total = product(unused, chosen.get(column.name), column.name)
            chosen |= {column.name: _of_all(table, total)} if total else {}
    return tuple(chosen[column.name] for column in spec.columns if column.name in chosen)


def _of_all(table: pa.Table, total: Mapped) -> Mapped:
    """The price alone where it is the one of all pieces."""
    count, price = parts(total.source, table)
    if not price_of_all(table, count, price):
        return total
    why = f"the price of all pieces of a row, for it grows with {count!r}"
    return Mapped(total.canonical, price, total.confidence, why)


def near_misses(
    table: pa.Table, spec: TableSpec, mapping: Collection[Mapped], taken: Collection[str] = ()
) -> tuple[Mapped, ...]:
    """Free columns that are named like one that was not found, but whose values do not fit."""
    found = {m.canonical for m in mapping}
    used = {part for m in mapping for part in parts(m.source, table)} | set(taken)
    sample, best = _sample(table), []
    for column in spec.columns:
        # What dates and money look like that cannot be read is told where these are read.
        if column.name not in found and column.required and column.kind not in _READ:
            words = foreign_words(column, spec)
            free = [name for name in table.column_names if name not in used]
            scored = [by_name(column, name, None, words) for name in free]
            named = max(scored, key=lambda m: m.confidence, default=None)
            if named and named.confidence:
                full = by_name(column, named.source, sample[named.source], words)
                best.append(near_miss(column, full, sample[named.source]))
    return tuple(best)


def _only_amounts(
    wanted: list[Column],
    chosen: dict[str, Mapped],
    sample: pa.Table,
    foreign: Mapping[str, frozenset[str]],
) -> list[Mapped]:
    """An amount that nobody named, where just one free column holds amounts with decimals."""
    taken = {part for m in chosen.values() for part in parts(m.source, sample)}
    free = [name for name in sample.column_names if name not in taken]
    left = [column for column in wanted if is_money(column) and column.name not in chosen]
    if len(left) != 1:
        return []
    words = foreign[left[0].name]
    free = [name for name in free if not says_other(name, words) and has_cents(sample[name])]
    if len(free) != 1:
        return []
    why = "its name says nothing, but it is the only column of amounts with decimals"
    return [Mapped(left[0].name, free[0], 0.5, why)]


def _only_numbers(
    wanted: list[Column], chosen: dict[str, Mapped], sample: pa.Table
) -> list[Mapped]:
    """An amount in the one column that is left of three, where it has no name to speak of."""
    taken = {part for m in chosen.values() for part in parts(m.source, sample)}
    free = [name for name in sample.column_names if name not in taken]
    left = [column for column in wanted if is_money(column) and column.name not in chosen]
    if len(free) != 1 or len(left) != 1 or len(taken) != 2 or not nameless(free[0]):
        return []
    if not plain_numbers(sample[free[0]]):
        return []
    why = "its name says nothing, but it is the only other column, and all of it are numbers"
    return [Mapped(left[0].name, free[0], 0.5, why)]


def _numbers_first(column: Column, named: list[Mapped], sample: pa.Table) -> list[Mapped]:
    """What fits a column by name; where there are numbers or addresses too, names come after."""
    mine = [one for one in named if one.canonical == column.name]
    if column.kind != "id":
        return mine
    called = {m.source for m in mine if m.confidence >= SURE and names_of_people(sample[m.source])}
    if not any(m.confidence >= SURE and m.source not in called for m in mine):
        return mine
    why = "but it holds names"
    return [
        replace(m, confidence=round(_CALLED * m.confidence, 3), reason=f"{m.reason}, {why}")
        if m.source in called
        else m
        for m in mine
    ]


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
                f"Did you mean --column {canonical}={typed(near)}?"
                if near
                else f"Name one of them: --column {canonical}=NAME.",
            )
    if len(parts(source, table)) > 2:
        raise Problem(
            f"{source!r}, given for {canonical}, multiplies more than two columns.",
            "A value is one column, or the product of two such as Quantity*UnitPrice.",
            f"Name one or two columns: --column {canonical}=A*B.",
        )


def _override(table: pa.Table, spec: TableSpec, canonical: str, source: str) -> Mapped | None:
    known = [column.name for column in spec.columns]
    if canonical not in known:
        near = _nearest(canonical, known)
        raise Problem(
            f"The table {spec.name} has no column {canonical!r} to be given.",
            f"Its columns are: {', '.join(known)}.",
            f"Did you mean --column {near}={typed(source)}?" if near else "Name one of them.",
        )
    if not source.strip():
        _may_be_left_out(table, spec, canonical)
        return None
    check_columns(table, canonical, source)
    return Mapped(canonical, source, 1.0, "you chose it")


def _may_be_left_out(table: pa.Table, spec: TableSpec, canonical: str) -> None:
    if not spec.column(canonical).required:
        return
    free = ", ".join(column.name for column in spec.columns if not column.required)
    raise Problem(
        f"No column is given for {canonical}, which {spec.name} cannot do without.",
        f"What can be left out: {free or 'nothing'}. The columns there are: "
        f"{', '.join(table.column_names)}.",
        f"Name one of them: --column {canonical}=NAME.",
    )


def _nearest(name: str, names: list[str]) -> str | None:
    by_plain = {plain(one): one for one in names}
    near = difflib.get_close_matches(plain(name), list(by_plain), 1, 0.5)
    return by_plain[near[0]] if near else None


def _sample(table: pa.Table) -> pa.Table:
    size = table.num_rows
    if size <= _SAMPLE:
        return table
    return table.take(pa.array(np.linspace(0, size - 1, _SAMPLE).astype(np.int64)))


def _alone(column: Column, spec: TableSpec) -> bool:
    """Whether content may speak for a column: not where two of ids could be taken for each other."""
    return column.kind != "id" or [one.kind for one in spec.columns].count("id") == 1
