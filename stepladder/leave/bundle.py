"""What is in production, as a folder that runs alone on another machine, with nothing secret in it."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import tomlkit
from packaging.requirements import Requirement
from sqlalchemy import URL

import stepladder
from stepladder import questions
from stepladder.core import files, own_loss
from stepladder.core.ask import ANSWERED, Ask
from stepladder.core.errors import Problem
from stepladder.core.extras import installing
from stepladder.leave.hashes import with_hashes
from stepladder.leave.templates import filled
from stepladder.project.folder import Project
from stepladder.questions.question_toml import parse, plain
from stepladder.record import Record
from stepladder.record.schema import NOBODY
from stepladder.release.needs import needs
from stepladder.release.release import Release
from stepladder.release.ship import in_production
from stepladder.service import published

ELSEWHERE = "not-in-the-bundle"  # where the tables came from is nobody's business there
FILE = "stepladder.db"
RECORD = f"sqlite:///{FILE}"
PORT = 8000
# what a library needs of the system beyond what the image has
SYSTEM = {"lightgbm": "libgomp1"}
MARK = "Wheel-Version: 1.0\nGenerator: stepladder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same code gives the same bytes
Wanted = tuple[str, frozenset[str]]  # a distribution, and the extras asked of it


def bundle(project: Project, folder: str | Path) -> Path:
    """Write what is in production into a new folder that runs alone; returns the folder.

    In it: the project with its cleaned data, the release and the latest published predictions; a
    record that knows of these and of no token; exact versions of every library; stepladder as a wheel;
    a Dockerfile, a service unit and a README. All of it is written or nothing. Raises Problem on a
    folder that is not empty, and where nothing is in production.
    """
    target = Path(folder).absolute()
    if not files.free(target):
        raise Problem(
            f"{target} exists already, and is not an empty folder",
            "a bundle is a folder of its own, and nothing is ever written over",
            "name another, or remove this one: --bundle DIR",
        )
    release = Release.load(in_production(project).release, project.folder)
    new = not target.exists()
    with files.whole(target, last="README.md", sole=True) as partial:
        _write_project(project, release, partial / "project")
        faster = ["numba"] if "numba" in release.manifest.versions else []
        pinned = lock(("ship",), [*needs(release), *faster])
        own = questions.folder(release.manifest.question)
        wheel = write_wheel(importlib.metadata.distribution("stepladder"), own, partial)
        (partial / "requirements.lock").write_text(with_hashes(pinned))
        for file, text in _texts(target.name, release, wheel.name, pinned).items():
            (partial / file).write_text(text, encoding="utf-8")
    if new:
        files.allow(target, 0o755)  # the service reaches `venv` in it; `project` stays closed
    return target


def _write_project(project: Project, release: Release, folder: Path) -> None:
    """Its question as it was shipped, cleaned tables, release, predictions and record."""
    for part in ("data", "models", "rungs"):
        (folder / part).mkdir(parents=True)
    ask = _asked(project, release)
    said = tomlkit.dumps(plain(ask))
    text = f"# Bundled from release {release.hash[:12]}\n{said}"
    assert parse(text) == ask
    (folder / "question.toml").write_text(text, encoding="utf-8")
    for spec in project.question.TABLES:
        target = folder / project.ask.tables[spec.name].cleaned
        shutil.copyfile(project.table(spec.name), target)
        report = {**project.data_report(spec.name), "source": ELSEWHERE}
        target.with_suffix(".json").write_text(json.dumps(report, indent=1))
    release.save(folder)
    if release.manifest.loss:
        (folder / own_loss.FILE).write_text(release.manifest.loss, encoding="utf-8", newline="")
    for model in {release.manifest.model, release.manifest.reference_model}:
        shutil.copytree(release.home / model, folder / "models" / model)
    if not release.manifest.ours:
        release.rung(folder / "rungs")  # writes its file
    _record(project, release, folder)


def _asked(project: Project, release: Release) -> Ask:
    """The question that was shipped, without addresses of sources, of the record, or of other databases."""
    tables = {
        name: table.model_copy(update={"source": ELSEWHERE})
        for name, table in project.ask.tables.items()
    }
    kept = {name: getattr(release.ask, name) for name in ANSWERED}
    nightly = project.ask.nightly.model_copy(update={"publish": ()})
    return project.ask.model_copy(
        update={**kept, "tables": tables, "record": RECORD, "nightly": nightly}
    )


def _record(project: Project, release: Release, folder: Path) -> None:
    """A record of its own: the decision, the shipment and the predictions, and no tokens.

    They are nobody's: a bundle has no id, and where it runs first it becomes a project of its own.
    """
    url = URL.create("sqlite", database=str(folder / FILE))  # whatever the environment says
    record, question = Record.make(url, NOBODY), project.ask.question
    shipment, decided = in_production(project), release.manifest.decision
    number = None
    if decided:
        number = record.decide(
            question, decided["rung"], by=decided["by"], because=decided["because"]
        )
    record.note(replace(shipment, decision=number))
    if latest := published.latest(project):
        published.intact(project, latest, folder / latest.path)
        record.store_prediction(latest)


def _texts(name: str, release: Release, wheel: str, pinned: Sequence[str]) -> dict[str, str]:
    """How it is installed, started, watched over and read about: file name -> text."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-")
    called = f"stepladder-{plain}" if plain else "stepladder"
    found = release.manifest
    words = {
        "name": called,
        "question": found.question,
        "rung": found.rung,
        "as_of": found.as_of,
        "release": release.hash,
        "wheel": wheel,
        "port": PORT,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "system": _system(pinned),
        "fence": fence(release),
    }
    texts = {"Dockerfile": "Dockerfile", f"{called}.service": "bundle.service"}
    texts["README.md"] = "README.md"
    return {file: filled(template, **words) for file, template in texts.items()}


def fence(release: Release) -> str:
    """Who runs the rung where the bundle is: in whose rights, and behind what."""
    if release.manifest.ours:
        return "The rung is stepladder's own, and answers in the service's process."
    return (
        f"The rung {release.manifest.rung} is your own code. The service there runs it as here, in a process "
        "of its own behind the fence that this machine can put up (Landlock: Linux 5.13 or later, also in "
        "containers). Whatever else loads it runs it unfenced, with the rights of whoever does."
    )


def _system(pinned: Sequence[str]) -> str:
    packages = [SYSTEM[n] for n in (need.partition("==")[0] for need in pinned) if n in SYSTEM]
    if not packages:
        return ""
    install = f"apt-get install --yes --no-install-recommends {' '.join(packages)}"
    # the image names its system by version; its packages have none that stays
    return f"# hadolint ignore=DL3008\nRUN apt-get update && {install} && rm -rf /var/lib/apt/lists/*\n"


def lock(extras: Sequence[str], also: Sequence[str] = ()) -> list[str]:
    """Exact versions of all that runs here: so it runs alike elsewhere, and next year.

    `name==version` of all that stepladder with these extras needs, found among what is installed.
    Raises Problem where something is not installed.
    """
    found: dict[str, str] = {}
    seen: set[Wanted] = set()
    waiting: list[Wanted] = [("stepladder", frozenset(extras)), *((n, frozenset()) for n in also)]
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        name, distribution = wanted[0], _installed(*wanted)
        found[name] = distribution.version
        waiting += _needed(distribution, wanted[1])
    del found["stepladder"]  # it lies beside, as a wheel
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _needed(
    distribution: importlib.metadata.Distribution, extras: frozenset[str]
) -> Iterator[Wanted]:
    for text in distribution.requires or ():
        need = Requirement(text)
        asked = [{"extra": extra} for extra in (*extras, "")]
        if need.marker is None or any(need.marker.evaluate(each) for each in asked):
            yield re.sub(r"[-_.]+", "-", need.name).lower(), frozenset(need.extras)


def _installed(name: str, extras: frozenset[str]) -> importlib.metadata.Distribution:
    try:
        found = importlib.metadata.distribution(name)
        if name != "stepladder" or extras <= set(found.metadata.get_all("Provides-Extra") or ()):
            return found
    except importlib.metadata.PackageNotFoundError:
        pass
    raise Problem(
        f"{name} is not installed here",
        "a bundle pins what runs here, the service included",
        installing("ship", *[name] * (name != "stepladder")),
    )


def write_wheel(installed: importlib.metadata.Distribution, question: Path, folder: Path) -> Path:
    """Write the wheel of the running code, the question's own folder in it; returns its path."""
    name = f"stepladder-{installed.version}"
    path = folder / f"{name}-py3-none-any.whl"
    inside = {**_code(question), **_about(installed, f"{name}.dist-info")}
    inside[f"{name}.dist-info/RECORD"] = _listed(inside, f"{name}.dist-info/RECORD")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, body in inside.items():
            entry = zipfile.ZipInfo(file, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, body)
    return path


def _code(question: Path) -> dict[str, bytes]:
    root = Path(stepladder.__file__).parent
    paths = {*root.rglob("*"), *question.rglob("*")}
    there = (p for p in sorted(paths) if p.is_file() and "__pycache__" not in p.parts)
    return {f"stepladder/{questions.package_path(p).as_posix()}": p.read_bytes() for p in there}


def _about(installed: importlib.metadata.Distribution, home: str) -> dict[str, bytes]:
    """What the installed copy says of itself."""
    said = {"METADATA": installed.read_text("METADATA") or "", "WHEEL": MARK}
    said["entry_points.txt"] = installed.read_text("entry_points.txt") or ""
    return {f"{home}/{name}": text.encode() for name, text in said.items()}


def _listed(inside: dict[str, bytes], own: str) -> bytes:
    lines = [f"{name},sha256={_hash(body)},{len(body)}" for name, body in inside.items()]
    return "\n".join([*lines, f"{own},,", ""]).encode()


def _hash(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
