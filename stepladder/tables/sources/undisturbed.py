"""A source is read while nobody writes to it: half of a table is not taken for all of it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from stepladder.core.errors import Passing, Problem
from stepladder.tables.sources.folders import files_below

T = TypeVar("T")
State = tuple[object, ...]
F_SETSIG = 10  # of Linux; Python has no name for it
MOUNTS = Path("/proc/self/mountinfo")
# a server may refuse the question whoever writes: only these answer it truly
LOCAL = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay"}


def undisturbed(path: Path, read: Callable[[], T]) -> T:
    """What `read` makes of a file or folder that stays as it is meanwhile. Raises Problem.

    What changed while it was read is read once more. Who cut a file off after a whole line, and is
    gone, cannot be known from the file.
    """
    for last in (False, True):
        before = _state(path)
        _refuse_writers(path)
        try:
            found = read()
        except Problem:
            if last or _state(path) == before:
                raise
            continue
        if _state(path) == before:
            return found
    raise _changing(path, "changed while it was read, twice")


def _state(path: Path) -> State:
    """By what a change would show: which file it is, how long, when it was last written to."""
    if not path.is_dir():
        return _of(path)
    return tuple(sorted((file.path, _of(path / file.path, False)) for file in files_below(path)))


def _of(file: Path, follow: bool = True) -> State:
    try:
        at = file.stat(follow_symlinks=follow)
    except OSError:
        return ()
    return at.st_dev, at.st_ino, at.st_size, at.st_mtime_ns


def _refuse_writers(path: Path) -> None:
    """Where the system tells of them (Linux, one's own files): programs that have it open to write."""
    import fcntl

    if not hasattr(fcntl, "F_SETLEASE") or not path.is_file() or _file_system(path) not in LOCAL:
        return
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return  # reading it will say why
    try:
        fcntl.fcntl(file, F_SETSIG, signal.SIGURG)  # which nobody minds, should a writer come now
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            raise _changing(path, "is being written by another program") from None
    finally:
        os.close(file)


def _file_system(path: Path) -> str:
    """The kind of file system that a file lies on: of the longest place of a mount above it, the last."""
    longest, kind, real, lines = "", "", os.path.realpath(path), list[str]()
    with contextlib.suppress(OSError):  # hidden: then it is not known
        lines = MOUNTS.read_text("utf-8", "replace").splitlines()
    for line in lines:
        mount, _, about = line.partition(" - ")
        place = re.sub(r"\\([0-7]{3})", lambda one: chr(int(one[1], 8)), mount.split()[4])
        if len(place) >= len(longest) and Path(real).is_relative_to(place):
            longest, kind = place, about.split()[0]
    return kind


def _changing(path: Path, what: str) -> Passing:
    return Passing(
        f"{path} {what}.",
        "A source is read when it is whole.",
        "Wait until whatever writes it is done, then run again; best it writes under another name "
        "and renames it.",
    )
