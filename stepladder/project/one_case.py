"""One case at a time: somebody known, somebody new with rows of their own, or whatever else can be asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core import model as models
from stepladder.core import own
from stepladder.core.asking import Job, Taught, answered, asked, explained, reasons
from stepladder.core.cases import among, count, kinds
from stepladder.core.errors import Problem
from stepladder.core.files import write
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.rung import Rung
from stepladder.project.all_cases import fit_and_ask, keep_model, taught_by
from stepladder.project.at_work import at_work
from stepladder.project.folder import Project
from stepladder.project.own_rows import OwnRows, own_rows
from stepladder.project.predict import decided
from stepladder.project.reference import reference
from stepladder.project.scratch import scratch
from stepladder.tables.ids.spelling import also_spelt

BROUGHT = b"own rows"  # under it the answer's table says what became of a newcomer's rows


def predict_one(
    project: Project,
    *,
    case: str | None = None,
    rows: str | Path | pa.Table | None = None,
    rung: str | None = None,
    **lookups: Any,
) -> pa.Table:
    """The answer for one case, without learning anew: KEYS…, prediction, the extras, why, because.

    `case`: the id of somebody known. `rows`: a newcomer's own, as a table or a file. Whatever else a
    question can be asked has a name there, such as `item` or `radio`. Raises Problem where
    nobody or several are asked about, or an id is not known.
    """
    given = {"case": case, "for": rows, **lookups}
    said = {flag: value for flag, value in given.items() if value is not None}
    _one_of(project, said)
    with at_work(project.folder), scratch() as room:
        brought = own_rows(project, said["for"]) if "for" in said else None
        if brought is not None:
            said["for"] = brought.table
        one = One.of(project, decided(project) if rung is None else rung, room)
        found = _found(one, said)
        return found if brought is None else _with_note(found, brought)


def _found(one: One, said: Mapping[str, Any]) -> pa.Table:
    further = [name for name in one.project.question.LOOKUPS if name in said]
    if further:
        return one.project.question.LOOKUPS[further[-1]](one, said)
    return one.known(said["case"]) if "case" in said else one.new(said["for"])


def _with_note(found: pa.Table, brought: OwnRows) -> pa.Table:
    note = {**brought.plain(), "sentences": brought.sentences}
    return found.replace_schema_metadata(
        {**(found.schema.metadata or {}), BROUGHT: json.dumps(note)}
    )


def of_own_rows(found: pa.Table) -> dict[str, Any]:
    """What became of the rows that a newcomer brought, by stable names; empty where nobody did."""
    return dict(json.loads((found.schema.metadata or {}).get(BROUGHT, b"{}")))


def _one_of(project: Project, said: Mapping[str, Any]) -> None:
    known = ("case", "for", *project.question.LOOKUPS)
    flags = ", ".join(f"--{name}" for name in dict.fromkeys(known))
    for name in said:
        if name not in known:
            raise Problem(
                f"--{name} was asked of {project.ask.question}",
                f"one case of it is asked for with {flags}",
                "leave it out, or ask a question that knows it",
            )
    for name, value in said.items():
        if isinstance(value, int) and value < 1:
            raise Problem(f"--{name} {value}", "as many as are wanted: 1 or more", f"--{name} 10")
    # a number says how many are wanted, everything else about whom
    seeds = [name for name, value in said.items() if not isinstance(value, int)]
    if len(seeds) != 1:
        raise Problem(
            f"{' and '.join(f'--{name}' for name in seeds)} were given"
            if seeds
            else "nobody to ask about was given",
            f"one case at a time: {flags}",
            "name one of them",
        )


@dataclass(frozen=True)
class One:
    """A rung that has learnt, asked about one case at a time without learning anew.

    `derived`: where the tables worked out for the moment lie. `settings`: where not as usual.
    """

    project: Project
    rung: Rung
    model: Model
    derived: Path
    taught: Taught
    settings: Mapping[str, Any]

    @staticmethod
    def of(project: Project, name: str, derived: Path) -> One:
        """The rung of that name with its model, and what the bake-off taught of it."""
        project.check()
        history = project.history()
        for table in project.question.DERIVED:
            pq.write_table(history.sql(f"select * from {table}"), derived / f"{table}.parquet")
        taught = taught_by(project, name, project.now())
        return One(project, project.rung(name), fitted(project, name), derived, taught, {})

    def asking(self, **settings: Any) -> One:
        """The same, with other settings of the question."""
        return replace(self, settings=settings)

    @cached_property
    def history(self) -> History:
        """All that is known."""
        found = self.project.history()
        more: dict[str, tuple[str, str | None]] = {
            name: (str(self.derived / f"{name}.parquet"), None)
            for name in self.project.question.DERIVED
        }
        other = found.ask.settings.model_copy(update=dict(self.settings))
        ask = found.ask.model_copy(update={"settings": other})
        return replace(found, ask=ask, tables={**found.tables, **more})

    def known(self, case: str) -> pa.Table:
        """The answer for somebody who is in the data. Raises Problem where nobody has that id."""
        question, history = self.project.question, self.history
        wanted = own.named(kinds(question, history), case)
        said = also_spelt(wanted) if wanted else []
        there = next(filter(None, (among(question, history, one) for one in said)), None)
        if not there:
            raise Problem(
                f"there is no {' '.join(self.project.question.CASE)} {case!r} in the data",
                f"the {count(question, history):,} known ones are asked for by their id",
                "somebody new is asked for with their own rows: --for FILE"
                + ("; what several add up to is in the file of all: --to FILE" * self._adds_up),
            )
        return self._answer(self.history, there)

    @property
    def _adds_up(self) -> bool:
        return "level" in self.project.question.EXTRAS

    def new(self, rows: pa.Table) -> pa.Table:
        """The answer for somebody never seen, from rows of their own, oldest first; nothing is learnt.

        Raises Problem on rows of which nothing can be said.
        """
        kinds = own.schema(self.project.question, self.history)
        brought = own.brought(self.project.question, kinds, self.history.now, [rows])
        own.refuse(self.project.question, self.history, *brought.rows.values())
        return self._answer(self.history.plus(**brought.rows), brought.cases)

    def _answer(self, history: History, cases: pa.Table) -> pa.Table:
        question = self.project.question
        raw = asked(Job(question, self.rung, history, cases, self.model)).table

        def beside() -> pa.Table:
            usual = reference(self.project)
            model = fitted(self.project, usual)
            return asked(Job(question, self.project.rung(usual), history, cases, model)).table

        table = answered(question, raw, beside, history, cases, self.taught).predictions
        own = reasons(self.rung, self.model, history, table)
        return explained(question, history, table, own)


def fitted(project: Project, name: str) -> Model:
    """The rung's model as of the project's now: kept while code, data and settings stay the same."""
    note = project.folder / "models" / f"{name}.json"
    parts = (project.rung(name).sha256, project.fingerprint, project.settings, str(project.now()))
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    if note.is_file():
        said = json.loads(note.read_text())
        home = project.folder / "models" / str(said["model"])
        if said["key"] == key and home.is_dir():
            return models.load(home)
    with scratch() as room:
        found = fit_and_ask(project, name, room)
        keep_model(project, room / name / "model", found)
    write(note, json.dumps({"key": key, "model": found}))
    return models.load(project.folder / "models" / found)
