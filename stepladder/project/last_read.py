"""Which version of each table the last good night read: what tonight's is held against."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from stepladder.core.files import write
from stepladder.project.folder import Project

FILE = "runs/last_read.json"


def last_read(project: Project) -> dict[str, Path]:
    """Each table's clean file as it was read when all was well; none of those of which nothing is noted.

    Nothing is where no night was yet, or the note was removed, or says what is no version of that table.
    """
    try:
        noted = json.loads((project.folder / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    there = noted if isinstance(noted, dict) else {}
    versions = {name: re.compile(rf"data/{re.escape(name)}-[0-9a-f]+\.parquet") for name in there}
    return {
        name: project.folder / file
        for name, file in there.items()
        if isinstance(file, str) and versions[name].fullmatch(file)
    }


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
