"""Begin a project: look at a table, read its columns, clean it, and write down every choice."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from stepladder import questions
from stepladder.core import tables
from stepladder.core.errors import Problem
from stepladder.core.question import Question
from stepladder.core.tables.report import to_markdown
from stepladder.project.folder import Project

AskUser = Callable[[str, Sequence[str]], str]
PARTIAL = ".partial"


def new(
    question: str,
    source: str,
    folder: str | Path | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    ask_user: AskUser | None = None,
    choices: Mapping[str, Any] | None = None,
    reading: Mapping[str, str | None] | None = None,
    settings: str = "",
) -> Project:
    """Make a project of a table: map its columns, clean it, write question.toml and a data report.

    `columns` overrides the mapping (canonical name → source column); `choices` the cleaner's own
    choices (day_order, decimal, duplicates, refunds, …); `reading` names encoding and separator where
    they are not found out rightly; `settings` is added to question.toml.
    The source is never modified, and nothing is left behind if anything fails. Raises Problem.
    """
    asked = questions.load(question)
    target = Path(folder or question)
    _must_be_free(target)
    partial = target.with_name(f".{target.name}{PARTIAL}")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        (partial / "rungs").mkdir(parents=True)
        (partial / "data").mkdir()
        seen = [tables.look(source, s, columns or {}, **(reading or {})) for s in asked.TABLES]
        made = _tables(seen, source, partial, target, ask_user, choices or {})
        (partial / "question.toml").write_text(_toml(question, asked, made, 1, settings))
        (partial / ".gitignore").write_text("data/\nbakeoffs/\nmodels/\npredictions/\n*.db*\n")
        (partial / "rungs" / "README.md").write_text(RUNGS)
        _fit_horizon(partial, question, asked, made, settings)
        _place(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return Project.open(target)


def refresh(project: Project) -> Project:
    """Read every source again with the choices frozen in question.toml; older versions are kept."""
    text = project.settings
    for spec in project.question.TABLES:
        known = project.ask.tables[spec.name]
        source = known.source
        if "://" not in source:
            source = str((project.folder / source).resolve())
        frozen = replace(tables.Choices.from_dict(known.choices), today=_today())
        cleaned = tables.clean(source, spec, frozen)
        path = _keep(cleaned, spec.name, project.folder)
        text = text.replace(known.cleaned, f"data/{path.name}")
    partial = project.folder / f".question.toml{PARTIAL}"
    partial.write_text(text)
    partial.replace(project.folder / "question.toml")
    return Project.open(project.folder)


def _today() -> Any:
    from datetime import date

    return date.today()


def _must_be_free(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Problem(
            f"{target} exists already",
            "a new project needs a folder of its own",
            "name another with --project, or remove this one",
        )


def _tables(
    looks: list[tables.Look],
    source: str,
    partial: Path,
    target: Path,
    ask_user: AskUser | None,
    choices: Mapping[str, Any],
) -> dict[str, dict[str, Any]]:
    made = {}
    for look in looks:
        spec = look.spec
        chosen = tables.choose(look, ask_user=ask_user, **choices)
        cleaned = tables.clean(source, spec, chosen)
        path = _keep(cleaned, spec.name, partial)
        where = _source(cleaned.report.source, source, target)
        made[spec.name] = {
            "source": where,
            "cleaned": f"data/{path.name}",
            "choices": chosen.to_dict(),
        }
    return made


def _source(said: str, given: str, target: Path) -> str:
    """Where the source is, as seen from the project's folder, so that `refresh` finds it again."""
    scheme, mark, rest = said.partition(":///")
    if mark and scheme in ("sqlite", "duckdb"):
        file, question, query = rest.partition("?")
        return f"{scheme}:///{Path(file).resolve()}{question}{query}"
    if "://" in said:
        return said
    return Path(os.path.relpath(Path(given).resolve(), target.resolve())).as_posix()


def _keep(cleaned: tables.Cleaned, name: str, folder: Path) -> Path:
    """Write the clean table under the hash of its bytes, its report beside it."""
    partial = folder / "data" / f".{name}{PARTIAL}"
    pq.write_table(cleaned.table, partial, compression="zstd")
    digest = hashlib.sha256(partial.read_bytes()).hexdigest()[:12]
    path = partial.with_name(f"{name}-{digest}.parquet")
    path.with_suffix(".json").write_text(json.dumps(cleaned.report.to_dict(), indent=1))
    (folder / f"data-report-{name}.md").write_text(to_markdown(cleaned.report))
    partial.replace(path)
    return path


def _fit_horizon(
    partial: Path, question: str, asked: Question, made: dict[str, dict[str, Any]], settings: str
) -> None:
    """Set the horizon the data allow, and refuse data that cannot carry the question."""
    project = Project.open(partial)
    history = project.history()
    first = history.sql(_earliest(asked))["first"][0].as_py()
    days = asked.horizon((project.now() - first).days)
    (partial / "question.toml").write_text(_toml(question, asked, made, days, settings))
    asked.check(Project.open(partial).history())


def _earliest(asked: Question) -> str:
    from stepladder.core.history import quoted

    spec = next(spec for spec in asked.TABLES if spec.time)
    return f"select min({quoted(spec.time or '')})::date as first from {quoted(spec.name)}"


def _place(partial: Path, target: Path) -> None:
    if target.exists():
        target.rmdir()
    partial.replace(target)


def _toml(
    question: str, asked: Question, made: dict[str, dict[str, Any]], days: int, settings: str
) -> str:
    lines = [
        "# What the business asks. Change it, then run: stepladder bakeoff",
        f"question = {_value(question)}",
        f"words = {_value(asked.WORDS)}",
        f'horizon = {days}  # days ahead; "13 weeks" works too',
        "good_enough = 0.10  # the share of the best rung's gain that a simpler one may give up",
        "seed = 1",
    ]
    if settings:
        lines.append(settings.strip())
    else:
        lines += PRICES
    for name, table in made.items():
        choices = {k: v for k, v in table["choices"].items() if k != "columns"}
        lines += ["", f"[tables.{name}]", *_pairs({k: table[k] for k in ("source", "cleaned")})]
        lines += ["", f"[tables.{name}.choices]  # how the cleaner reads it", *_pairs(choices)]
        lines += ["", f"[tables.{name}.choices.columns]", *_pairs(table["choices"]["columns"])]
    return "\n".join(lines) + "\n"


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in values.items()]


def _value(value: Any) -> str:
    """A JSON text, number or truth is a TOML one too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


PRICES = [
    "",
    "# To judge by money instead: contact a customer if predicted value × margin > cost.",
    "# [prices]",
    "# margin = 0.30",
    "# cost = 2.00",
    '# currency = "EUR"',
]
RUNGS = """# Your own rungs

A file here named `r<height>_<name>.sql` or `.py` takes part in the next bake-off:
height 1 is a rule, 2 SQL, 3 statistics, 4 machine learning. Four lines of SQL will do.
"""
