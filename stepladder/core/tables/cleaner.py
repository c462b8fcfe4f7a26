"""A dirty table to a clean one, with every row that was dropped or changed counted by reason."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.core.tables.address import without_password
from stepladder.core.tables.columns import check_columns, find_columns
from stepladder.core.tables.ids import texts, typed_ids
from stepladder.core.tables.last_day import last_day
from stepladder.core.tables.raw import Raw
from stepladder.core.tables.reasons import Value, drop_rows
from stepladder.core.tables.report import DataReport, Finding, Mapped
from stepladder.core.tables.rows import Rows
from stepladder.core.tables.sources import read
from stepladder.core.tables.spec import Choices, Cleaned, TableSpec
from stepladder.core.tables.values import Amount, Day, read_amount, read_day


def clean(source: str, spec: TableSpec, choices: Choices) -> Cleaned:
    """Cleans a table: what stays is usable, what goes is counted; the source is not touched.

    Raises Problem if the source cannot be read, a column is missing or nothing usable remains.
    """
    raw = read(source, choices.encoding, choices.separator, choices.header)
    for canonical, name in choices.columns.items():
        check_columns(raw.table, canonical, name)
    need_columns(source, spec, tuple(choices.columns), raw.table.column_names)
    values = {
        column.name: _value(raw.table, column.kind, choices.columns[column.name], choices)
        for column in spec.columns
        if column.name in choices.columns
    }
    rows = Rows(raw)
    drop_rows(rows, spec, choices, values)
    if not rows.kept.any():
        raise _nothing(source, rows)
    return _result(source, spec, choices, values, rows)


def need_columns(source: str, spec: TableSpec, mapped: tuple[str, ...], names: list[str]) -> None:
    """Raises Problem if a required column was not found in the source."""
    for column in spec.columns:
        if column.required and column.name not in mapped:
            what = {"day": "date", "id": f"{column.name} (id)"}.get(column.kind, column.name)
            raise Problem(
                f"No {what} column was found in {without_password(source)}.",
                f"{spec.name} needs {column.name} ({column.sentence}). "
                f"The columns there are: {', '.join(names)}.",
                f"Name it with --column {column.name}=NAME.",
            )


def _value(table: pa.Table, kind: str, source: str, choices: Choices) -> Value:
    if kind == "day":
        return read_day(table, source, choices)
    if kind == "amount":
        return read_amount(table, source, choices)
    return texts(table.column(source))


def _nothing(source: str, rows: Rows) -> Problem:
    found = "; ".join(f"{one.count:,} × {one.reason}" for one in rows.dropped())
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
) -> Cleaned:
    kept = rows.kept
    columns, changed, notes = {}, list(rows.raw.changed), list(rows.raw.notes)
    for column in spec.columns:
        if column.name in values:
            array, more, said = _column(column.name, column.kind, values[column.name], rows)
            columns[column.name] = array.filter(pa.array(kept))
            changed += more
            notes += said
        else:
            notes.append(f"The source has no {column.name}; the column is empty.")
            columns[column.name] = pa.nulls(int(kept.sum()), _EMPTY[column.kind])
    columns["row"] = pa.array(rows.raw.row[kept])
    table = pa.table(columns)
    time = values.get(spec.time) if spec.time else None
    whole, said_last = (
        last_day(time.dates.day[kept], time.dates.second[kept])
        if isinstance(time, Day)
        else (True, "The table has no time.")
    )
    dropped = rows.dropped()
    read_rows = len(kept) + sum(one.count for one in rows.raw.lost)
    report = DataReport(
        without_password(source),
        rows.raw.place,
        read_rows,
        int(kept.sum()),
        dropped,
        tuple(changed),
        _mapping(rows.raw, spec, choices),
        choices,
        tuple(notes),
        whole,
        said_last,
    )
    return Cleaned(_sorted(table, spec), report)


_EMPTY = {"id": pa.string(), "text": pa.string(), "amount": pa.float64(), "day": pa.date32()}


def _column(
    name: str,
    kind: str,
    value: Value,
    rows: Rows,
) -> tuple[pa.Array, list[Finding], list[str]]:
    """A clean column (of all rows), what was changed in it, and what is worth a note."""
    kept, notes = rows.kept, []
    if isinstance(value, Day):
        days = pa.array(value.dates.day.astype(np.int32), mask=~value.dates.found)
        return days.cast(pa.date32()), [], []
    if isinstance(value, Amount):
        return _amount_column(name, value, rows)
    changed = rows.found(
        value.trimmed & kept,
        f"blanks around {name}",
        f"rows had blanks around the {name}; they were taken away",
    )
    array = value.text
    if kind == "id":
        array, cut = typed_ids(array, kept & ~value.missing)
        changed += rows.found(
            cut, f"fraction in {name}", f"rows had a {name} ending in .0; the ending was taken away"
        )
        if pa.types.is_string(array.type) and _zeros(array.filter(pa.array(kept))):
            notes.append(f"Some values of {name} begin with zeros; they are kept as text.")
    if value.missing.any():
        array = pc.if_else(pa.array(value.missing), pa.scalar(None, array.type), array)
    return array, list(changed), notes


def _zeros(ids: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(ids, r"^0\d+$")).as_py())


def _amount_column(
    name: str,
    value: Amount,
    rows: Rows,
) -> tuple[pa.Array, list[Finding], list[str]]:
    kept = rows.kept
    changed = [
        *rows.found(
            value.unreadable & kept,
            f"unreadable {name}",
            f"rows have a {name} that is not an amount; it was left empty",
        ),
        *rows.found(
            value.other & kept,
            f"other decimal mark in {name}",
            f"rows have a {name} with another decimal mark than the rest",
        ),
    ]
    said = [
        (value.missing, f"without a {name}: it is left empty."),
        (value.value == 0, f"with a {name} of zero: they are kept."),
        (
            value.written,
            f"whose {name} was written with a sign, a currency, thousands or a decimal comma: "
            "it was read as a plain number.",
        ),
    ]
    counts = [(int((where & kept).sum()), words) for where, words in said]
    notes = [f"{n:,} {'row' if n == 1 else 'rows'} {words}" for n, words in counts if n]
    return pa.array(value.value, mask=np.isnan(value.value)), changed, notes


def _mapping(raw: Raw, spec: TableSpec, choices: Choices) -> tuple[Mapped, ...]:
    found = {m.canonical: m for m in find_columns(raw.table, spec, {})}
    return tuple(
        found[name]
        if name in found and found[name].source == source
        else Mapped(name, source, 1.0, "you chose it")
        for name, source in choices.columns.items()
    )


def _sorted(table: pa.Table, spec: TableSpec) -> pa.Table:
    names = [spec.time] if spec.time else []
    keys = [_ranks(table.column(name)) for name in (*names, *spec.key, "row")]
    return table.take(pa.array(np.lexsort(keys[::-1])))


def _ranks(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Numbers that sort as the values do; missing values come last."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    rank = np.empty(len(encoded.dictionary), np.int64)
    rank[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(rank))
    return np.asarray(rank[encoded.indices.to_numpy()])
