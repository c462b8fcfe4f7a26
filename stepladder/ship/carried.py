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

from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.core.history import History, quoted
from stepladder.core.question import Question
from stepladder.core.tables.spec import TableSpec
from stepladder.project.folder import Project
from stepladder.ship.inputs import inputs
from stepladder.ship.release import Release

CONTENTS = "release.json"  # which release lies here, and its tables with their hashes


def carry(project: Project, release: Release, folder: Path) -> None:
    """Write into the folder all that answers from a case's own rows; nobody's rows are among it.

    Raises Problem where the rung cannot answer from a case's own rows, or the data that the release
    learnt from have changed since.
    """
    _refuse(release)
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


def unpacked(folder: Path) -> tuple[Release, History]:
    """The release that lies in the folder, and the history that rows are laid over: it knows nobody.

    Raises Problem where any byte is not what its hash says.
    """
    said = json.loads((folder / CONTENTS).read_text())
    release = Release.load(said["release"], folder)
    tables: dict[str, tuple[str, str | None]] = {}
    for name, about in said["tables"].items():
        path = folder / "tables" / f"{name}.parquet"
        if hashlib.sha256(path.read_bytes()).hexdigest() != about["sha256"]:
            raise Problem(
                f"the table {name} of the release is not what it was: its bytes were changed",
                "what was carried elsewhere is loaded only as it was written",
                "fetch it again from where it was logged",
            )
        tables[name] = (str(path), about["time"])
    views = tuple(questions.load(release.manifest.question).views(release.ask).items())
    return release, History(
        date.fromisoformat(release.manifest.as_of), release.ask, tables, views=views
    )


def events(question: Question) -> TableSpec:
    """The table of what happened, of which a case brings its own rows."""
    return next(spec for spec in question.TABLES if spec.time)


def _refuse(release: Release) -> None:
    found = release.manifest
    with_person = found.rung.startswith("r0_")
    why = "a person's answers are about known cases only" if with_person else found.alone
    if why:
        raise Problem(
            f"{found.rung} cannot answer elsewhere: {why}",
            "what is carried elsewhere answers from a case's own rows, and holds no customer's rows",
            "carry its nightly predictions instead: they are Parquet files in published/",
        )


def _tables(project: Project, release: Release) -> dict[str, tuple[pa.Table, str | None]]:
    """Tables without time, and those worked out for the day, as they were; of events, the columns only."""
    question, day = project.question, date.fromisoformat(release.manifest.as_of)
    history = replace(project.history().at(day), ask=release.ask)
    specs = {spec.name: spec.time for spec in question.TABLES}
    whole = [name for name, time in specs.items() if not time] + list(question.DERIVED)
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
