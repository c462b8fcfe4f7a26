"""A first look at a table, and the choices that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.table import TableSpec
from stepladder.tables.amounts.texts import decimal_mark
from stepladder.tables.choices import Choices
from stepladder.tables.cleaner import need_columns
from stepladder.tables.columns.find import find_columns, near_misses, parts
from stepladder.tables.columns.unread import refuse_unread_money
from stepladder.tables.dates.dates import day_order
from stepladder.tables.dates.swapped import swapped, swapped_days
from stepladder.tables.dates.texts import read_dates
from stepladder.tables.dates.typed import typed_dates
from stepladder.tables.findings import Mapped
from stepladder.tables.ids.ids import texts
from stepladder.tables.raw import Look, Raw
from stepladder.tables.sales.beside import ROLES, find_beside
from stepladder.tables.sales.settle import agreed_on
from stepladder.tables.series.asked import asked_of_gaps
from stepladder.tables.series.given import with_series
from stepladder.tables.series.shape import shaped
from stepladder.tables.sources.address import without_password
from stepladder.tables.sources.read import read
from stepladder.tables.values import unclear_order

Ask = Callable[[str, Sequence[str]], str]
Mark = Literal[".", ","]
_NONE = "(there is none)"
_TOLD = "the form of the table says so"


def look(
    source: str,
    spec: TableSpec,
    overrides: Mapping[str, str],
    *,
    encoding: str | None = None,
    separator: str | None = None,
    sheet: str | None = None,
    raw: Raw | None = None,
    taken: Collection[str] = (),
    shape: Mapping[str, Any] = MappingProxyType({}),
) -> Look:
    """Looks at a table: how it is written, and which columns serve the question.

    `shape` is what was said of its form: `only`, `wide`, `every`, `to_number`. Raises Problem if the
    source cannot be read or an override names no column.
    """
    raw = raw or read(source, encoding, separator, None, sheet)
    raw = shaped(raw, spec, overrides, shape)
    if by := shape.get("by", ()):
        raw, overrides = with_series(raw, spec, by, overrides)
        taken = {*taken, *by}
    own = {name: one for name, one in overrides.items() if not _gone(raw, name, one)}
    overrides, told = {**raw.told, **own}, {*raw.told} - {*own}
    own = {name: one for name, one in overrides.items() if name not in ROLES or _has(spec, name)}
    beside = {name: one for name, one in overrides.items() if name not in own}
    mapping = find_columns(raw.table, spec, own, taken)
    mapping = tuple(replace(m, reason=_TOLD) if m.canonical in told else m for m in mapping)
    refuse_unread_money(raw, spec, mapping, own, taken)
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
        () if spec.regular else find_beside(raw.table, spec, mapping, beside),
        near_misses(raw.table, spec, mapping, taken),
        raw,
    )


def _gone(raw: Raw, name: str, source: str) -> bool:
    """Whether a column that was named is no more, for the table was made long."""
    return name in raw.told and source not in raw.table.column_names


def _has(spec: TableSpec, name: str) -> bool:
    return any(column.name == name for column in spec.columns)


def _order(table: pa.Table, spec: TableSpec, mapping: Sequence[Mapped]) -> tuple[str, list[str]]:
    for mapped in mapping:
        if spec.column(mapped.canonical).kind not in ("day", "time"):
            continue
        column = table.column(mapped.source)
        if typed_dates(column, date(2100, 1, 1)) is not None:
            continue
        read = texts(column)
        dates = read_dates(read.words, "clear", date(2100, 1, 1))
        at = swapped(read.words, dates)
        if len(at):
            return "swapped", read.words.take(pa.array(at)).to_pylist()
        order, at = day_order(dates[read.at])
        if order != "clear":
            return order, read.words.take(pa.array(read.at[at])).to_pylist()
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
        if spec.column(m.canonical).kind in ("amount", "number")
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
    time: Literal["column", "random"] = "column",
    own: bool = True,
    today: date | None = None,
    **sales: Any,
) -> Choices:
    """Freezes every choice, so that later runs ask nothing; what is unclear is asked, or an error.

    `time` is "random" to accept that there is none; `own` is False where the source is another
    table's, so that only the named columns are taken from it.

    `sales` are what the Choices know of currencies, of days wanted and of strangers.

    `ask_user(question, answers)` returns one of the answers; None where nobody can be asked:
    then an unclear order of day and month, or decimal mark, is a Problem that names the flag.
    """
    spec = seen.spec
    by_chance = _by_chance(spec, time)
    columns = {m.canonical: m.source for m in seen.mapping if m.canonical != by_chance}
    for name in seen.missing:
        if ask_user is not None and name != by_chance:
            columns |= _asked(name, seen, ask_user)
    if ask_user is not None:
        columns |= {m.canonical: _between(m, spec, ask_user) for m in seen.mapping if m.rivals}
    there = {**columns, **({by_chance: ""} if by_chance else {})}
    need_columns(seen.source, spec, there, seen.columns, seen.near, seen.raw and seen.raw.table)
    chosen = Choices(
        columns,
        seen.encoding,
        seen.separator,
        seen.header,
        decimal or _ask_decimal(seen, ask_user),
        day_order or _ask_order(seen, ask_user),
        duplicates,
        refunds,
        today or date.today(),
        "random" if by_chance else "column",
        spec.rest and own and not spec.regular,
        beside={m.canonical: m.source for m in seen.beside},
        sheet=seen.raw.sheet if seen.raw else None,
        **_shaped_as(seen, sales),
    )
    if seen.raw is None:
        return chosen
    if spec.regular and ask_user is not None:
        return asked_of_gaps(seen.raw, spec, chosen, ask_user)
    return agreed_on(seen.raw, spec, chosen, ask_user)


def _shaped_as(seen: Look, sales: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody chose; of a table's form it is what its shape came to."""
    shape = dict((seen.raw and seen.raw.shape) or {})
    said = {n: one for n, one in sales.items() if one is not None and n not in ("only", "wide")}
    ready = {"added": False} if "numbered" in shape else {}  # a number stands once in a series
    return {**shape, **said, **ready}


def _by_chance(spec: TableSpec, time: str) -> str | None:
    """The column of time, where it is to be dealt at random; Problem where that makes no sense."""
    if time not in ("column", "random"):
        raise Problem(f"time is {time!r}", "it is column or random", "leave it away")
    if time == "column" or spec.time is None:
        return None
    if spec.column(spec.time).kind == "day" or spec.regular:
        raise Problem(
            "--no-time was given",
            f"{spec.name} needs {spec.time} ({spec.column(spec.time).sentence}): this question is "
            "about when things happen, and cannot be asked of random days",
            f"leave --no-time away, and name the column: --column {spec.time}=NAME",
        )
    return spec.time


def _asked(name: str, seen: Look, ask_user: Ask) -> dict[str, str]:
    column = seen.spec.column(name)
    answers = (
        [*seen.columns, _NONE] if column.kind == "time" and not seen.spec.regular else seen.columns
    )
    answer = ask_user(f"Which column holds the {name} ({column.sentence})?", answers)
    return {} if answer == _NONE else {name: answer}


def _between(mapped: Mapped, spec: TableSpec, ask_user: Ask) -> str:
    """Which of a column and those that fit nearly as well is meant."""
    answers = (mapped.source, *mapped.rivals)
    sentence = spec.column(mapped.canonical).sentence
    return ask_user(f"Which column is the {mapped.canonical} ({sentence})?", answers)


def settled(seen: Look, choices: Choices, asked: bool) -> Look:
    """The look with the columns that were chosen in the end; who was asked is not told of rivals."""
    found = {m.canonical: m for m in seen.mapping}
    mapping = []
    for name, source in choices.columns.items():
        mapped = found.get(name)
        if mapped is None or mapped.source != source:
            mapped = Mapped(name, source, 1.0, "you chose it")
        mapping.append(replace(mapped, rivals=()) if asked else mapped)
    return replace(seen, mapping=tuple(mapping))


def _ask_order(seen: Look, ask_user: Ask | None) -> str:
    if seen.day_order not in ("ambiguous", "contradictory", "swapped"):
        return seen.day_order
    days = [m.source for m in seen.mapping if seen.spec.column(m.canonical).kind in ("day", "time")]
    if seen.day_order == "swapped":
        raise swapped_days(", ".join(days), list(seen.day_examples))
    if ask_user is None:
        raise unclear_order(", ".join(days), seen.day_order, list(seen.day_examples))
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
