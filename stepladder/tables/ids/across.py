"""What holds between tables: which columns agree, one type for an id in all, and what has no match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.table import TableSpec
from stepladder.tables.findings import Mapped
from stepladder.tables.ids.ids import texts
from stepladder.tables.report import Cleaned, DataReport
from stepladder.tables.rows.order import ordered


def agreed(specs: Sequence[TableSpec], cleaned: Mapping[str, Cleaned]) -> dict[str, Cleaned]:
    """The tables with ids that can be joined: integers if they are in every table, else text.

    A table that may be made from another's source also gets a note on how many ids of that
    other table it does not know.
    """
    found = dict(cleaned)
    for name in _shared(specs):
        having = [spec for spec in specs if name in spec.key and _said(found[spec.name], name)]
        kinds = {found[spec.name].table.schema.field(name).type for spec in having}
        for spec in having if len(kinds) > 1 else ():
            found[spec.name] = _as_text(found[spec.name], spec, name)
        for spec in having:
            other = next((one for one in having if one.name == spec.within), None)
            if other is not None:
                found[spec.name] = _counted(found[spec.name], spec, found[other.name], name)
    return found


def agreeing(
    ids: pa.ChunkedArray, of: str, table: pa.Table, name: str, now: Mapped | None, unique: bool
) -> Mapped | None:
    """The column of a table that holds the ids of another, where the one found by name (`now`) does not.

    `ids` are the ids that the table `of` has; `unique` where each stands once in the one that is sought.
    None where the column by name agrees, or no other does.
    """
    theirs = _distinct(ids)
    found = []
    for source in table.column_names:
        mine = _distinct(table.column(source))
        both = int(pc.sum(pc.is_in(theirs, mine)).as_py() or 0)
        if now is not None and source == now.source and both > _FEW * min(len(mine), len(theirs)):
            return None
        filled = table.num_rows - table.column(source).null_count
        alone = not unique or len(mine) >= _ONCE * filled
        # Numbers from 1 to 5 are in any catalogue of thousands: that says nothing.
        telling = both >= min(_FEW * max(len(mine), len(theirs)) / 2, 50)
        share = both / min(len(mine), len(theirs)) if both else 0.0
        if alone and telling and share >= _MOST:
            found.append((share, both, source))
    if not found:
        return None
    share, both, source = max(found, key=lambda one: one[:2])
    why = f"{both:,} of {len(theirs):,} {name}s of the {of} are in it"
    why += f", which {now.source!r} has not" if now else "; its name says nothing"
    return Mapped(name, source, round(0.5 + share / 2, 2), why)


_FEW, _MOST, _ONCE = 0.1, 0.5, 0.95


def _distinct(column: pa.ChunkedArray) -> pa.Array:
    """A column's different ids, however numbers and capitals are written in either table."""
    if pa.types.is_binary(column.type):
        return pa.array([], pa.string())
    words = pc.replace_substring_regex(pc.utf8_lower(texts(column).words), r"^(\d+)\.0+$", r"\1")
    words = words.unique()
    return words.filter(pc.not_equal(words, ""))


def _shared(specs: Sequence[TableSpec]) -> list[str]:
    names = [name for spec in specs for name in spec.key]
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def _said(one: Cleaned, name: str) -> bool:
    """Whether any row has that id: a table without any has no say in what ids are."""
    return one.table.column(name).null_count < one.table.num_rows


def _as_text(one: Cleaned, spec: TableSpec, name: str) -> Cleaned:
    table = one.table
    at = table.schema.get_field_index(name)
    if pa.types.is_string(table.schema.field(at).type):
        return one
    table = table.set_column(at, name, table.column(at).cast(pa.string()))
    said = f"{name} is kept as text here, because it is not a number in every table."
    return replace(one, table=ordered(table, spec), report=_noted(one, said))


def _counted(one: Cleaned, spec: TableSpec, other: Cleaned, name: str) -> Cleaned:
    wanted = other.table.column(name).unique()
    missing = len(wanted) - int(pc.sum(pc.is_in(wanted, one.table.column(name))).as_py())
    if not missing:
        return one
    texts = [f"{column.name}s" for column in spec.columns if column.kind == "text"]
    said = (
        f"{missing:,} of {len(wanted):,} {spec.name} in {spec.within} have no row in {spec.name}; "
        f"their {' and '.join(texts)} are empty."
    )
    if missing == len(wanted):
        mine, theirs = one.table.column(name)[0].as_py(), wanted[0].as_py()
        said += f" Not one is the same in both: here it is like {_shape(mine)}, there like {_shape(theirs)}."
    return replace(one, report=_noted(one, said))


def _shape(value: object) -> str:
    """How an id is written, and not whose it is: 9 for a digit, x for a letter."""
    return "".join("9" if c.isdigit() else "x" if c.isalpha() else c for c in str(value))


def _noted(one: Cleaned, said: str) -> DataReport:
    return replace(one.report, notes=(*one.report.notes, said))
