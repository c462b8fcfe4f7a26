"""Read the sources again, with every choice as it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder import tables
from stepladder.core import files
from stepladder.core.ask import Source
from stepladder.core.errors import Problem
from stepladder.project import question_toml
from stepladder.project.at_work import at_work
from stepladder.project.cleaning import Chosen, about, cleaned
from stepladder.project.folder import Project
from stepladder.project.forgotten import forgotten, left_out
from stepladder.project.frozen_words import frozen_in_errors, frozen_in_reports
from stepladder.project.new import doubted, keep
from stepladder.project.scratch import scratch
from stepladder.tables.report import DataReport
from stepladder.tables.told import to_markdown

SHOWN = ("types", "clock")  # by values, where nothing was said of them yet


def refresh(project: Project) -> Project:
    """Read every source again with the choices frozen in question.toml; older versions are kept."""
    with at_work(project.folder), frozen_in_errors(project.question.TABLES):
        chosen = frozen_choices(project)
        found = left_out(project, cleaned(project.question.TABLES, chosen))
        return written(project, found, _first_found(project, found))


def warned(project: Project) -> list[tuple[str, str]]:
    """What whoever gave the tables should check: kinds and sentences; nothing where reports are lost."""
    found = []
    for spec in project.question.TABLES:
        with suppress(Problem, OSError, ValueError):
            said = project.data_report(spec.name).get("warnings", ())
            found += [(one["kind"], one["sentence"]) for one in said]
    return found


@contextmanager
def as_read(project: Project, fresh: bool) -> Iterator[Project]:
    """The project as a refresh would leave it, or as it stands, to look at: nothing is written in it.

    Raises Problem where the sources cannot be read.
    """
    with at_work(project.folder, swept=True), scratch() as room:
        if fresh:
            found = _read_only(project)
            yield _over(project, {name: str(keep(one, name, room)) for name, one in found.items()})
            return
        (room / "data").mkdir()
        there = {spec.name: project.table(spec.name) for spec in project.question.TABLES}
        for path in (each for one in there.values() for each in (one, one.with_suffix(".json"))):
            (room / "data" / path.name).symlink_to(path)
        yield _over(project, {name: str(room / "data" / one.name) for name, one in there.items()})


def _read_only(project: Project) -> dict[str, tables.Cleaned]:
    try:
        with frozen_in_errors(project.question.TABLES):
            return left_out(project, cleaned(project.question.TABLES, frozen_choices(project)))
    except Problem as problem:
        given, allowed, remedy = problem.parts()
        raise Problem(
            f"the sources cannot be read, and a run would stop there: {given}",
            allowed,
            f"{remedy}; what it would do with the data read last: stepladder run --plan --no-refresh",
        ) from None


def _first_found(
    project: Project, found: Mapping[str, tables.Cleaned]
) -> dict[str, dict[str, Any]]:
    """The choices as they stand, with what values have shown for the first time: it stays from now on."""
    anew = {}
    for name, one in found.items():
        stands, now = project.ask.tables[name].choices, one.report.choices.to_dict()
        shown = {key: now[key] for key in SHOWN if key in now}
        if any(stands.get(key) is None or len(stands[key]) < len(shown[key]) for key in shown):
            anew[name] = {**stands, **shown, "today": now["today"]}
    return anew


def frozen_choices(project: Project) -> dict[str, Chosen]:
    """Every table's source with the choices that are frozen."""
    chosen = {}
    for spec in project.question.TABLES:
        known = _known(project, spec.name)
        source = known.source
        if source and "://" not in source:
            source = str((project.folder / source).resolve())
        with about(spec):
            frozen = replace(_typed(project, spec, _frozen(known, spec.name)), today=date.today())
        chosen[spec.name] = Chosen(source, frozen, mapping=_found(project, spec.name, frozen))
    return chosen


def _typed(project: Project, spec: tables.TableSpec, choices: tables.Choices) -> tables.Choices:
    """With the types of the clean table that is there, where a project is of before they were chosen."""
    if choices.types:
        return choices
    try:
        types = tables.types_of(pq.read_table(project.table(spec.name)), spec)
    except (Problem, OSError, pa.ArrowInvalid):
        return choices  # it is lost, and a refresh is how what is lost comes back
    return replace(choices, types=types)


def _found(project: Project, name: str, choices: tables.Choices) -> tuple[tables.Mapped, ...]:
    """How the columns were found when they were chosen, where these are still the ones."""
    try:
        mapping = DataReport.from_dict(project.data_report(name)).mapping
    except (Problem, OSError, ValueError, TypeError, KeyError):
        return ()  # the report is lost, and a refresh is how what is lost comes back
    same = {one.canonical: one.source for one in mapping} == dict(choices.columns)
    return mapping if same else ()


def written(
    project: Project,
    found: Mapping[str, tables.Cleaned],
    choices: Mapping[str, Mapping[str, Any]],
) -> Project:
    """The clean tables and what was wrong with them in the folder, and then in question.toml."""
    specs = {spec.name: spec for spec in project.question.TABLES}
    found = {name: frozen_in_reports(one, specs[name]) for name, one in found.items()}
    versions = {
        name: f"data/{keep(table, name, project.folder).name}" for name, table in found.items()
    }
    read = doubted(_over(project, versions), {name: one.report for name, one in found.items()})
    for name, report in read.items():
        files.write(project.folder / f"data-report-{name}.md", to_markdown(report.kept()))
    text = question_toml.refreshed(
        project.settings, versions, date.today(), project.question, choices
    )
    files.write(project.folder / "question.toml", text)  # last: it says which version is in use
    return replace(Project.open(project.folder), read={} if forgotten(project) else read)


def _over(project: Project, versions: Mapping[str, str]) -> Project:
    """The project over other versions of its tables, before question.toml says so."""
    today = date.today().isoformat()
    tables = {
        name: source.model_copy(
            update={"cleaned": versions[name], "choices": {**source.choices, "today": today}}
        )
        for name, source in project.ask.tables.items()
    }
    return replace(project, ask=project.ask.model_copy(update={"tables": tables}))


def _known(project: Project, name: str) -> Source:
    if name not in project.ask.tables:
        raise Problem(
            f"question.toml has no [tables.{name}]",
            "a refresh reads every table of the question from the source that stands there",
            "put the section back, or begin anew with: stepladder new",
        )
    return project.ask.tables[name]


def _frozen(known: Source, name: str) -> tables.Choices:
    try:
        return tables.Choices.from_dict(known.choices)
    except (TypeError, ValueError) as error:
        raise Problem(
            f"question.toml: [tables.{name}.choices] cannot be read: {error}",
            "the choices are those that `stepladder new` wrote, each with a value of its kind",
            "correct them, or begin anew with: stepladder new",
        ) from None
