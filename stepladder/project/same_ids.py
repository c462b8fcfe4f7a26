"""Ids that several tables have: which column holds them, by what another table calls them or holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from stepladder import tables
from stepladder.project import sources
from stepladder.tables.raw import Raw


def by_others(look: tables.Look, others: Iterable[tables.Look]) -> dict[str, tables.Mapped]:
    """The columns that hold the ids of the tables which belong to this one, where names say another."""
    found: dict[str, tables.Mapped] = {}
    for other in others:
        if other.spec.within == look.spec.name and other.raw is not None:
            theirs = {m.canonical: m.source for m in other.mapping}
            found |= _agreeing(look, theirs, other.raw, other.spec.name, False)
    return found


def as_in(look: tables.Look, whole: tables.Choices, raw: Raw | None) -> dict[str, tables.Mapped]:
    """The columns that hold the ids of the table this one belongs to; `raw` is that table's own source."""
    of = look.spec.within or ""
    found = {
        name: tables.Mapped(name, source, 1.0, f"named {source!r} in the {of} as well")
        for name, source in sources.shared(look, whole).items()
    }
    if raw is None:
        return found
    once = look.spec.unique and len(look.spec.key) == 1
    seen = [m for m in look.mapping if m.canonical not in found]
    look = replace(look, mapping=(*seen, *found.values()))
    return found | _agreeing(look, whole.columns, raw, of, once)


def _agreeing(
    look: tables.Look, theirs: Mapping[str, str], raw: Raw, of: str, once: bool
) -> dict[str, tables.Mapped]:
    mine = {m.canonical: m for m in look.mapping}
    keys = [n for n in look.spec.key if theirs.get(n) in raw.table.column_names]
    assert look.raw is not None
    table = look.raw.table
    found = [
        tables.agreeing(raw.table.column(theirs[n]), of, table, n, mine.get(n), once) for n in keys
    ]
    return {one.canonical: one for one in found if one is not None}


def with_known(
    look: tables.Look,
    source: str,
    known: Mapping[str, tables.Mapped],
    named: Mapping[str, str],
    taken: Collection[str],
) -> tables.Look:
    """The look once more with what other tables say of its columns; what was named stays so."""
    told = {name: one for name, one in known.items() if name not in named}
    over = {**{name: one.source for name, one in told.items()}, **named}
    again = tables.look(source, look.spec, over, raw=look.raw, taken=taken)
    return replace(again, mapping=tuple(told.get(m.canonical, m) for m in again.mapping))
