"""Write the folder: the project as it is in production, stepladder itself, and what starts it."""

from __future__ import annotations

import importlib.metadata
import shutil
from pathlib import Path

from stepladder.core.errors import Problem
from stepladder.leave.bundle import contents, texts
from stepladder.leave.bundle.lock import lock
from stepladder.leave.bundle.wheel import write_wheel
from stepladder.project.folder import Project
from stepladder.release.needs import needs
from stepladder.release.release import Release
from stepladder.release.ship import in_production


def bundle(project: Project, folder: str | Path) -> Path:
    """Write what is in production into a new folder that runs alone; returns the folder.

    In it: the project with its cleaned data, the release and the latest published predictions; a
    record that knows of these and of no token; exact versions of every library; stepladder as a wheel;
    a Dockerfile, a service unit and a README. All of it is written or nothing. Raises Problem on a
    folder that is not empty, and where nothing is in production.
    """
    target = Path(folder).absolute()
    _must_be_free(target)
    release = Release.load(in_production(project).release, project.folder)
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _write(project, release, partial, target.name)
        partial.replace(target)  # also over an empty folder
    except OSError as error:
        raise Problem(
            f"{target} cannot be written: {error.strerror}",
            "the folder's own folder must exist, be writable and have room",
            "make room, or name another: --bundle DIR",
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _write(project: Project, release: Release, folder: Path, name: str) -> None:
    folder.mkdir()
    contents.write(project, release, folder / "project")
    faster = ["numba"] if "numba" in release.manifest.versions else []
    pinned = lock(("ship",), [*needs(release), *faster])
    wheel = write_wheel(importlib.metadata.distribution("stepladder"), folder)
    (folder / "requirements.lock").write_text("\n".join(pinned) + "\n")
    for file, text in texts.written(name, release, wheel.name, pinned).items():
        (folder / file).write_text(text, encoding="utf-8")


def _must_be_free(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Problem(
            f"{target} exists already, and is not an empty folder",
            "a bundle is a folder of its own, and nothing is ever written over",
            "name another, or remove this one: --bundle DIR",
        )
