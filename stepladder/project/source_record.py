"""A row of a cleaned table beside the record of the source that it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder import tables
from stepladder.core.errors import Problem
from stepladder.core.table import TableSpec
from stepladder.project.folder import Project
from stepladder.tables.ids.spelling import spelt
from stepladder.tables.sources.address import without_password
from stepladder.tables.sources.one_record import Found, record

MOST = 20  # cleaned rows of one record: a wide table has several


@dataclass(frozen=True)
class Both:
    """A record as it stands in the source, and what the cleaner made of it.

    found: None where it cannot be shown, and why not. doubt: what says that the source has changed since.
    took: for each column of the cleaned table, which of the source's it was taken from.
    """

    cleaned: tuple[Mapping[str, Any], ...]
    took: Mapping[str, str]
    found: Found | None
    why_not: str = ""
    doubt: str = ""


def both(project: Project, table: str, row: int) -> Both | None:
    """The record of that number of a table, and its cleaned rows; None where none is of it.

    Raises Problem where the project has no such table. What was forgotten is in no cleaned table, and the
    source is not asked for it.
    """
    spec = _spec(project, table)
    path, source = project.table(table), project.ask.tables[table]
    cleaned = pq.read_table(path, filters=pc.field("row") == row).slice(0, MOST).to_pylist()
    if not cleaned:
        return None
    choices = tables.Choices.from_dict(source.choices)
    place = source.source
    if place and "://" not in place:
        place = str((project.folder / place).resolve())
    shown = without_password(source.source)  # not where it lies on the machine
    try:
        found = record(place, choices, row)
    except (Problem, OSError, ValueError) as error:
        said = error.given if isinstance(error, Problem) else "the source cannot be read any more"
        return Both(tuple(cleaned), choices.columns, None, _hidden(said, place, shown))
    found = found._replace(place=_hidden(found.place, place, shown))
    if other := _another(spec, choices.columns, found, cleaned):
        return Both(tuple(cleaned), choices.columns, None, other)
    return Both(tuple(cleaned), choices.columns, found, doubt=_written_since(place, path))


def _hidden(said: str, place: str, shown: str) -> str:
    return said.replace(place, shown) if place else said


def _spec(project: Project, table: str) -> TableSpec:
    specs = {spec.name: spec for spec in project.question.TABLES}
    if table not in specs or table not in project.ask.tables:
        raise Problem(
            f"there is no table {table[:60]!r}",
            f"the tables of this question are {', '.join(specs)}",
            "follow the links of a case",
        )
    return specs[table]


def _another(
    spec: TableSpec, took: Mapping[str, str], found: Found, cleaned: list[dict[str, Any]]
) -> str:
    """That the record is of somebody else by now, where its ids say so."""
    there = dict(found.values)
    for name in (column.name for column in spec.columns if column.kind == "id"):
        source = took.get(name, "")
        if source in there and not any(_same(there[source], row.get(name)) for row in cleaned):
            return (
                f"{found.place} is another record by now: the source was changed since it was read"
            )
    return ""


def _same(written: str, cleaned: Any) -> bool:
    """Whether an id may be the same, as it is written and as the cleaner keeps it."""
    if isinstance(cleaned, int):
        plain = written.strip().removesuffix(".0")
        return plain.lstrip("0") == str(cleaned).lstrip("0") or not plain.isdigit()
    return cleaned is None or spelt(str(cleaned)) in spelt(written)


def _written_since(place: str, cleaned: Path) -> str:
    """That a file was written to after it was read."""
    source = Path(place)
    if "://" in place or not source.is_file() or source.stat().st_mtime <= cleaned.stat().st_mtime:
        return ""
    return "The source was written to since it was read: what stands there now may not be what was read."
