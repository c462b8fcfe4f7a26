"""Columns that might be meant as well, and columns that are named like one whose values do not fit."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from stepladder.core.table import Column, TableSpec
from stepladder.tables.columns.content import unread
from stepladder.tables.findings import Mapped

_NEAR = 0.06  # nearer than a name that says all and one that says half of what a column is


def with_rivals(
    chosen: Mapping[str, Mapped], scored: Sequence[Mapped], least: float
) -> list[Mapped]:
    """The columns chosen, each with the free ones that fit nearly as well, the likeliest first."""
    taken = {mapped.source for mapped in chosen.values()}
    free = sorted(
        (one for one in scored if one.source not in taken), key=lambda one: -one.confidence
    )
    found = []
    for mapped in chosen.values():
        close = max(least, mapped.confidence - _NEAR)
        near = [m.source for m in free if m.canonical == mapped.canonical and m.confidence >= close]
        found.append(replace(mapped, rivals=tuple(dict.fromkeys(near))))
    return found


def flag(spec: TableSpec, canonical: str, source: str) -> str:
    """The flag of the command line that chooses a column, as a shell takes it."""
    return f"--column {_own(spec)}{canonical}={shlex.quote(source)}"


def _own(spec: TableSpec) -> str:
    """What tells a table's columns from those of the same name in another."""
    return f"{spec.name}." if spec.within else ""


def said_of_rivals(spec: TableSpec, mapped: Mapped) -> str:
    """What is said of a column that others come close to, and how to choose one of them."""
    flags = " or ".join(flag(spec, mapped.canonical, rival) for rival in mapped.rivals)
    others = " and ".join(map(repr, mapped.rivals))
    verb = "fits" if len(mapped.rivals) == 1 else "fit"
    return (
        f"The {mapped.canonical} is taken from {mapped.source!r}, but {others} {verb} nearly as well. "
        f"If another is meant, choose it with {flags}."
    )


def doubts(
    spec: TableSpec, mapping: Sequence[Mapped], near: Sequence[Mapped]
) -> list[tuple[str, str]]:
    """What whoever gave the table should check of its columns: kinds and sentences."""
    rivals = [("rival-column", said_of_rivals(spec, one)) for one in mapping if one.rivals]
    found = {mapped.canonical for mapped in mapping}
    unread = [
        (
            "unread-column",
            f"No {one.canonical} was found. A near miss: {one.source!r}, {one.reason}. Name another "
            f"with --column {_own(spec)}{one.canonical}=NAME.",
        )
        for one in near
        if one.canonical not in found
    ]
    return rivals + unread


def near_miss(column: Column, mapped: Mapped, values: pa.ChunkedArray) -> Mapped:
    """A column that is named like one, with texts that do not fit in the words that say why it is not."""
    shown = ", ".join(unread(column, values)[:3])
    return replace(mapped, reason=mapped.reason + (f", but not {shown}" if shown else ""))
