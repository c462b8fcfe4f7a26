"""All that is served, kept up to date: new models and answers are taken up while requests are answered."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from stepladder.core.errors import Problem
from stepladder.service.keys import Keys
from stepladder.service.metrics import Metrics
from stepladder.service.served import Mark, Served, mark_of

log = logging.getLogger("stepladder.service")
EVERY_S, AGAIN_S = 1.0, 60.0


@dataclass
class Shelf:
    """The projects by name, replaced whole, so that a request keeps what it began with; and who may ask."""

    served: dict[str, Served]
    keys: Keys
    metrics: Metrics = field(default_factory=Metrics)
    degraded: dict[str, str] = field(default_factory=dict)  # name -> why the newest is not served
    refused: dict[str, tuple[Mark, float]] = field(
        default_factory=dict
    )  # and when it is tried again

    @staticmethod
    def of(folder: Path) -> Shelf:
        """Everything below a folder that is in production. Raises Problem where something is wrong."""
        served = {name: _load(name, place) for name, place in projects(folder).items()}
        return Shelf(served, Keys.of({name: one.project for name, one in served.items()}))

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
        marks: dict[str, Mark] = {}
        for name, now in self.served.items():
            try:
                marks[name] = mark_of(now.project)
            except Exception as error:  # a record that cannot be read for a while
                self.degraded[name] = "the record cannot be read"
                log.warning("%s: the record cannot be read: %s", name, _one_line(error))
        for name, mark in marks.items():
            now = self.served[name]
            if mark == now.mark:
                self._mended(name)
            elif again or self._worth_trying(name, mark):
                self._take_up(name, now, mark)

    def put_away(self) -> None:
        """Let go of everything that was served; else DuckDB says at the end what is still open."""
        for one in self.served.values():
            if one.alone is not None:
                one.alone.close()
        self.served = {}
        gc.unfreeze()
        gc.collect()

    def _take_up(self, name: str, now: Served, mark: Mark) -> None:
        try:
            new = Served.load(name, now.project.folder)
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


def _load(name: str, folder: Path) -> Served:
    try:
        return Served.load(name, folder)
    except Problem as problem:
        given, allowed, remedy = problem.parts()
        raise Problem(f"{name}: {given}", allowed, remedy) from None


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
