"""A release as it is carried elsewhere: what was learnt, and the tables a case's own rows are seen beside."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core import own
from stepladder.core.errors import Problem
from stepladder.core.history import quoted
from stepladder.leave.loaded import CONTENTS
from stepladder.project.folder import Project
from stepladder.release.inputs import inputs
from stepladder.release.release import Release


def carry(project: Project, release: Release, folder: Path) -> None:
    """Write into the folder all that answers from a case's own rows; nobody's rows are among it.

    Raises Problem where the rung cannot answer from a case's own rows, or the data that the release
    learnt from have changed since.
    """
    refuse(release)
    for part in ("releases", "tables", "models"):
        (folder / part).mkdir(parents=True)
    release.save(folder)
    for model in {release.manifest.model, release.manifest.reference_model}:
        shutil.copytree(release.home / model, folder / "models" / model)
    tables = {}
    for name, (table, time) in _tables(project, release).items():
        path = folder / "tables" / f"{name}.parquet"
        pq.write_table(table, path)
        tables[name] = {"time": time, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    said = {"release": release.hash, "tables": tables}
    (folder / CONTENTS).write_text(json.dumps(said, indent=1, sort_keys=True))


def refuse(release: Release) -> None:
    """Raise Problem where a release cannot answer from a case's own rows."""
    found, why = release.manifest, release.manifest.alone
    if found.rung.startswith("r0_"):
        why = f"{found.rung} is a person, whose answers are about known cases only"
    if why:
        raise Problem(
            f"it cannot be carried elsewhere: {why}",
            "what is carried elsewhere answers from a case's own rows, and holds no customer's rows",
            "carry its nightly predictions instead: they are Parquet files in published/",
        )


def _tables(project: Project, release: Release) -> dict[str, tuple[pa.Table, str | None]]:
    """Tables that are the same for everyone, as they were; of those with rows of cases, the columns only."""
    question, day = project.question, date.fromisoformat(release.manifest.as_of)
    views = tuple(question.views(release.ask).items())
    history = replace(project.history().at(day), ask=release.ask, views=views)
    specs = {spec.name: spec.time for spec in question.TABLES}
    there = {name: pq.read_schema(project.table(name)).names for name in specs}
    whole = [name for name in specs if not own.about_cases(question, there[name])]
    whole += question.DERIVED
    if whole and inputs(project, day) != release.manifest.data:
        raise Problem(
            f"the data before {day} have changed since the release learnt from them",
            f"{', '.join(whole)} must be as they were then",
            "learn from the data as they are now, then carry that: stepladder ship",
        )
    return {
        name: (
            history.sql(f"select * from {quoted(name)}{'' if name in whole else ' limit 0'}"),
            specs.get(name),
        )
        for name in (*specs, *question.DERIVED)
    }
