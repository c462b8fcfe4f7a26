"""All that is served, kept up to date: new models and answers are taken up while requests are answered."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.release.ship import shipments
from stepladder.service.keys import Keys
from stepladder.service.metrics import Metrics
from stepladder.service.served import Mark, Served, mark_of

T = TypeVar("T")
log = logging.getLogger("stepladder.service")
EVERY_S, AGAIN_S = 1.0, 60.0


@dataclass
class Shelf:
    """The projects by name, replaced whole, so that a request keeps what it began with; and who may ask."""

    served: dict[str, Served]
    keys: Keys
    folders: dict[str, Path] = field(default_factory=dict)  # also of those not in production yet
    metrics: Metrics = field(default_factory=Metrics)
    degraded: dict[str, str] = field(default_factory=dict)  # name -> why the newest is not served
    refused: dict[str, tuple[Mark, float]] = field(
        default_factory=dict
    )  # and when it is tried again
    beside: list[Callable[[], None]] = field(default_factory=list)  # who else looks, as often

    @staticmethod
    def of(folder: Path) -> Shelf:
        """Everything below a folder, and what of it is in production. Raises Problem on what is wrong."""
        there = projects(folder)
        opened = {name: _named(name, Project.open, at) for name, at in there.items()}
        keys = Keys.of(opened)
        shipped = [name for name, project in opened.items() if shipments(project)]
        served = {name: _named(name, Served.load, name, there[name]) for name in shipped}
        return Shelf(served, keys, there)

    async def watch(self, worker: ThreadPoolExecutor) -> None:
        """Look every second whether there is something new, for as long as the service runs."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(EVERY_S)
            await loop.run_in_executor(worker, self.look)

    def look(self, again: bool = False) -> None:
        """Take up new models and predictions, notice altered ones; what is broken is told, the old one stays.

        `again`: try at once what was refused a moment ago.
        """
        for look in self.beside:
            look()
        marks: dict[str, Mark] = {}
        for name, project in self.keys.projects.items():
            try:
                now = self.served.get(name)
                if now or shipments(project):
                    marks[name] = mark_of(now.project if now else project)
            except Exception as error:  # a record that cannot be read for a while
                self.degraded[name] = "the record cannot be read"
                log.warning("%s: the record cannot be read: %s", name, _one_line(error))
        for name, mark in marks.items():
            now = self.served.get(name)
            if now and mark == now.mark:
                self._mended(name)
            elif again or self._worth_trying(name, mark):
                self._take_up(name, mark)

    def put_away(self) -> None:
        """Let go of everything that was served; else DuckDB says at the end what is still open."""
        for one in self.served.values():
            if one.alone is not None:
                one.alone.close()
        self.served = {}
        gc.unfreeze()
        gc.collect()

    def _take_up(self, name: str, mark: Mark) -> None:
        try:
            new = Served.load(name, self.folders[name])
        except Exception as error:
            self.refused[name] = mark, time.monotonic() + AGAIN_S
            self.degraded[name] = _one_line(error)
            self.metrics.reloads[name, "refused"] += 1
            log.error("%s: the newest is not served, the old one stays: %s", name, _one_line(error))
            return
        self.served = {**self.served, name: new}
        gc.unfreeze()
        gc.collect()  # the one before
        settle()
        self._mended(name)
        self.metrics.reloads[name, "taken up"] += 1
        log.info("%s: serves release %s", name, new.release.hash[:12])

    def _worth_trying(self, name: str, mark: Mark) -> bool:
        """What was refused is tried again when it changes, or after a while: files may be put back."""
        refused, again = self.refused.get(name, (None, 0.0))
        return mark != refused or time.monotonic() >= again

    def _mended(self, name: str) -> None:
        self.degraded.pop(name, None)
        self.refused.pop(name, None)


def projects(folder: Path) -> dict[str, Path]:
    """A project, or the projects in a folder, by the names of their folders. Raises Problem."""
    place = folder.resolve()
    if (place / "question.toml").is_file():
        return {place.name: place}
    found = {p.parent.name: p.parent for p in sorted(place.glob("*/question.toml"))}
    if not found:
        raise Problem(
            f"there is no question.toml in {place}, nor in a folder below it",
            "a project is served, or a folder that holds several",
            "name it with --project",
        )
    return found


def _named(name: str, do: Callable[..., T], *given: Any) -> T:
    """What is done with a project; a Problem says with which."""
    try:
        return do(*given)
    except Problem as problem:
        said, allowed, remedy = problem.parts()
        raise Problem(f"{name}: {said}", allowed, remedy) from None


def settle() -> None:
    """Give back what loading needed; what is there now stays, so it is not looked through for garbage."""
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):  # glibc has it
        ctypes.CDLL(None).malloc_trim(0)


def _one_line(error: Exception) -> str:
    said = (
        "; ".join(error.parts())
        if isinstance(error, Problem)
        else f"{type(error).__name__}: {error}"
    )
    return " ".join(said.split())
