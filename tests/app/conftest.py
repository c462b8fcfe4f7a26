"""A small shop before and after its bake-off, its pages asked in this process, or by a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy_projects
from in_browser import Site, running

import stepladder
from stepladder.project.folder import Project
from stepladder.project.record import same

RUNGS = ("r0_person", "r1_same_for_all", "r1_our_rule", "r2_rfm_quintiles")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `shop`, whose lowest rungs were compared, and `empty`, where nothing was run."""
    folder = tmp_path_factory.mktemp("app")
    ladder = Project.ladder.fget
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("stepladder.project.bakeoff.runner", lambda _: toy_projects.measured)
        few = property(lambda self: [rung for rung in ladder(self) if rung.name in RUNGS])
        patched.setattr(Project, "ladder", few)
        for name in ("shop", "empty"):
            room = tmp_path_factory.mktemp(name)
            made = toy_projects.made("retention", room)
            shutil.copytree(made.folder, folder / name)
            same(Project.open(folder / name))
        stepladder.run_bakeoff(Project.open(folder / "shop"))
    return folder


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[Site]:
    """The app over that folder, on a real port."""
    with running(home) as found:
        yield found
