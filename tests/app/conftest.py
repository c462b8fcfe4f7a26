"""A small shop before and after its bake-off, its pages asked in this process, or by a real browser."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy_projects
import uvicorn
from in_browser import Site

import stepladder
from stepladder.pages.house import house
from stepladder.project.folder import Project
from stepladder.project.record import same
from stepladder.service.limits import Limits
from stepladder.service.shelf import Shelf

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
    shelf = Shelf.of(home)
    server = uvicorn.Server(
        uvicorn.Config(house(shelf, Limits(rate=0)), port=0, log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    found = Site(f"http://127.0.0.1:{port}", home, shelf)
    yield found
    for client in found.clients:
        client.close()
    server.should_exit = True
    thread.join(20)
    shelf.put_away()
