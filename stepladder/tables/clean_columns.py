"""Clean columns of the kept rows: each of its own type, with what was changed and worth a note."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.table import TableSpec
from stepladder.tables.choices import NUMBER, TEXT, Choices
from stepladder.tables.columns.find import parts
from stepladder.tables.dates.typed import counted_as, stamped
from stepladder.tables.findings import Finding
from stepladder.tables.ids.ids import Texts, texts, typed_ids
from stepladder.tables.rows.reasons import Value
from stepladder.tables.rows.rows import Rows
from stepladder.tables.types import say_other
from stepladder.tables.values import Amount, Content, Day

Bools = npt.NDArray[np.bool_]

_NUMBER = r"^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?$"


EMPTY = {
    "id": pa.string(),
    "text": pa.string(),
    "amount": pa.float64(),
    "number": pa.float64(),
    "day": pa.date32(),
    "time": pa.timestamp("us"),
    "long": pa.string(),
    "bytes": pa.binary(),
}


def clean_column(
    name: str,
    kind: str,
    value: Value,
    rows: Rows,
    type_: str = "",
) -> tuple[pa.Array, list[Finding], list[str]]:
    """A clean column (of all rows), what was changed in it, and what is worth a note."""
    kept, notes = rows.kept, []
    if isinstance(value, Day):
        notes = counted_as(name, value.dates, kept) + _zero_note(name, value, kept)
        if kind == "time":
            return stamped(value.dates), [], notes
        days = pa.array(value.dates.day.astype(np.int32), mask=~value.dates.found)
        return days.cast(pa.date32()), [], notes
    if isinstance(value, Amount):
        return _amount_column(name, value, rows)
    if isinstance(value, Content):
        said = f"rows had a {name} with stray bytes or decomposed letters; they were repaired"
        mended = rows.found(value.repaired & kept, f"characters in {name}", said)
        return _or_null(value.values, value.missing), list(mended), notes
    changed = rows.found(
        value.trimmed & kept,
        f"blanks around {name}",
        f"rows had blanks or a spreadsheet's guards around the {name}; they were taken away",
    )
    for one in value.mended:
        there = one.words.to_numpy(zero_copy_only=False)[value.at] & kept
        changed += rows.found(there, f"{one.what} {name}", f"rows had a {name} {one.sentence}")
    if kind == "id":
        array, cut = typed_ids(value, kept & ~value.missing, type_)
        changed += rows.found(
            cut, f"fraction in {name}", f"rows had a {name} ending in .0; the ending was taken away"
        )
        if pa.types.is_string(array.type) and _zeros(value, kept):
            notes.append(f"Some values of {name} begin with zeros; they are kept as text.")
    else:
        array = value.text
    return _or_null(array, value.missing), list(changed), notes


def _zero_note(name: str, value: Day, kept: Bools) -> list[str]:
    count = 0 if value.zeros is None else int((value.zeros & kept).sum())
    return [f"{count:,} × {name} of zeros (0000-00-00): it is left empty."] if count else []


def _or_null(array: pa.Array, missing: Bools) -> pa.Array:
    if not missing.any():
        return array
    return pc.if_else(pa.array(missing), pa.scalar(None, array.type), array)


def _zeros(ids: Texts, kept: Bools) -> bool:
    zeros = pc.match_substring_regex(ids.words, r"^0\d+$").to_numpy(zero_copy_only=False)
    return bool(zeros.any() and zeros[ids.at[kept]].any())


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


def other_columns(
    rows: Rows, spec: TableSpec, choices: Choices
) -> tuple[dict[str, pa.Array], list[str]]:
    """The source's other columns under their own names, as numbers, text or bytes, for the kept rows."""
    table, kept = rows.raw.table, pa.array(rows.kept)
    used = {part for source in choices.columns.values() for part in parts(source, table)}
    taken = {column.name for column in spec.columns} | {"row"}
    found: dict[str, pa.Array] = {}
    for name in table.column_names:
        if name not in used:
            free = _free(name, taken)
            taken.add(free.lower())
            type_ = choices.types.get(free, "")
            _say_other(rows, name, free, type_, choices.version)
            found[free] = _number_or_text(table.column(name).filter(kept), choices.version, type_)
    said = [f"Other columns are kept as they are: {', '.join(found)}."] if found else []
    return found, said


def _free(name: str, taken: set[str]) -> str:
    """The name, or with a number if it is taken; SQL does not tell capitals from small letters."""
    tries = [name, *(f"{name}_{i}" for i in range(2, len(taken) + 3))]
    return next(one for one in tries if one.lower() not in taken)


def _say_other(rows: Rows, source: str, name: str, type_: str, version: int) -> None:
    """Values that are no numbers in a column of numbers, which are left empty."""
    column = rows.raw.table.column(source)
    if type_ != NUMBER or not pa.types.is_string(column.type):
        return
    read = texts(column, version)
    number = pc.match_substring_regex(read.words, _NUMBER).to_numpy(zero_copy_only=False)
    filled = ~read.missing & rows.kept
    if (other := ~number[read.at] & filled).any():
        say_other(rows, name, source, NUMBER, other, filled, "left empty")


def _number_or_text(column: pa.ChunkedArray, version: int, type_: str) -> pa.Array:
    kind = column.type
    if pa.types.is_binary(kind):
        return column
    counts = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if counts and type_ != TEXT:
        return pc.cast(column, pa.float64(), safe=False).combine_chunks()
    read = texts(column, version)
    words = pc.if_else(pa.array(read.nothing), None, read.words)
    number = pc.match_substring_regex(words, _NUMBER)
    if type_ == NUMBER or (not type_ and pc.all(number, min_count=1).as_py()):
        words = pc.cast(pc.if_else(number, words, None), pa.float64())
    return words.take(pa.array(read.at))
