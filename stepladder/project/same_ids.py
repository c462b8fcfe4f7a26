"""Ids that several tables have: which column holds them, by what another table calls them or holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from stepladder import tables


def by_others(look: tables.Look, others: Iterable[tables.Look]) -> dict[str, tables.Mapped]:
    """The columns that hold the ids of the tables which belong to this one, where names say another."""
    found: dict[str, tables.Mapped] = {}
    for other in others:
        if other.spec.within == look.spec.name:
            known = _agreeing(look, other, once=False)
            # Where one of theirs agrees with the column that is named rightly here, theirs is wrong.
            theirs = _agreeing(other, look, once=_once(other)) if known else {}
            found |= {name: one for name, one in known.items() if name not in theirs}
    return found


def as_in(look: tables.Look, whole: tables.Look, own: bool) -> dict[str, tables.Mapped]:
    """The columns that hold the ids of the table this one belongs to; `own`: from a source of its own.

    Nothing else is the same because both call it so: each table has a time of its own.
    """
    ids = [column.name for column in look.spec.columns if column.kind == "id"]
    found = {
        m.canonical: replace(m, confidence=1.0, reason=f"named so in the {whole.spec.name} as well")
        for m in whole.mapping
        if m.canonical in ids and m.source in look.columns
    }
    if not own:
        return found
    seen = [m for m in look.mapping if m.canonical not in found]
    told = replace(look, mapping=(*seen, *found.values()))
    return found | _agreeing(told, whole, once=_once(look))


def _once(look: tables.Look) -> bool:
    return look.spec.unique and len(look.spec.key) == 1


def _agreeing(look: tables.Look, other: tables.Look, once: bool) -> dict[str, tables.Mapped]:
    """The columns of a table that hold the other's ids, where those found by name do not."""
    assert look.raw is not None
    assert other.raw is not None
    mine, theirs = ({m.canonical: m for m in one.mapping} for one in (look, other))
    found = {}
    for name in look.spec.key:
        if name in theirs and name in other.spec.key:
            ids = other.raw.table.column(theirs[name].source)
            # Only a title may be an id as well; what is a time or an amount by name is not looked at.
            used = [m.source for m in look.mapping if look.spec.column(m.canonical).kind != "text"]
            names = [one for one in look.columns if one not in used]
            now = mine.get(name)
            free = look.raw.table.select([*names, *([now.source] if now else [])])
            found[name] = tables.agreeing(ids, other.spec.name, free, name, now, once)
    return {name: one for name, one in found.items() if one is not None}


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
