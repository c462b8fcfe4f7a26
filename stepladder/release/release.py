"""A release: a rung with what it learnt, and everything that says where it comes from, pinned by hashes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from stepladder import __version__, questions
from stepladder.core import model as models
from stepladder.core.ask import Ask
from stepladder.core.asking import Taught
from stepladder.core.errors import Problem
from stepladder.core.files import read, regular, write
from stepladder.core.model import Model
from stepladder.core.rung import Rung
from stepladder.core.strays import Strays, from_plain
from stepladder.questions import question_toml

FORMAT = 4  # the newest, see `format_of`
KEYS = ("format", "made_with")  # what a release of any version says about itself


@dataclass(frozen=True)
class Manifest:
    """What a release says of itself, as plain data.

    code: the rung's file as it was; model, reference_model: the hashes of what was learnt. ask: the
    question, as far as answers depend on it. data: table -> hash of what was known. bins: what was
    learnt of past errors, for intervals. means: what a 0/1 rung's answers stand for. alone: empty if
    the rung can answer from a case's own rows, else why not. types: table -> column -> what its values
    were; None in releases of format 1. loss: loss.sql as it was in the bake-off decided on, by which the
    watch judges; empty where the question's own loss did.
    """

    question: str
    rung: str
    suffix: str
    code: str
    ours: bool
    model: str
    reference: str
    reference_model: str
    as_of: str
    ask: dict[str, Any]
    data: dict[str, str]
    versions: dict[str, str]
    decision: dict[str, Any] | None
    forced: str
    bins: dict[str, Any] | None
    means: dict[str, float] | None
    alone: str
    types: dict[str, dict[str, str]] | None = None
    loss: str = ""
    made_with: str = __version__
    format: int = 2


@dataclass(frozen=True)
class Release:
    """A manifest, and the folder where what was learnt lies, each model under its hash."""

    manifest: Manifest
    home: Path

    @staticmethod
    def load(hash_: str, project: Path, room: Path | None = None) -> Release:
        """The release of that hash. Raises Problem where it is gone, altered, or made by a newer version.

        With `room` its models are copied there first: nobody can change what is in use.
        """
        path = project / "releases" / f"{hash_}.json"
        if not hash_.isalnum() or not os.path.lexists(path):
            raise Problem(
                f"there is no release {hash_}",
                "a release is a file in releases/, named by the hash of its bytes",
                "see those there are: stepladder models",
            )
        body = read(path)
        if hashlib.sha256(body).hexdigest() != hash_:
            raise _altered(f"the release {hash_[:12]}")
        release = Release(_manifest(json.loads(body)), room or project / "models")
        for model in dict.fromkeys((release.manifest.model, release.manifest.reference_model)):
            if room is not None and (project / "models" / model).is_dir():
                _copy(project / "models" / model, room / model)
            _check(release.home / model, model)
        return release

    def save(self, project: Path) -> str:
        """Write the manifest under the hash of its bytes, whole or not at all; returns the hash."""
        path = project / "releases" / f"{self.hash}.json"
        if path.is_symlink():
            path.unlink()  # what it leads to may say the same now, and something else later
        write(path, self.body)
        return self.hash

    @cached_property
    def body(self) -> bytes:
        """The manifest's bytes; the same release gives the same."""
        later = {"types": None, "loss": ""}  # what older releases do not say
        found = asdict(self.manifest).items()
        plain = {k: v for k, v in found if k not in later or v != later[k]}
        return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False).encode()

    @cached_property
    def hash(self) -> str:
        """The name of the release."""
        return hashlib.sha256(self.body).hexdigest()

    @cached_property
    def ask(self) -> Ask:
        """The question it answers."""
        return question_toml.asked(self.manifest.ask)

    @property
    def taught(self) -> Taught:
        """What earlier answers taught: what 0 and 1 stand for, and how far all stray."""
        means, bins = self.manifest.means, self.manifest.bins
        return Taught(
            None if means is None else {int(k): v for k, v in means.items()},
            None if bins is None else from_plain(bins),
        )

    def model(self) -> Model:
        """What the rung learnt."""
        return models.load(self.home / self.manifest.model)

    def reference_model(self) -> Model:
        """What the reference learnt, which answers where the rung has no opinion."""
        return models.load(self.home / self.manifest.reference_model)

    def rung(self, room: Path) -> Rung:
        """The rung as it was released; where its file has changed since, from the text kept with it."""
        found = self.manifest
        ours = questions.folder(found.question) / f"{found.rung}{found.suffix}"
        if found.ours and ours.is_file() and ours.read_bytes() == found.code.encode():
            return Rung(ours, ours=True)
        path = room / f"{found.rung}{found.suffix}"
        if not path.is_file():
            path.write_bytes(found.code.encode())
        return Rung(path)

    def reference(self) -> Rung:
        """The rung that answers where this one has no opinion."""
        return Rung(
            next(questions.folder(self.manifest.question).glob(f"{self.manifest.reference}.*")),
            ours=True,
        )


def format_of(taught: Taught, loss: str) -> int:
    """The format of a release: the oldest that holds all it says, since older versions read only such."""
    return 4 if isinstance(taught.bins, Strays) else 3 if loss else 2


def files(hash_: str, project: Path) -> list[Path]:
    """The files that a release is made of, as far as it says: they may be gone, or altered."""
    manifest = project / "releases" / f"{hash_}.json"
    try:
        said = json.loads(read(manifest))
        names = {str(said["model"]), str(said["reference_model"])}
    except (OSError, Problem, ValueError, KeyError, TypeError):
        names = set()
    folders = [project / "models" / name for name in sorted(names) if name.isalnum()]
    return [manifest, *(path for folder in folders for path in (folder, *sorted(folder.glob("*"))))]


def _manifest(raw: Mapping[str, Any]) -> Manifest:
    if int(raw.get("format", 0)) > FORMAT:
        raise Problem(
            f"the release was made by stepladder {raw.get('made_with', '?')}, in format {raw['format']}",
            f"this is stepladder {__version__}, which reads formats up to {FORMAT}",
            "upgrade stepladder, from where it was installed, or go back: stepladder ship --rollback",
        )
    return Manifest(**raw)


def _copy(folder: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for path in regular(folder):
        (target / path.name).write_bytes(read(path))


def _check(folder: Path, name: str) -> None:
    if not folder.is_dir():
        raise Problem(
            f"the model {name[:12]} is gone from models/",
            "a release needs what its rung learnt",
            "put it back, go back to an earlier one (stepladder ship --rollback), or ship again",
        )
    if models.digest(folder) != name:
        raise _altered(f"the model {name[:12]}")


def _altered(what: str) -> Problem:
    return Problem(
        f"{what} is not what its name says: somebody or something changed its bytes",
        "what is in production is named by the hash of its bytes, and is loaded only if they agree",
        "put the files back, go back to an earlier one (stepladder ship --rollback), or ship again",
    )
