"""What stands behind all pages for as long as the service runs: projects as their files are, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

from stepladder.project.folder import Project
from stepladder.service.refused import Refused
from stepladder.service.shelf import Shelf
from stepladder.service.writes import PATIENCE_S

T = TypeVar("T")
OF_DATA = 2  # files of a project that hold no rows, before those that do
KEPT = 256  # things worked out once that are remembered


class _Turn:
    """A lock that can be let go of by whoever comes last."""

    def __init__(self) -> None:
        self.lock = Lock()


@dataclass
class Standing:
    """Shared by all visits. sites: by which names it may be asked, beside numbers and localhost."""

    shelf: Shelf
    sites: frozenset[str] = frozenset()
    opened: dict[str, tuple[tuple[object, ...], Project]] = field(default_factory=dict)
    kept: dict[Hashable, Any] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    turns: WeakValueDictionary[Hashable, _Turn] = field(default_factory=WeakValueDictionary)

    def project(self, name: str) -> Project:
        """A project, opened anew when its settings or data change. Raises Problem as Project.open."""
        folder = self.shelf.folders.get(name)
        if folder is None:
            raise Refused(
                404, f"there is no project {name[:80]!r} here", "see the first page", "go there"
            )
        self._let_go(name)
        there = self.opened.get(name)
        if there and there[0] == _looks(there[1]):
            return there[1]
        project = Project.open(folder).hurried(PATIENCE_S)
        self.opened[name] = _looks(project), project
        return project

    def tidied(self) -> None:
        """Let go of what was worked out from rows that are others by now: somebody may be forgotten."""
        for name in list(self.opened):
            self._let_go(name)

    def _let_go(self, name: str) -> None:
        there = self.opened.get(name)
        if there is None or there[0][OF_DATA:] == _looks(there[1])[OF_DATA:]:
            return
        with self.lock:
            self.opened.pop(name, None)
            for key in [key for key in self.kept if isinstance(key, tuple)]:
                if key[1:2] == (name,):
                    del self.kept[key]

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What takes long to work out, and is the same as long as its key is; the key names the content."""
        with self.lock:
            turn = self.turns.get(key)
            if turn is None:
                turn = self.turns[key] = _Turn()
        with turn.lock:  # whoever asks for the same meanwhile waits for it
            found: Any = self.kept.get(key, turn)
            if found is turn:
                found = make()
                self.keep(key, found)
        return cast(T, found)

    def keep(self, key: Hashable, made: object) -> None:
        """Remember something; what was remembered first goes, once there is too much of it."""
        with self.lock:
            while len(self.kept) >= KEPT and key not in self.kept:
                self.kept.pop(next(iter(self.kept)))
            self.kept[key] = made


def _looks(project: Project) -> tuple[object, ...]:
    files = [project.folder / "question.toml", project.folder / "loss.sql"]
    files += [project.folder / source.cleaned for source in project.ask.tables.values()]
    return tuple(map(_look, files))


def _look(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
