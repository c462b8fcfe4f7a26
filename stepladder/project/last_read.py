"""Which version of each table the last good night read: what tonight's is held against."""

from __future__ import annotations

import json
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


def note_read(project: Project) -> None:
    """From now on the tables in use are what is held against: a night passed, or a person said so."""
    used = {name: source.cleaned for name, source in sorted(project.ask.tables.items())}
    write(project.folder / FILE, json.dumps(used, indent=1))
