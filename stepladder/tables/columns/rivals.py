"""Columns that might be meant as well, and columns named like one whose values do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from stepladder.core.table import Column, TableSpec
from stepladder.tables.columns.content import same_in_all, unlike_ids
from stepladder.tables.findings import Mapped, typed

_NEAR = 0.06  # nearer than a name that says all and one that says half of what a column is


def with_rivals(
    chosen: Mapping[str, Mapped],
    scored: Sequence[Mapped],
    least: float,
    spec: TableSpec,
    table: pa.Table,
) -> list[Mapped]:
    """The columns chosen, each with the free ones that fit nearly as well, the likeliest first.

    What says the same in other words is no rival.
    """
    taken = {mapped.source for mapped in chosen.values()}
    free = sorted(
        (one for one in scored if one.source not in taken), key=lambda one: -one.confidence
    )
    found = []
    for mapped in chosen.values():
        close = max(least, mapped.confidence - _NEAR)
        near = [
            m.source
            for m in free
            if m.canonical == mapped.canonical
            and m.confidence >= close
            and not _same(spec.column(m.canonical), mapped.source, m.source, table)
        ]
        found.append(replace(mapped, rivals=tuple(dict.fromkeys(near))))
    return found


def _same(column: Column, one: str, other: str, table: pa.Table) -> bool:
    names = table.column_names
    if one not in names or other not in names or column.kind in ("long", "bytes", "text"):
        return False
    return same_in_all(column, table[one], table[other])


def flag(spec: TableSpec, canonical: str, source: str) -> str:
    """The flag of the command line that chooses a column, as a shell takes it; of none, uses none."""
    own = f"{spec.name}." if spec.within else ""  # another table may have a column of that name
    return f"--column {own}{canonical}={typed(source)}"


def said_of_rivals(spec: TableSpec, mapped: Mapped) -> str:
    """What is said of a column that others come close to, and how to choose one of them."""
    flags = " or ".join(flag(spec, mapped.canonical, rival) for rival in mapped.rivals)
    others = " and ".join(map(repr, mapped.rivals))
    verb = "fits" if len(mapped.rivals) == 1 else "fit"
    return (
        f"The {mapped.canonical} is taken from {mapped.source!r}, but {others} {verb} nearly as well. "
        f"If another is meant, choose it with {flags}."
    )


def near_miss(column: Column, mapped: Mapped, values: pa.ChunkedArray) -> Mapped:
    """A column that is named like one, with texts of it in the words that say why it is not."""
    shown = ", ".join(unlike_ids(values)[:3]) if column.kind == "id" else ""
    return replace(mapped, reason=mapped.reason + (f", not so {shown}" if shown else ""))
