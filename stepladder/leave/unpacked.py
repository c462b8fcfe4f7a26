"""Opening a release that was carried elsewhere: every byte is what its hash says, or it is not opened."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.question import Question
from stepladder.core.table import TableSpec
from stepladder.release.release import Release

CONTENTS = "release.json"  # which release lies here, and its tables with their hashes


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


def events_of(question: Question) -> TableSpec:
    """The table of what happened, of which a case brings its own rows."""
    return next(spec for spec in question.TABLES if spec.time)
