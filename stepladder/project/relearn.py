"""Make the choices of the cleaner anew, as today's cleaner would, and see what changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from stepladder import tables
from stepladder.core.errors import Problem
from stepladder.project.at_work import at_work
from stepladder.project.cleaning import Chosen, about, choose, cleaned
from stepladder.project.folder import Project
from stepladder.project.forgotten import left_out
from stepladder.project.frozen_words import frozen_in_errors
from stepladder.project.last_read import note_read
from stepladder.project.refresh import frozen_choices, written
from stepladder.tables.raw import SHAPE, Raw
from stepladder.tables.series.asked import UNKNOWN
from stepladder.tables.series.given import OF_SERIES

KEPT = (
    "duplicates",
    "refunds",
    "currency",
    "rates",
    "from_day",
    "to_day",
    "strangers",
    "value_per",
    *OF_SERIES,
)


class Change(NamedTuple):
    """What the present cleaner does otherwise than the one before: of which table, what, and how."""

    table: str
    what: str
    before: Any
    after: Any


def relearn(
    project: Project, agreed: Callable[[Sequence[Change]], bool] = lambda changes: True
) -> Project:
    """Make the choices of the cleaner anew, as today's cleaner would, and read every source with them.

    What question.toml says of columns stays where the source still has them, and so does what was said
    of duplicates, refunds, currencies, days and strangers. `agreed` is shown what changes; where it
    says no, nothing is written. Raises Problem where the sources can no longer be understood.
    """
    with at_work(project.folder), frozen_in_errors(project.question.TABLES):
        frozen = frozen_choices(project)
        anew, otherwise = _anew(project, frozen)
        found = left_out(project, cleaned(project.question.TABLES, anew))
        changes = [*_compared(project, frozen, found), *otherwise]
        if not agreed(changes):
            return project
        learnt = written(
            project, found, {n: one.report.choices.to_dict() for n, one in found.items()}
        )
        note_read(learnt)  # what changes was agreed to
        return learnt


def _anew(project: Project, frozen: Mapping[str, Chosen]) -> tuple[dict[str, Chosen], list[Change]]:
    """The choices as a first look makes them today, and where it would take other columns."""
    specs = project.question.TABLES
    read = [s for s in specs if frozen[s.name].source and not _borrows(s, frozen)]
    given = {s.name: frozen[s.name].source for s in read}
    columns: dict[str, str] = {}
    otherwise: list[Change] = []
    raws: dict[str, Raw | None] = {}
    for spec in (spec for spec in specs if spec.name in given):
        source, old = frozen[spec.name][:2]
        with about(spec):
            look = tables.look(
                source,
                spec,
                {},
                encoding=old.encoding,
                separator=old.separator,
                sheet=old.sheet,
                shape={name: getattr(old, name, None) for name in SHAPE},
            )
        raws[spec.name] = look.raw
        fresh = {one.canonical: one.source for one in look.mapping}
        own = {**old.columns, **old.beside}
        valid = {n: c for n, c in own.items() if not c or _there(c, look.columns)}
        columns |= {f"{spec.name}.{name}": column for name, column in valid.items()}
        otherwise += [
            Change(spec.name, f"{name} stays; a fresh look would take", column, fresh[name])
            for name, column in valid.items()
            if name in fresh and fresh[name] != column
        ]
    return _choose(project, frozen, given, columns, raws), otherwise


def _choose(
    project: Project,
    frozen: Mapping[str, Chosen],
    given: Mapping[str, str],
    columns: Mapping[str, str],
    raws: Mapping[str, Raw | None],
) -> dict[str, Chosen]:
    olds = [one.choices for one in frozen.values()]
    time = {"time": "random" if any(one.time == "random" for one in olds) else "column"}
    specs = project.question.TABLES
    kept = {name: _kept(project, name, frozen[name].choices) for name in frozen}
    every = {key: value for one in kept.values() for key, value in one.items()}
    chosen = choose(specs, given, columns, _answering(olds), {**every, **time}, {}, raws)
    return {
        name: one._replace(choices=replace(one.choices, **kept[name]))
        for name, one in chosen.items()
    }


def _kept(project: Project, name: str, choices: tables.Choices) -> dict[str, Any]:
    """What was said of a table in question.toml and is not looked for anew."""
    return {key: getattr(choices, key) for key in KEPT if key in project.ask.tables[name].choices}


def _answering(olds: Sequence[tables.Choices]) -> Callable[[str, Sequence[str]], str]:
    """What was answered when the project was made is the answer still."""
    before = [value for old in olds for value in (old.day_order, old.decimal)] + ["row", UNKNOWN]

    def answer(question: str, answers: Sequence[str]) -> str:
        for said in before:
            if said in answers:
                return said
        raise Problem(
            f"it is not clear any more: {question}",
            "what question.toml says is kept, and it does not say this",
            'say it there, in [tables.….choices] (such as currency = "EUR") or [tables.….choices.columns], '
            "or begin anew with: stepladder new",
        )

    return answer


def _there(column: str, names: Sequence[str]) -> bool:
    return column in names or all(part.strip() in names for part in column.split("*"))


def _borrows(spec: tables.TableSpec, frozen: Mapping[str, Chosen]) -> bool:
    """Whether a table was made of another's source, which nobody named for it."""
    outer, own = frozen.get(spec.within or ""), frozen[spec.name]
    return outer is not None and outer.source == own.source and not own.choices.rest


def _compared(
    project: Project, frozen: Mapping[str, Chosen], found: Mapping[str, tables.Cleaned]
) -> list[Change]:
    """What differs, of the same sources, between the choices that are frozen and those made anew."""
    try:
        before = left_out(project, cleaned(project.question.TABLES, frozen))
    except Problem as problem:
        return [
            Change("", "reading it as it was before", str(problem).split("\n")[0], "it is read")
        ]
    return [
        Change(name, *change)
        for name, one in found.items()
        for change in _differences(_figures(before[name].report), _figures(one.report))
    ]


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    both = dict.fromkeys([*after, *before])
    return [
        (key, before.get(key), after.get(key)) for key in both if before.get(key) != after.get(key)
    ]


def _figures(report: tables.DataReport) -> dict[str, Any]:
    """What of a report is compared: totals, rows by reason, columns and choices."""
    said = report.summary()
    names = ("rows_kept", "customers", "purchase_days", "value_total", "first_day", "last_day")
    out = {name.replace("_", " "): said[name] for name in names}
    for kind in ("dropped", "set_aside"):
        out |= {f"{kind.replace('_', ' ')}: {reason}": n for reason, n in said[kind].items()}
    columns = {**said["columns"], **said["beside"]}
    out |= {f"column: {name}": one["source"] for name, one in columns.items()}
    choices = report.choices.to_dict()
    plain = {key: value for key, value in choices.items() if not isinstance(value, dict)}
    plain.pop("today")
    out |= {f"type of {name}": type_ for name, type_ in report.choices.types.items()}
    return out | {f"choice: {key.replace('_', ' ')}": value for key, value in plain.items()}
