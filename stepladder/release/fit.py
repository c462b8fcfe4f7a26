"""Make a release: fit the decided rung on what was known as of a day, and see what it can answer from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.bakeoff.run import versions
from stepladder.core import model as models
from stepladder.core.errors import Problem
from stepladder.core.history import quoted
from stepladder.core.rung import Rung
from stepladder.core.stats import Bins
from stepladder.project.answer import Known, keep_model, known_at, past_of, run
from stepladder.project.folder import Project
from stepladder.project.scratch import scratch
from stepladder.release.release import Manifest, Release

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
) -> Release:
    """Fit a rung as of a day and keep it as a release in the project. Raises Problem if it fails.

    `data`: the hash of what was known of each table. The same inputs give the same bytes.
    """
    name = rung.name
    with scratch() as room:
        known = _asking_few(known_at(project, day, room))
        said, fitted = run(project, rung, known, room)
        keep_model(project, room / name / "model", fitted)
        usual = _reference(project, known, room)
        alone = _alone(project, rung, known, said, room)
    past = past_of(project, name, day)
    manifest = Manifest(
        question=project.ask.question,
        rung=name,
        suffix=rung.path.suffix,
        code=rung.path.read_bytes().decode("utf-8"),
        ours=rung.ours,
        model=fitted,
        reference=project.question.REFERENCE,
        reference_model=usual,
        as_of=day.isoformat(),
        ask=json.loads(project.ask.for_answers.model_dump_json()),
        data=dict(data),
        versions=versions([rung, project.rung(project.question.REFERENCE)]),
        decision=decision,
        forced=forced,
        bins=_plain(past.bins),
        means=None if past.means is None else {str(k): v for k, v in past.means.items()},
        alone="" if alone else NIGHTLY_ONLY,
    )
    release = Release(manifest, project.folder / "models")
    release.save(project.folder)
    return release


def _asking_few(known: Known) -> Known:
    """The same, asking about a few cases from everywhere."""
    step = max(known.cases.num_rows // TRIED, 1)
    few = known.cases.take(pa.array(range(0, known.cases.num_rows, step)[:TRIED]))
    pq.write_table(few, known.files.cases)
    return known._replace(cases=few)


def _reference(project: Project, known: Known, room: Path) -> str:
    """Fit the question's own reference; the hash of its model, kept in the project."""
    home = room / "reference"
    usual = models.save(project.rung(project.question.REFERENCE).fit(known.history), home)
    keep_model(project, home, usual)
    return usual


def _alone(project: Project, rung: Rung, known: Known, said: pa.Table, room: Path) -> bool:
    """Whether the rung answers the same for a few cases when it sees their own rows and no others.

    Nor what people said of them: about somebody new nobody has said anything.
    """
    key = known.cases.column_names[0]
    own = {}
    for spec in project.question.TABLES:
        path, time = known.files.tables[spec.name]
        if spec.time and key in [column.name for column in spec.columns]:
            rows = known.history.sql(
                f"select * from {quoted(spec.name)} semi join cases using ({quoted(key)})",
                known.cases,
            )
            path = str(room / f"own_{spec.name}.parquet")
            pq.write_table(rows, path)
        own[spec.name] = (path, time)
    same = {name: place for name, place in known.files.tables.items() if name != "answers"}
    few = Known(known.history, known.cases, replace(known.files, tables={**same, **own}))
    model = str(room / rung.name / "model")
    kept = room / "kept"
    (room / rung.name).rename(kept)
    try:
        again, _ = run(project, rung, few, room, str(kept / Path(model).name))
    except Problem:
        return False  # it fell over its own rows: it needs the others
    return _same(said, again)


def _same(one: pa.Table, other: pa.Table) -> bool:
    """Whether two answers agree, but for the last digits of numbers."""
    if one.num_rows != other.num_rows:
        return False
    for name in one.column_names:
        for a, b in zip(one[name].to_pylist(), other[name].to_pylist(), strict=True):
            near = isinstance(a, float) and isinstance(b, float) and abs(a - b) <= 1e-9 * abs(a)
            if a != b and not near:
                return False
    return True


def _plain(bins: Bins | None) -> dict[str, list[float]] | None:
    return None if bins is None else {k: v.tolist() for k, v in bins._asdict().items()}
