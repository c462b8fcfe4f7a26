"""Which version of each table the last good night read: what tonight's is held against."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from stepladder.core.files import write
from stepladder.project.folder import Project

FILE = "runs/last_read.json"


def last_read(project: Project) -> dict[str, Path]:
    """Each table's clean file as it was read when all was well; nothing where no night was yet."""
    path = project.folder / FILE
    if not path.is_file():
        return {}
    return {name: project.folder / file for name, file in json.loads(path.read_text()).items()}


def as_last_read(project: Project) -> Project:
    """The project over the tables of the last good night; as it is where there was none, or they are gone.

    A night that was stopped has read its sources: whoever is answered meanwhile is not answered from these.
    """
    there = last_read(project)
    tables = project.ask.tables
    if set(there) != set(tables) or not all(path.is_file() for path in there.values()):
        return project
    names = {name: path.relative_to(project.folder).as_posix() for name, path in there.items()}
    as_then = {n: one.model_copy(update={"cleaned": names[n]}) for n, one in tables.items()}
    return replace(project, ask=project.ask.model_copy(update={"tables": as_then}))


def note_read(project: Project) -> None:
    """From now on the tables in use are what is held against: a night passed, or a person said so."""
    used = {name: source.cleaned for name, source in sorted(project.ask.tables.items())}
    write(project.folder / FILE, json.dumps(used, indent=1))
