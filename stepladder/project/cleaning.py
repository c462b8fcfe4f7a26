"""All tables of a question looked at, their choices frozen, and then cleaned to fit each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from stepladder import tables
from stepladder.core.errors import Problem
from stepladder.project import same_ids, sources
from stepladder.tables.raw import Raw
from stepladder.tables.series.given import for_table

AskUser = Callable[[str, Sequence[str]], str]


class Chosen(NamedTuple):
    """A table's source, how to read it, and what was read of it already."""

    source: str
    choices: tables.Choices
    raw: Raw | None = None
    seen: tables.Look | None = None
    mapping: tuple[tables.Mapped, ...] = ()  # how the columns were found


def choose(
    specs: Sequence[tables.TableSpec],
    given: Mapping[str, str],
    columns: Mapping[str, str],
    ask_user: AskUser | None,
    choices: Mapping[str, Any],
    reading: Mapping[str, Any],
    raws: Mapping[str, Raw | None] = MappingProxyType({}),
) -> dict[str, Chosen]:
    """Look at every table and freeze every choice, before anything is cleaned. Raises Problem.

    `raws` are tables that were read already.
    """
    named = sources.columns_by_table(specs, columns)
    sheets = sources.sheets_by_table(specs, reading.get("sheet"))
    _known(choices)
    said = {spec.name: for_table(specs, spec, choices) for spec in specs}
    shapes = sources.shapes_by_table(specs, choices)
    chosen: dict[str, Chosen] = {}

    def looked(source: str, spec: tables.TableSpec, raw: Raw | None) -> tables.Look:
        how = {**reading, "sheet": sheets.get(spec.name)}
        with about(spec):
            shape = shapes[spec.name]
            return tables.look(
                source, spec, named[spec.name], raw=raw, taken=(), shape=shape, **how
            )

    ahead = {
        spec.name: looked(given[spec.name], spec, raws.get(spec.name))
        for spec in specs
        if spec.name in given
    }
    for spec in specs:
        if spec.optional and spec.name not in given:
            chosen[spec.name] = Chosen("", tables.Choices({}))
            continue
        own, whole = spec.name in given, chosen.get(spec.within or "")
        source = given[spec.name] if own or whole is None else whole.source
        look = ahead.get(spec.name)
        if look is None:
            raw = whole.raw if whole else raws.get(spec.name)
            look = looked(source, spec, raw)
        known = same_ids.by_others(look, ahead.values())
        if whole is not None and whole.seen is not None:
            known |= same_ids.as_in(look, whole.seen, own)
        if whole is not None or known:
            taken = set() if own or whole is None else sources.serving(whole.choices, look.columns)
            look = same_ids.with_known(look, source, known, named[spec.name], taken)
        with about(spec):
            try:
                found = tables.choose(look, ask_user=ask_user, own=own, **said[spec.name])
            except Problem as error:
                raise _mixed_up(error, look, specs, given) from None
        seen = tables.settled(look, found, asked=ask_user is not None)
        chosen[spec.name] = Chosen(source, found, look.raw, seen, seen.mapping)
    return chosen


@contextmanager
def about(spec: tables.TableSpec) -> Iterator[None]:
    """What is raised inside is about this table."""
    try:
        yield
    except Problem as error:
        error.table = error.table or spec.name
        raise


def _known(choices: Mapping[str, Any]) -> None:
    """Refuse what is no choice of the cleaner's. Raises Problem."""
    known = [one.name for one in fields(tables.Choices) if one.name not in FOUND]
    if unknown := [name for name in choices if name not in known]:
        raise Problem(
            f"choices has {unknown[0]!r}",
            f"the cleaner's choices are: {', '.join(known)}",
            "name one of these",
        )


FOUND = (
    "columns",
    "beside",
    "encoding",
    "separator",
    "header",
    "sheet",
    "rest",
    "version",
    "types",
    "clock",
    "wide_by",
    "numbered",
)


def _mixed_up(
    error: Problem,
    look: tables.Look,
    specs: Sequence[tables.TableSpec],
    given: Mapping[str, str],
) -> Problem:
    """The same error, with a hint where the source may be another table of the question."""
    others = [s.name for s in specs if s.within == look.spec.name and s.name not in given]
    lost = [name for name in look.missing if look.spec.column(name).kind == "id"]
    if not (lost and others and look.mapping):
        return error
    said, allowed, remedy = error.parts()
    hint = (
        f"If this file is the {others[0]}, give it as --from {others[0]}=FILE, and the "
        f"{look.spec.name} as --from FILE."
    )
    return Problem(said, allowed, f"{remedy} {hint}")


def cleaned(
    specs: Sequence[tables.TableSpec], chosen: Mapping[str, Chosen]
) -> dict[str, tables.Cleaned]:
    """Every table cleaned by its frozen choices, with ids that can be joined and days of one clock.

    What no choice said yet and the values showed is among the choices of the reports. Raises Problem.
    """
    from stepladder.tables.sources.read import read

    found: dict[str, tables.Cleaned] = {}
    clock: Sequence[str] = ()
    kept: dict[tuple[str, str | None, str | None, int, str | None, int], Raw] = {}
    for spec in specs:
        source, choices, raw, _, mapping = chosen[spec.name]
        if spec.optional and not source:
            found[spec.name] = tables.absent(spec, choices)
            continue
        one = choices
        how = (source, one.encoding, one.separator, one.header, one.sheet, one.version)
        with about(spec):
            kept[how] = raw or kept.get(how) or read(*how)  # two tables may be in one source
            outer = _without_inner(kept[how], spec, specs, chosen) if choices.rest else kept[how]
            if choices.version > 2:
                choices = replace(choices, clock=choices.clock or clock)
            found[spec.name] = tables.clean(source, spec, choices, outer, mapping)
        clock = clock or found[spec.name].report.choices.clock
    both = tables.agreed(specs, _shared_out(specs, found, chosen))
    return {spec.name: _decided(both[spec.name], spec) for spec in specs}


def _decided(one: tables.Cleaned, spec: tables.TableSpec) -> tables.Cleaned:
    """With what its columns were found to be among the choices."""
    choices = one.report.choices
    types = {**tables.types_of(one.table, spec), **choices.types}
    return replace(one, report=replace(one.report, choices=replace(choices, types=types)))


def _shared_out(
    specs: Sequence[tables.TableSpec],
    found: Mapping[str, tables.Cleaned],
    chosen: Mapping[str, Chosen],
) -> dict[str, tables.Cleaned]:
    """What a table within takes of a source is not unused by the outer one, which speaks for both."""
    out = dict(found)
    for spec in specs:
        outer, inner = chosen.get(spec.within or ""), chosen[spec.name]
        if spec.within is None or outer is None or outer.source != inner.source:
            continue
        one = out[spec.within]
        taken = sources.serving(inner.choices, one.report.unused)
        unused = [c for c in one.report.unused if c not in taken and not inner.choices.rest]
        out[spec.within] = _with_unused(one, unused)
        out[spec.name] = _with_unused(out[spec.name], [])
    return out


def _with_unused(one: tables.Cleaned, unused: Sequence[str]) -> tables.Cleaned:
    return replace(one, report=replace(one.report, unused=tuple(unused)))


def _without_inner(
    raw: Raw,
    spec: tables.TableSpec,
    specs: Sequence[tables.TableSpec],
    chosen: Mapping[str, Chosen],
) -> Raw:
    """Without what serves a table that lies within: kept with the rest, it would tell the future."""
    source, choices = chosen[spec.name][:2]
    names = raw.table.column_names
    inner = [
        chosen[one.name].choices
        for one in specs
        if one.within == spec.name and chosen[one.name].source == source
    ]
    theirs = {name for one in inner for name in sources.serving(one, names)}
    gone = sorted(theirs - sources.serving(choices, names))
    return replace(raw, table=raw.table.drop_columns(gone)) if gone else raw
