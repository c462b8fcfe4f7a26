"""Make a release: fit the decided rung on what was known as of a day, and see what it can answer from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder.bakeoff.replay import Files, write_asked
from stepladder.bakeoff.run import versions
from stepladder.core import at_rest, own
from stepladder.core import model as models
from stepladder.core.asking import fitted
from stepladder.core.errors import Problem
from stepladder.core.history import ANSWERS, quoted
from stepladder.core.predictions import places, same
from stepladder.core.question import Newcomers, Question
from stepladder.core.rung import Rung
from stepladder.project.all_cases import Known, keep_model, known_at, run, taught_by
from stepladder.project.engine import shared
from stepladder.project.folder import Project
from stepladder.project.reference import reference
from stepladder.project.scratch import scratch
from stepladder.release.release import Manifest, Release, format_of

TRIED = 20  # cases that are asked about twice: with everything known, and with their own rows alone
NIGHTLY_ONLY = (
    "it needs the whole history to answer, so it is served from the nightly predictions only"
)


def fit(
    project: Project,
    rung: Rung,
    day: date,
    data: Mapping[str, str],
    decision: dict[str, Any] | None,
    forced: str = "",
    loss: str = "",
    usual: str = "",
) -> Release:
    """Fit a rung as of a day and keep it as a release in the project. Raises Problem if it fails.

    `data`: the hash of what was known of each table. `loss`: the loss.sql it was chosen by.
    `usual`: the reference, where it is not the project's.
    The same inputs give the same bytes.
    """
    name = rung.name
    with scratch(shared(project.ask, project.folder)) as room:
        known = known_at(project, day, room)
        tried = _tried(project, known, room)
        answers, model = run(project, rung, tried, room)
        said = at_rest.whole(answers)
        keep_model(project, room / name / "model", model)
        foot = project.rung(usual or reference(project))
        foot_model = _fitted(project, foot, known, room)
        alone = _alone(project, rung, tried, said, room)
    taught = taught_by(project, name, day)
    manifest = Manifest(
        question=project.ask.question,
        rung=name,
        suffix=rung.path.suffix,
        code=rung.path.read_bytes().decode("utf-8"),
        ours=rung.ours,
        model=model,
        reference=foot.name,
        reference_model=foot_model,
        as_of=day.isoformat(),
        ask=json.loads(project.ask.for_answers.model_dump_json()),
        data=dict(data),
        versions=versions([rung, foot]),
        decision=decision,
        forced=forced,
        bins=taught.bins and taught.bins.plain(),
        means=None if taught.means is None else {str(k): v for k, v in taught.means.items()},
        alone="" if alone else NIGHTLY_ONLY,
        types=project.types,
        loss=loss,
        format=format_of(taught, loss),
    )
    release = Release(manifest, project.folder / "models")
    release.save(project.folder)
    return release


def _tried(project: Project, known: Known, room: Path) -> Known:
    """The same, asking about a few cases from everywhere, and about newcomers who bring their rows.

    Newcomers are the same few under ids that nobody has, and mixtures of two of them, whose rows nobody
    has: a rung that knows people by their ids, or by what they did, has never met these.
    """
    there = at_rest.count(known.cases)
    few = at_rest.rows(known.cases, range(0, there, max(there // TRIED, 1))[:TRIED])
    if project.question.OWN is None:
        pq.write_table(few, known.cases)
        return known
    few = _without_more(project.question, known, few)
    rows = _each(project.question, known, few)
    mixed = [pa.concat_tables([a[::2], b[1::2]]) for a, b in pairwise(rows)]
    kinds = own.schema(project.question, known.history)
    given = [*rows, *filter(len, mixed)]
    brought = own.brought(project.question, kinds, known.history.now, given)
    files = write_asked(known.files.tables, few, Newcomers(*brought), room)
    return Known(known.history, files)


def _without_more(question: Question, known: Known, few: pa.Table) -> pa.Table:
    """Those who have rows in no other table than newcomers bring rows of; all, where there is nobody."""
    alone = few
    for spec in question.TABLES:
        names = [column.name for column in spec.columns]
        if spec.name != own.spec(question).name and own.about_cases(question, names):
            using = ", ".join(map(quoted, question.CASE))
            query = f"select * from cases anti join {quoted(spec.name)} using ({using})"
            alone = known.history.sql(query, alone)
    return alone if alone.num_rows else few


def _each(question: Question, known: Known, cases: pa.Table) -> list[pa.Table]:
    """The rows of each case, in the table that newcomers bring rows of."""
    using = ", ".join(map(quoted, question.CASE))
    rows = known.history.sql(
        f"select * from {quoted(own.spec(question).name)} semi join cases using ({using})", cases
    )
    whose = places(rows, cases, question.CASE).to_numpy()
    return [rows.filter(pa.array(whose == nth)) for nth in range(cases.num_rows)]


def _fitted(project: Project, foot: Rung, known: Known, room: Path) -> str:
    """Fit the question's own reference; the hash of its model, kept in the project."""
    home = room / "reference"
    usual = models.save(fitted(foot, known.history), home)
    keep_model(project, home, usual)
    return usual


def _alone(project: Project, rung: Rung, tried: Known, said: pa.Table, room: Path) -> bool:
    """Whether newcomers are answered alone as among everybody, and their twins as those they are like.

    What people said of cases is left out: about somebody new nobody has said anything.
    """
    if tried.files.newcomers is None:
        return False
    file, brought = tried.files.newcomers
    new = pq.read_table(file)
    tables = {name: place for name, place in tried.files.tables.items() if name != ANSWERS}
    for spec in project.question.TABLES:
        path, time = tables[spec.name]
        if own.about_cases(project.question, [column.name for column in spec.columns]):
            whole = pq.read_schema(path).empty_table()
            path = str(room / f"own_{spec.name}.parquet")
            pq.write_table(
                pq.read_table(brought[spec.name]) if spec.name in brought else whole, path
            )
        tables[spec.name] = (path, time)
    (room / rung.name).rename(room / "kept")
    alone = Known(tried.history, Files(tables, file))
    try:
        answers, _ = run(project, rung, alone, room, str(room / "kept" / "model"))
    except Problem:
        return False  # it fell over its own rows: it needs the others
    case, again, few = project.question.CASE, at_rest.whole(answers), at_rest.whole(tried.cases)
    theirs = said.filter(pc.is_valid(places(said, few, case)))
    mine = said.filter(pc.is_valid(places(said, new, case)))
    twins = mine.filter(pc.is_valid(places(mine, new.slice(0, few.num_rows), case)))
    return same(mine, again) and same(theirs.drop_columns(case), twins.drop_columns(case))
