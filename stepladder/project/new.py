"""Begin a project: look at a table, read its columns, clean it, and write down every choice."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from stepladder import questions, tables
from stepladder.bakeoff.row import parquet
from stepladder.core import files
from stepladder.core.errors import Problem, Unfit
from stepladder.core.history import History, quoted
from stepladder.core.question import Question
from stepladder.project import identity, question_toml, sources
from stepladder.project.cleaning import AskUser, Chosen, choose, cleaned
from stepladder.project.folder import Project
from stepladder.project.forgotten import KEY
from stepladder.project.frozen_words import frozen_in_reports, frozen_report
from stepladder.record import Record
from stepladder.tables.findings import Warned
from stepladder.tables.report import DataReport
from stepladder.tables.told import to_markdown


def new(
    question: str,
    source: sources.Source | Mapping[str, sources.Source],
    folder: str | Path | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    ask_user: AskUser | None = None,
    choices: Mapping[str, Any] | None = None,
    reading: Mapping[str, Any] | None = None,
    settings: str = "",
) -> Project:
    """Make a project of a table or several: map columns, clean, write question.toml and data reports.

    `source` is the first table's, or each table's by name; `columns` overrides the mapping (canonical
    name, or table.name → source column); `choices` the cleaner's own choices (day_order, decimal,
    duplicates, refunds, time, currency, rates, from_day, to_day, strangers, value_per, only, wide,
    to_number; of series: by, every, gaps, top); `reading` names encoding, separator and the workbook's
    sheet where they are not found out rightly; `settings` goes into question.toml, in place of
    the question's own if it sets any.
    The source is never modified, and nothing is left behind if anything fails. Raises Problem.
    """
    asked = questions.load(question)
    target = Path(folder or question).resolve()
    _must_be_free(target)
    given = sources.by_table(asked.TABLES, source)
    with files.whole(target, last="question.toml", sole=True) as partial:
        _must_be_free(target)  # still: somebody may just have ended
        chosen = choose(asked.TABLES, given, columns or {}, ask_user, choices or {}, reading or {})
        clean = cleaned(asked.TABLES, chosen)
        reports = {name: one.report for name, one in clean.items()}
        made = _made(asked, clean, chosen, partial, target)
        del chosen, clean  # with the sources as they were read
        files.write(partial / ".gitignore", IGNORED)
        files.write(partial / "rungs" / "README.md", RUNGS)
        try:
            _write_settings(partial, question, asked, made, settings)
        except Problem as error:  # was it read rightly? nobody could see it from the refusal alone
            raise Unfit(error, reports) from None
        read = doubted(Project.open(partial), reports)
        for spec in asked.TABLES:  # they are read later
            page = to_markdown(frozen_report(read[spec.name], spec).kept())
            files.write(partial / f"data-report-{spec.name}.md", page)
        Record.make(Project.open(partial).address, identity.write(partial, identity.new()))
    project = replace(Project.open(target), read=read)
    _ = project.record  # which notes where the project lives
    return project


def doubted(project: Project, reports: Mapping[str, DataReport]) -> dict[str, DataReport]:
    """The reports on the tables, with what the business should decide on as a warning of the table."""
    found = dict(reports)
    for table, kind, sentence in project.question.doubts(project.history()):
        warned = (*found[table].warnings, Warned(kind, sentence))
        found[table] = replace(found[table], warnings=warned)
    return found


def _must_be_free(target: Path) -> None:
    if not files.free(target):
        raise Problem(
            f"{target} exists already",
            "a new project needs a folder of its own",
            "name another with --project, or remove this one",
        )


def _made(
    asked: Question,
    clean: Mapping[str, tables.Cleaned],
    chosen: Mapping[str, Chosen],
    partial: Path,
    target: Path,
) -> dict[str, dict[str, Any]]:
    made = {}
    for spec in asked.TABLES:
        name, one = spec.name, frozen_in_reports(clean[spec.name], spec)  # they are read later
        path = keep(one, name, partial)
        made[name] = {
            "source": _source(one.report.source, chosen[name].source, target),
            "cleaned": f"data/{path.name}",
            "choices": one.report.choices.to_dict(),
        }
    return made


def _source(said: str, given: str, target: Path) -> str:
    """Where the source is, as seen from the project's folder, so that `refresh` finds it again."""
    if not given:
        return ""  # nobody gave it, and it can be done without
    scheme, mark, rest = said.partition(":///")
    if mark and scheme in ("sqlite", "duckdb"):
        file, question, query = rest.partition("?")
        return f"{scheme}:///{Path(file).resolve()}{question}{query}"
    if "://" in said:
        return said
    return Path(os.path.relpath(Path(given).resolve(), target.resolve())).as_posix()


def keep(cleaned: tables.Cleaned, name: str, folder: Path) -> Path:
    """Write the clean table under the hash of its bytes, then its report beside it."""
    body = parquet(cleaned.table)
    path = folder / "data" / f"{name}-{hashlib.sha256(body).hexdigest()[:12]}.parquet"
    files.write(path, body)  # a damaged one is replaced
    report = cleaned.report.kept().to_dict()
    files.write(path.with_suffix(".json"), json.dumps(report, indent=1))
    return path


def _write_settings(
    partial: Path, question: str, asked: Question, made: dict[str, dict[str, Any]], settings: str
) -> None:
    """Set what the data say of themselves and the horizon they allow; refuse those that cannot carry it."""

    def opened(days: int, said: str, ahead: str = "") -> Project:
        text = question_toml.written(question, asked, made, days, said, ahead)
        files.write(partial / "question.toml", text)
        return Project.open(partial)

    if not tomllib.loads(settings):  # comments alone set nothing
        settings += asked.settings(_unruled(opened(1, settings)))
    project = opened(1, settings)
    days = asked.horizon((project.now() - _earliest(asked, project)).days, project.ask)
    opened(days, settings, project.ask.settings.ahead(days)).check()


def _unruled(project: Project) -> History:
    """All that is known, without the question's views: settings were not held against the data yet."""
    return replace(project.history(), views=())


def _earliest(asked: Question, project: Project) -> date:
    """The first day of the data; `now` where nothing in them has a time."""
    spec = next((spec for spec in asked.TABLES if spec.time), None)
    if spec is None:
        return project.now()
    query = f"select min({quoted(spec.time or '')})::date as first from {quoted(spec.name)}"
    return _unruled(project).sql(query)["first"][0].as_py() or project.now()


IGNORED = (
    "data/\nbakeoffs/\nmodels/\npredictions/\nreleases/\nruns/\npublished/\n*.db*\nstepladder.log\n"
    f"{KEY}\n"
)
RUNGS = """# Your own rungs

A file here named `r<height>_<name>.sql` or `.py` takes part in the next bake-off:
height 1 is a rule, 2 SQL, 3 statistics, 4 machine learning. Four lines of SQL will do.
"""
