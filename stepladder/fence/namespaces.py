"""A view of the machine for one job alone: nothing can be changed, /tmp is empty, there is no network.

What Landlock leaves open (that a file is there, its size, when it was read) goes too. Folders where other
jobs leave something are covered by empty ones, in which only what the job may use lies at its place; all
else is read-only. Most Linux lets every user do that; containers and some systems refuse. There is no
namespace of processes: a rung can neither start, signal nor look into one (`seccomp`, `landlock`), and it
would cost a second process for each job. Sources: unshare(2), mount_setattr(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SHARED = ("/tmp", "/var/tmp", "/dev/shm")
MOUNTS, IPC, USER, NETWORK = 0x20000, 0x8000000, 0x10000000, 0x40000000
BIND, WITH_ALL_BELOW, PRIVATE, NO_PRIVILEGES = 0x1000, 0x4000, 0x40000, 0x6
HERE, ALL_BELOW, READ_ONLY, SET_ATTRIBUTES = -100, 0x8000, 1, 442


class _Attributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("add", "clear", "spread", "user"))


@dataclass(frozen=True)
class View:
    """What lies in covered folders: at its place, for reading or writing; or there in name only."""

    covered: Collection[Path]
    read: Collection[Path]
    write: Collection[Path]
    closed: Collection[Path]
    names: Collection[Path]  # that may be links to what is read


@cache
def possible() -> bool:
    """Whether this machine lets us: tried once, in a process that ends with it."""
    if not sys.platform.startswith("linux"):
        return False
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1] == 0
    with contextlib.suppress(BaseException):
        os.chdir("/")  # where one is may lie beneath a cover
        # not `tempfile`, which remembers: copies would take the folder of the first job for theirs
        folder = Path(os.path.realpath(os.environ.get("TMPDIR", "/tmp")))
        wall(View([], [], [folder], [], []))
        os._exit(not os.access(folder, os.W_OK))
    os._exit(1)


def wall(view: View) -> None:
    """Leave the machine's view for one's own, for good. Raises OSError where the system refuses."""
    here = os.getcwd()
    _leave()
    covers = _outermost([*map(Path, SHARED), *view.covered], {*view.read, *view.write})
    folders = {place for place in view.write if place.is_dir()}
    shown = _opened({*_within(covers, view.read), *_within(covers, view.write), *folders})
    kinds = {place: place.is_dir() for place in _within(covers, view.closed) if place.exists()}
    links = {name: os.path.realpath(name) for name in _within(covers, view.names) if name.exists()}
    for cover in covers:
        _mount("tmpfs", cover, NO_PRIVILEGES, "tmpfs")
    for place, handle in shown.items():
        _stand_in(place, os.path.isdir(f"/proc/self/fd/{handle}"))
        _mount(f"/proc/self/fd/{handle}", place, BIND | WITH_ALL_BELOW)
        os.close(handle)
    for place, folder in kinds.items():
        _stand_in(place, folder)
    for name, end in links.items():
        if not name.exists():
            _stand_in(name.parent, folder=True)
            name.symlink_to(end)
    _set(Path("/"), ALL_BELOW, _Attributes(add=READ_ONLY))
    for writable in folders:
        _set(writable, 0, _Attributes(clear=READ_ONLY))
    os.chdir(here)  # it was the one beneath the cover


def _leave() -> None:
    user, group = os.geteuid(), os.getegid()
    _call("unshare", USER | MOUNTS | IPC | NETWORK)
    for file, said in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path(f"/proc/self/{file}").write_text(said)
    _mount("none", Path("/"), PRIVATE | WITH_ALL_BELOW)


def _outermost(folders: Iterable[Path], used: set[Path]) -> list[Path]:
    """Each once, by its real name, none that lies in another, and none that is used as a whole."""
    real = {Path(os.path.realpath(folder)) for folder in folders if folder.is_dir()}
    real -= {Path("/"), *used}
    return sorted(folder for folder in real if not real.intersection(folder.parents))


def _within(covers: list[Path], places: Iterable[Path]) -> list[Path]:
    """Those that a cover hides, the outer before the inner."""
    return sorted(place for place in places if not {*covers}.isdisjoint(place.parents))


def _opened(places: Iterable[Path]) -> dict[Path, int]:
    """A handle on each that is there, the outer before the inner: under a cover they have no name."""
    there = sorted(place for place in places if place.exists())
    return {place: os.open(place, os.O_PATH | os.O_CLOEXEC) for place in there}


def _stand_in(place: Path, folder: bool) -> None:
    """Something empty of that name, unless it is there."""
    if place.exists():
        return
    (place if folder else place.parent).mkdir(parents=True, exist_ok=True)
    if not folder:
        place.touch()


def _mount(source: str, target: Path, flags: int, kind: str = "none") -> None:
    _call("mount", source.encode(), os.fsencode(target), kind.encode(), flags, None)


def _set(place: Path, flags: int, attributes: _Attributes) -> None:
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    name = os.fsencode(place)
    _call("syscall", SET_ATTRIBUTES, HERE, name, flags, ctypes.byref(attributes), size)


def _call(name: str, *arguments: object) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    passed = [ctypes.c_ulong(a) if isinstance(a, int) and a >= 0 else a for a in arguments]
    if function(*passed):
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
