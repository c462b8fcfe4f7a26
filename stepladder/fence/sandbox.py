"""What a rung may touch: its history, the libraries, a scratch folder; no other file, no network.

Two fences stand one behind the other. A hook in Python gives the clear message and works on every
system; Landlock also holds for what C libraries open, on Linux. They keep honest rungs honest; they
are no prison for hostile code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stepladder.fence.landlock import fence

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/nix", "/proc",
          "/sys", "/dev", "/System", "/Library", "/private/etc")  # fmt: skip
DEVICES = ("/dev/null", "/dev/shm")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
PACKAGE = Path(__file__).resolve().parents[1]


class Forbidden(PermissionError):
    """A rung reached for something outside its history."""


@dataclass(frozen=True)
class Places:
    """Folders and files, absolute: the deepest that holds a path decides about it."""

    read: frozenset[Path]
    write: frozenset[Path]
    closed: frozenset[Path]

    def allow(self, path: Path, writing: bool) -> bool:
        """May this path be opened?"""
        for place in (path, *path.parents):
            if place in self.write or (place in self.read and not writing):
                return True
            if place in self.closed:
                return False
        return False

    def opened(self) -> Iterator[Path]:
        """The readable places without the closed ones inside, which Landlock cannot cut out."""
        for root in self.read:
            yield from _around(root, self.closed - self.read)


def places(files: list[str], writable: list[str], project: str, sources: list[str]) -> Places:
    """Open: the libraries, the given files, the writable folders. Closed: the project, the sources.

    The project may hold the virtual environment, or lie inside a folder of libraries.
    """
    given = {_real(path) for path in files}
    libraries = {_real(p) for p in (*SYSTEM, sys.prefix, sys.base_prefix, *sys.path) if p}
    data = {*PACKAGE.rglob("*.parquet"), *(_real(Path(project, s)) for s in sources)}
    closed = {_real(project), *data} - given
    return Places(
        read=frozenset((libraries - closed) | {PACKAGE} | given),
        write=frozenset(_real(path) for path in (*writable, *DEVICES)),
        closed=frozenset(closed),
    )


def enter(allowed: Places) -> bool:
    """Close the doors behind this process; returns whether the operating system helps."""
    fenced = fence(allowed.opened(), allowed.write)
    refuse = _refusals(allowed)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in refuse:
            refuse[event](*arguments)

    sys.addaudithook(hook)
    return fenced


def _refusals(allowed: Places) -> dict[str, Callable[..., None]]:
    def check(path: object, writing: bool) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            name = os.fsdecode(path)
            if not allowed.allow(_real(name), writing):
                raise Forbidden(name)

    def opening(path: object, mode: object, flags: object) -> None:
        check(path, bool(isinstance(flags, int) and flags & WRITES))

    def changing(*arguments: object) -> None:
        for path in arguments:
            check(path, True)

    def database(path: object) -> None:
        if path != ":memory:":
            check(path, True)

    def starting(program: object, *_: object) -> None:
        raise Forbidden(
            f"the program {os.fsdecode(program) if isinstance(program, bytes) else program}"
        )

    def connecting(_: object, address: object) -> None:
        raise Forbidden(f"the network address {address}")

    changes = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link")
    starts = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
    return {
        "open": opening,
        "sqlite3.connect": database,
        "socket.connect": connecting,
        **dict.fromkeys(changes, changing),
        **dict.fromkeys(starts, starting),
    }


def _around(root: Path, closed: frozenset[Path]) -> Iterator[Path]:
    if root in closed:
        return
    if not any(root in place.parents for place in closed):
        yield root
        return
    for child in _children(root):
        yield from _around(child, closed)


@cache
def _children(folder: Path) -> list[Path]:
    """What lies in a folder; links are left out, for their ends may lie in a closed place."""
    try:
        return sorted(path for path in folder.iterdir() if not path.is_symlink())
    except OSError:
        return []


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))
