"""What a rung may touch: its history, the libraries, a scratch folder; nothing that another could read.

How close the doors are is said in one word. "hook only": a hook in Python, which gives the clear message
and works on every system. "fenced": on Linux the system also refuses, whatever library asks (`landlock`,
`seccomp`, `privileges`). "walled": behind a view of the machine that is the job's own as well
(`namespaces`). None of them holds against faults of the system's kernel, nor against what the time that
something takes, or the machine's counters, give away.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from stepladder.fence import landlock, namespaces, privileges, seccomp

LEVELS = {  # the strongest first, and what each means for whoever reads the figures
    "walled": "no rung could read what came later, or anything that another had left",
    "fenced": "no rung could read what came later, or anything that another had left but how large it is",
    "hook only": "an honest rung could not read what came later; a hostile one might have, on this system",
    "open": "a rung could read whatever the program can, also what came later",
}
SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/opt",
    "/nix",
    "/System",
    "/Library",
)
# What libraries read of the machine; the rest of these folders tells of others, or takes their marks:
# a process's environment, the disk as a whole, the most memory that anybody before had.
MACHINE = (
    *(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")),
    *(f"/proc/{name}" for name in ("cpuinfo", "meminfo", "stat", "version", "filesystems", "sys/vm")),
    *(f"/sys/{name}" for name in ("devices/system", "kernel/mm/transparent_hugepage")),
    *(f"{etc}/{name}" for etc in ("/etc", "/private/etc") for name in (
        "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "zoneinfo", "locale.alias",
        "locale.conf", "default/locale", "nsswitch.conf", "passwd", "group", "os-release", "debian_version",
        "mime.types", "alternatives", "fonts", "ssl/openssl.cnf", "ssl/certs", "pki/tls", "crypto-policies",
        "OpenCL")),
)  # fmt: skip
LIMITS = ("cpu.max", "memory.max", "cpu.cfs_quota_us", "cpu.cfs_period_us", "memory.limit_in_bytes")
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

    def opened(self) -> set[Path]:
        """The readable places without the closed ones inside, which Landlock cannot cut out."""
        closed = self.closed - self.read
        around = {parent for place in closed for parent in place.parents}
        found = {place for root in self.read for place in _around(root, closed, around)}
        return {place for place in found if found.isdisjoint(place.parents)}


def places(files: list[str], writable: list[str], project: str, sources: list[str]) -> Places:
    """Open: the libraries, the given files, the writable folders. Closed: the project, the sources.

    The project may hold the virtual environment, or lie inside a folder of libraries.
    """
    given = {_real(path) for path in files}
    data = {*_shipped(), *(_real(Path(project, s)) for s in sources)}
    closed = {_real(project), *data} - given
    return Places(
        read=frozenset((_libraries() - closed) | {PACKAGE} | given),
        write=frozenset(_real(path) for path in (*writable, os.devnull)),
        closed=frozenset(closed),
    )


def weakest(levels: Collection[str]) -> str:
    """The level that can be claimed for all."""
    return max(levels, key=list(LEVELS).index, default="")


def prepare() -> None:
    """Find out what is the same for every job, once, for all copies of this process."""
    namespaces.possible()
    places([], [], os.devnull, []).opened()


def enter(allowed: Places) -> str:
    """Close the doors behind this process, for good; returns the level reached, a word of LEVELS.

    A thread that is there already would stay outside of Landlock, so there must be none.
    """
    own = _real("/proc/self")
    if own.is_dir() and len([*(own / "task").iterdir()]) > 1:
        raise RuntimeError("the doors were to be closed with threads outside of them")
    allowed = replace(allowed, read=allowed.read | {own})
    foreign = privileges.needed(allowed.read | allowed.write)
    walled = not foreign and namespaces.possible()
    if walled:
        namespaces.wall(_view(allowed))
    privileges.give_up(but_any_file=foreign)
    # imports look through whole folders, also where something inside is closed
    fenced = landlock.fence(allowed.opened(), allowed.write, listed=allowed.read)
    fenced = seccomp.refuse() and fenced
    _hook(allowed)
    return "walled" if walled and fenced else "fenced" if fenced else "hook only"


def _limits() -> Iterator[str]:
    """How much of the machine one may use, which DuckDB reads; what lies beside it tells of others."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, kinds, group = line.split(":", 2)
            for folder in (
                f"/sys/fs/cgroup/{kind}" for kind in {*kinds.split(",")} & {"", "cpu", "memory"}
            ):
                yield from (f"{folder}{at}/{name}" for at in ("", group) for name in LIMITS)


@cache
def _libraries() -> frozenset[Path]:
    named = (*SYSTEM, *MACHINE, *_limits(), *_own_libraries())
    return frozenset(_real(name) for name in named if os.path.exists(name))


@cache
def _shipped() -> frozenset[Path]:
    """The data that came with the package."""
    return frozenset(PACKAGE.rglob("*.parquet"))


def _own_libraries() -> list[str]:
    return [path for path in (sys.prefix, sys.base_prefix, *sys.path) if path]


def _view(allowed: Places) -> namespaces.View:
    """The project is covered too: models that jobs before left are in it."""
    names = frozenset(map(Path, _own_libraries()))
    folders = [place for place in allowed.closed if place.is_dir()]
    return namespaces.View(folders, allowed.read, allowed.write, allowed.closed, names)


def _hook(allowed: Places) -> None:
    refuse = _refusals(allowed)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in refuse:
            refuse[event](*arguments)

    sys.addaudithook(hook)


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

    def copying(*_: object) -> None:
        raise Forbidden("a second process")

    def marking(path: object, *_: object) -> None:
        raise Forbidden(f"the owner, mode or time of {path}")

    def connecting(_: object, address: object) -> None:
        raise Forbidden(f"the network address {address}")

    def looking_up(host: object, port: object = None, *_: object) -> None:
        raise Forbidden(f"the network address {(host, port)}")

    changes = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link")
    starts = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
    marks = ("os.chmod", "os.chown", "os.utime", "os.setxattr", "os.removexattr", "os.chflags")
    connects = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
    return {
        "open": opening,
        "sqlite3.connect": database,
        **dict.fromkeys(connects, connecting),
        **dict.fromkeys(("socket.getaddrinfo", "socket.gethostbyname"), looking_up),
        **dict.fromkeys(("os.fork", "os.forkpty"), copying),
        **dict.fromkeys(changes, changing),
        **dict.fromkeys(marks, marking),
        **dict.fromkeys(starts, starting),
    }


def _around(root: Path, closed: frozenset[Path], around: set[Path]) -> Iterator[Path]:
    if root in closed:
        return
    if root not in around:
        yield root
        return
    for child in _children(root):
        yield from _around(child, closed, around)


@cache
def _children(folder: Path) -> list[Path]:
    """What lies in a folder; links are left out, for their ends may lie in a closed place."""
    try:
        return sorted(path for path in folder.iterdir() if not path.is_symlink())
    except OSError:
        return []


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))
