"""A first look at a table, and the choices that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal

import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.tables.address import without_password
from stepladder.core.tables.amounts import decimal_mark
from stepladder.core.tables.cleaner import need_columns
from stepladder.core.tables.columns import find_columns, parts
from stepladder.core.tables.dates import day_order, read_dates
from stepladder.core.tables.ids import texts
from stepladder.core.tables.report import Mapped
from stepladder.core.tables.sources import read
from stepladder.core.tables.spec import Choices, Look, TableSpec
from stepladder.core.tables.values import unclear_order

Ask = Callable[[str, Sequence[str]], str]
Mark = Literal[".", ","]


def look(
    source: str,
    spec: TableSpec,
    overrides: Mapping[str, str],
    *,
    encoding: str | None = None,
    separator: str | None = None,
) -> Look:
    """Looks at a table: how it is written, and which columns serve the question.

    Raises Problem if the source cannot be read or an override names no column.
    """
    raw = read(source, encoding, separator, None)
    mapping = find_columns(raw.table, spec, overrides)
    order, examples = _order(raw.table, spec, mapping)
    decimal, odd = _decimal(raw.table, spec, mapping, raw.separator)
    mapped = {m.canonical for m in mapping}
    return Look(
        without_password(source),
        spec,
        raw.encoding,
        raw.separator,
        raw.header,
        tuple(raw.table.column_names),
        raw.table.num_rows,
        mapping,
        tuple(c.name for c in spec.columns if c.required and c.name not in mapped),
        order,
        tuple(examples),
        decimal,
        tuple(odd),
        raw.notes,
    )


def _order(table: pa.Table, spec: TableSpec, mapping: Sequence[Mapped]) -> tuple[str, list[str]]:
    for mapped in mapping:
        column = (
            table.column(mapped.source) if spec.column(mapped.canonical).kind == "day" else None
        )
        if column is None or pa.types.is_temporal(column.type):
            continue
        text = texts(column).text
        order, at = day_order(read_dates(text, "clear", date(2100, 1, 1)))
        if order != "clear":
            return order, text.take(pa.array(at)).to_pylist()
    return "clear", []


def _decimal(
    table: pa.Table,
    spec: TableSpec,
    mapping: Sequence[Mapped],
    separator: str | None,
) -> tuple[str, list[str]]:
    """The mark that the amounts prove; failing that, what the table's other columns prove."""
    amounts = [
        part
        for m in mapping
        if spec.column(m.canonical).kind == "amount"
        for part in parts(m.source, table)
    ]
    found = [_mark(table, name) for name in amounts]
    proven = [mark for mark, _ in found if mark in (".", ",")]
    if proven:
        return str(proven[0]), []
    unsure = [example for mark, odd in found if mark == "ambiguous" for example in odd]
    if not unsure:
        return ".", []
    others = {
        _mark(table.slice(0, 20_000), name)[0]
        for name in table.column_names
        if name not in {m.source for m in mapping}
    }
    others &= {".", ","}
    return (str(others.pop()), []) if len(others) == 1 else ("ambiguous", unsure[:3])


def _mark(table: pa.Table, name: str) -> tuple[str | None, list[str]]:
    column = table.column(name)
    return decimal_mark(texts(column).text) if pa.types.is_string(column.type) else (None, [])


def choose(
    seen: Look,
    *,
    ask_user: Ask | None,
    day_order: str | None = None,
    decimal: Mark | None = None,
    duplicates: Literal["drop", "keep"] = "drop",
    refunds: Literal["drop", "keep"] = "drop",
    today: date | None = None,
) -> Choices:
    """Freezes every choice, so that later runs ask nothing; what is unclear is asked, or an error.

    `ask_user(question, answers)` returns one of the answers; None where nobody can be asked:
    then an unclear order of day and month, or decimal mark, is a Problem that names the flag.
    """
    columns = {m.canonical: m.source for m in seen.mapping}
    for name in seen.missing:
        if ask_user is not None:
            columns[name] = ask_user(f"Which column holds the {name}?", seen.columns)
    need_columns(seen.source, seen.spec, tuple(columns), list(seen.columns))
    return Choices(
        columns,
        seen.encoding,
        seen.separator,
        seen.header,
        decimal or _ask_decimal(seen, ask_user),
        day_order or _ask_order(seen, ask_user),
        duplicates,
        refunds,
        today or date.today(),
    )


def _ask_order(seen: Look, ask_user: Ask | None) -> str:
    if seen.day_order not in ("ambiguous", "contradictory"):
        return seen.day_order
    if ask_user is None:
        names = [m.source for m in seen.mapping if seen.spec.column(m.canonical).kind == "day"]
        raise unclear_order(", ".join(names), seen.day_order, list(seen.day_examples))
    answers = ["day first", "month first"]
    if seen.day_order == "contradictory":
        answers.append("mixed")
    return ask_user(
        f"Does the day or the month come first in {', '.join(seen.day_examples)}?", answers
    )


def _ask_decimal(seen: Look, ask_user: Ask | None) -> Mark:
    if seen.decimal != "ambiguous":
        return "," if seen.decimal == "," else "."
    shown = ", ".join(seen.decimal_examples)
    if ask_user is None:
        raise Problem(
            f"The amounts are ambiguous: nothing shows what the mark means in {shown}.",
            "1.234 may be a little over one, or one thousand two hundred thirty-four; "
            "this is never guessed.",
            "Say which mark the decimals have with --decimal . or --decimal ,",
        )
    answer = ask_user(f"Which mark comes before the decimals in {shown}?", (".", ","))
    return "," if answer == "," else "."
