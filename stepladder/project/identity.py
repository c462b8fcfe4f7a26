"""Which project a folder is: a random id in a small file, which goes where the folder goes."""

from __future__ import annotations

import re
import tomllib
import uuid
from pathlib import Path

from stepladder.core import files
from stepladder.core.errors import Problem

FILE = ".stepladder"
SAID = """# Which project this is in its record. Commit it; a copy that is to be another goes without.
id = "{}"
"""


def read(folder: Path) -> str:
    """The id in a folder; none where it has none. Raises Problem on a file that holds something else."""
    path = folder / FILE
    try:
        found = str(tomllib.loads(path.read_text("utf-8")).get("id", ""))
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        found = ""
    if not re.fullmatch(r"[0-9a-f]{32}", found):
        raise Problem(
            f"{path} does not say which project this is",
            'it has one line: id = "32 digits and letters from a to f"',
            f"put it back as it was (git checkout {FILE}), or remove it and run: stepladder record",
        )
    return found


def new() -> str:
    """An id that no other project has."""
    return uuid.uuid4().hex


def write(folder: Path, project: str) -> str:
    """Say in a folder which project it is; returns the id."""
    files.write(folder / FILE, SAID.format(project))
    return project
