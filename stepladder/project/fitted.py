"""A rung fitted once, and found again while its code, the data and the settings stay the same."""

from __future__ import annotations

import hashlib
import json

from stepladder.core import model as models
from stepladder.core.model import Model
from stepladder.project.answer import fit_and_ask, keep_model
from stepladder.project.folder import Project
from stepladder.project.scratch import scratch


def fitted(project: Project, name: str) -> Model:
    """The rung's model as of the project's now: the kept one, else learnt now and kept."""
    note = project.folder / "models" / f"{name}.json"
    key = _key(project, name)
    if note.is_file():
        said = json.loads(note.read_text())
        home = project.folder / "models" / str(said["model"])
        if said["key"] == key and home.is_dir():
            return models.load(home)
    with scratch() as room:
        found = fit_and_ask(project, name, room)
        keep_model(project, room / name / "model", found)
    partial = note.with_suffix(".partial")
    partial.write_text(json.dumps({"key": key, "model": found}))
    partial.replace(note)
    return models.load(project.folder / "models" / found)


def _key(project: Project, name: str) -> str:
    """What the model depends on."""
    parts = (project.rung(name).sha256, project.fingerprint, project.settings, str(project.now()))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
