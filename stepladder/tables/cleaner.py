"""A dirty table to a clean one, with every row that was dropped or changed counted by reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.core.table import Column, TableSpec
from stepladder.tables.choices import INTEGER, Choices
from stepladder.tables.clean_columns import EMPTY, clean_column, other_columns
from stepladder.tables.columns.find import check_columns, parts
from stepladder.tables.columns.given import idle, say_counts
from stepladder.tables.columns.naming import is_money
from stepladder.tables.columns.rivals import flag, said_of_rivals
from stepladder.tables.columns.unread import money_in_words
from stepladder.tables.dates.far import set_far_days_aside
from stepladder.tables.dates.last_day import last_day
from stepladder.tables.dates.near import near_dates
from stepladder.tables.dates.offsets import clock_of
from stepladder.tables.dates.typed import dealt
from stepladder.tables.findings import Finding, Mapped
from stepladder.tables.ids.damaged import check_ids
from stepladder.tables.ids.ids import Texts, texts
from stepladder.tables.ids.once import once
from stepladder.tables.ids.spelling import as_written, one_spelling, whole_numbers
from stepladder.tables.ids.strangers import set_strangers_aside
from stepladder.tables.plural import agreeing
from stepladder.tables.raw import Raw
from stepladder.tables.report import Cleaned, DataReport
from stepladder.tables.rows.order import ordered
from stepladder.tables.rows.reasons import Value, drop_duplicates, drop_unusable
from stepladder.tables.rows.rows import Rows
from stepladder.tables.sales.refunds import drop_refunds
from stepladder.tables.sales.settle import may_be_undone, settle
from stepladder.tables.series.added import added_up, finished
from stepladder.tables.series.by import joined
from stepladder.tables.series.recognised import one_series
from stepladder.tables.series.shape import shaped_again
from stepladder.tables.sources.address import without_password
from stepladder.tables.sources.read import read
from stepladder.tables.totals import totals
from stepladder.tables.types import drop_other_ids
from stepladder.tables.values import Day, read_amount, read_content, read_day

Bools = npt.NDArray[np.bool_]


def clean(
    source: str,
    spec: TableSpec,
    choices: Choices,
    raw: Raw | None = None,
    mapping: Sequence[Mapped] = (),
) -> Cleaned:
    """Cleans a table: what stays is usable, what goes is counted; the source is not touched.

    `raw` is the source where it was read already, `mapping` how the columns were found. Raises
    Problem if it cannot be read, a column is missing or nothing usable remains.
    """
    how = (choices.encoding, choices.separator, choices.header, choices.sheet, choices.version)
    raw = shaped_again(raw or read(source, *how), spec, choices)
    raw = joined(raw, choices.by, spec.key[0])
    by_chance = spec.time if spec.time and choices.time == "random" else None
    for canonical, name in choices.columns.items():
        check_columns(raw.table, canonical, name)
    there = {**choices.columns, **({by_chance: ""} if by_chance else {})}
    need_columns(source, spec, there, raw.table.column_names, raw.table)
    values = {
        column.name: _value(raw.table, column, choices.columns[column.name], choices)
        for column in spec.columns
        if column.name in choices.columns
    }
    rows = Rows(raw)
    for one in mapping:
        if one.rivals:
            rows.warn("rival-column", said_of_rivals(spec, one))
    drop_unusable(rows, spec, choices, values)
    set_far_days_aside(rows, spec, values, choices)
    check_ids(rows, spec, values, choices)
    set_strangers_aside(rows, spec, values, choices)
    settled = _settled(rows, spec, values, choices)
    if by_chance:
        values[by_chance] = Day(dealt(raw.row), np.zeros(len(raw.row), bool))
    several = settled + (once(rows, spec, values) if spec.unique else ())
    drop_other_ids(rows, spec, values, choices)
    added = added_up(rows, spec, values, choices) if spec.regular else None
    choices = added.choices if added else choices
    if not rows.kept.any():
        raise _nothing(source, rows)
    mapping = tuple(mapping) or _as_frozen(choices)
    made = _result(source, spec, choices, values, rows, several, mapping)
    return finished(made, spec, added)


def _settled(
    rows: Rows, spec: TableSpec, values: dict[str, Value], choices: Choices
) -> tuple[Finding, ...]:
    """Drops repetitions and refunds, when what was undone has met what undid it."""
    if not may_be_undone(spec, choices):
        drop_refunds(rows, spec, values, choices)
        drop_duplicates(rows, spec, choices)
        return ()
    drop_duplicates(rows, spec, choices)  # or an order that stands there twice would be half undone
    changed = settle(rows, spec, values, choices)
    drop_refunds(rows, spec, values, choices)
    return changed


def need_columns(
    source: str,
    spec: TableSpec,
    found: Mapping[str, str],
    names: Sequence[str],
    near: Sequence[Mapped] = (),
    table: pa.Table | None = None,
) -> None:
    """Raises Problem if a required column was not found in the source; names what comes near."""
    missing = [c for c in spec.columns if c.required and c.name not in found]
    if not missing:
        return
    what = " and no ".join(
        {"day": "date", "id": f"{one.name} (id)"}.get(one.kind, one.name) for one in missing
    )
    others = ", ".join(f"{name} is {column}" for name, column in found.items() if column)
    needs = " and ".join(f"{column.name} ({column.sentence})" for column in missing)
    like = ""
    if table is not None and any(column.kind in ("day", "time") for column in missing):
        like = near_dates(table, found.values())
    flags = " and ".join(flag(spec, column.name, "NAME") for column in missing)
    lost = [c.name for c in missing]
    close = [f"A near miss: {m.source!r}, {m.reason}." for m in near if m.canonical in lost]
    raise Problem(
        f"No {what} column was found in {without_password(source)}"
        + (f" ({others})." if others else ".")
        + "".join(f" {one}" for one in close)
        + like,
        f"{spec.name} needs {needs}. The columns there are: {', '.join(names)}.",
        (
            f"Mend these texts, or name another column with {flags}."
            if like
            else f"Name it with {flags}."
        )
        + one_series(spec, lost, found)
        + (NO_TIME if any(c.kind == "time" for c in missing) and not spec.regular else ""),
    )


NO_TIME = (
    " If there is no time at all, --no-time gives every row a random day; every figure is then "
    "rosier than life, and the report says so."
)


def _value(table: pa.Table, column: Column, source: str, choices: Choices) -> Value:
    kind = column.kind
    if kind in ("day", "time"):
        return read_day(table, source, choices)
    if kind in ("amount", "number"):
        return read_amount(table, source, choices)
    if kind in ("long", "bytes"):
        return read_content(table, source, kind)
    if kind == "id" and choices.version > 1:
        read = one_spelling(table.column(source), choices.decimal)
    else:
        read = texts(table.column(source), choices.version)
    return whole_numbers(read) if choices.types.get(column.name) == INTEGER else read


def _nothing(source: str, rows: Rows) -> Problem:
    gone = (*rows.dropped(), *rows.set_aside())
    found = "; ".join(f"{one.count:,} × {one.reason}" for one in gone)
    return Problem(
        f"Nothing usable remains of {without_password(source)}: {found or 'no rows'}.",
        "At least one row must have every required column.",
        "Look at the rows named above; the wrong column may have been taken "
        "(--column), or the wrong separator or encoding.",
    )


def _result(
    source: str,
    spec: TableSpec,
    choices: Choices,
    values: dict[str, Value],
    rows: Rows,
    several: tuple[Finding, ...],
    mapping: tuple[Mapped, ...],
) -> Cleaned:
    kept = rows.kept
    columns, changed, notes = {}, [*rows.raw.changed, *several], list(rows.raw.notes)
    borrowed = spec.within is not None and not choices.rest
    for column in spec.columns:
        if column.name in values:
            array, more, said = clean_column(
                column.name,
                column.kind,
                values[column.name],
                rows,
                choices.types.get(column.name, ""),
            )
            columns[column.name] = array if kept.all() else array.filter(pa.array(kept))
            changed += more
            notes += said
        else:
            if not borrowed:
                notes.append(f"The source has no {column.name}; the column is empty.")
            columns[column.name] = pa.nulls(int(kept.sum()), EMPTY[column.kind])
    if borrowed:
        notes.append(
            f"The {spec.name} have no source of their own: read from that of {spec.within}."
        )
    if spec.time and choices.time == "random":
        notes.insert(0, BY_CHANCE)
    if choices.rest:
        others, said = other_columns(rows, spec, choices)
        columns |= others
        notes += said
    columns["row"] = pa.array(rows.raw.row[kept])
    whole, said_last = _last_day(spec, choices, values, kept)
    before = (*rows.raw.lost, *rows.raw.aside)
    read_rows = len(kept) + sum(one.count for one in before)
    if choices.version > 1:
        _say_unsure(rows, spec, mapping)
        say_counts(rows, spec, values, choices)
        notes += idle(rows.raw.table, values, choices)
    choices = replace(choices, clock=_clock(values) or choices.clock)
    cleaned = ordered(pa.table(columns), spec)
    report = DataReport(
        without_password(source),
        rows.raw.place,
        read_rows,
        int(kept.sum()),
        rows.dropped(),
        tuple(changed),
        mapping,
        choices,
        tuple(notes),
        whole,
        said_last,
        rows.set_aside(),
        tuple(replace(one, sentence=agreeing(one.sentence)) for one in rows.warnings),
        _beside(choices),
        _unused(rows.raw, choices),
        totals(cleaned, spec, orders=_orders(rows, choices), dated=choices.time != "random"),
    )
    ids = {name: one for name in spec.key if isinstance(one := values.get(name), Texts)}
    return Cleaned(cleaned, report, as_written(ids, columns, kept))


def _clock(values: Mapping[str, Value]) -> tuple[str, ...]:
    """By which offsets from Greenwich the table's days are, where any is written."""
    clocks = [one.clock for one in values.values() if isinstance(one, Day) and one.clock]
    return tuple(map(clock_of, clocks[0])) if clocks else ()


def _orders(rows: Rows, choices: Choices) -> int | None:
    """How many different orders the rows are of, where a column numbers them."""
    source = choices.beside.get("order")
    if not source:
        return None
    return int(pc.count_distinct(rows.raw.table.column(source).filter(pa.array(rows.kept))).as_py())


def _say_unsure(rows: Rows, spec: TableSpec, mapping: tuple[Mapped, ...]) -> None:
    """What no name says is money, and was taken for it; and what is called so, and was not."""
    for column, name, some in money_in_words(rows.raw, spec, mapping):
        rows.warn(
            "unread-amount",
            f"{name!r} is called like the {column}, but holds no amounts, so no row has a {column}. "
            f"Name the column that has it with {flag(spec, column, 'NAME')}, or none with "
            f"{flag(spec, column, '')}",
            some,
        )
    for one in mapping:
        if is_money(spec.column(one.canonical)) and "its name says nothing" in one.reason:
            rows.warn(
                "unsure-amount",
                f"{one.source!r} was taken for the {one.canonical}: {one.reason}. If that is wrong, "
                f"name another column with {flag(spec, one.canonical, 'OTHER')}, or none with "
                f"{flag(spec, one.canonical, '')}",
            )


def _last_day(
    spec: TableSpec, choices: Choices, values: dict[str, Value], kept: Bools
) -> tuple[bool, str]:
    if spec.time is None:
        return True, "The table has no time: what it says is taken as known today."
    if choices.time == "random":
        return True, "The days are random; the last one is taken as complete."
    if spec.time not in values:
        return True, f"The source has no {spec.time}: what it says is taken as known today."
    time = values[spec.time]
    assert isinstance(time, Day)
    return last_day(time.dates.day[kept], time.dates.second[kept])


BY_CHANCE = (
    "There is no time: every row was given a random day. What a rung learns may have happened "
    "after what it is examined on, so every figure is rosier than life."
)


def _beside(choices: Choices) -> tuple[Mapped, ...]:
    found = choices.beside.items()
    return tuple(Mapped(role, source, 1.0, "noticed") for role, source in found if source)


def _unused(raw: Raw, choices: Choices) -> tuple[str, ...]:
    """Columns of the source that nothing was taken from."""
    if choices.rest:
        return ()
    used = {*choices.beside.values()}
    used |= {*choices.by}
    used |= {part for source in choices.columns.values() for part in parts(source, raw.table)}
    return tuple(name for name in raw.table.column_names if name not in used)


def _as_frozen(choices: Choices) -> tuple[Mapped, ...]:
    found = choices.columns.items()
    return tuple(Mapped(name, source, 1.0, "chosen before") for name, source in found)
