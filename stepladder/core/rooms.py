"""Temporary folders: each belongs to the process that made it, and goes when that process is gone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

PREFIX = "stepladder-room-"
OLD = 3600  # seconds: a folder without a lock may belong to a process we cannot see
_held: dict[Path, int] = {}  # the lock goes with its process, however that ends


def made(home: Path | None = None) -> Path:
    """A new folder for this process alone, in `home` or where the system keeps such; back with `gone`."""
    # hidden until it is locked, so that nobody finds it in between and takes it for a dead one's
    hidden = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=home))
    handle = os.open(hidden, os.O_RDONLY)
    with contextlib.suppress(OSError):  # a network's file system that locks no folders
        fcntl.flock(handle, fcntl.LOCK_SH)
    room = hidden.rename(hidden.with_name(hidden.name[1:]))
    _held[room] = handle
    return room


def gone(room: Path) -> None:
    """Remove a folder that `made` made."""
    shutil.rmtree(room, ignore_errors=True)
    handle = _held.pop(room, None)
    if handle is not None:
        os.close(handle)


def spill() -> Path:
    """Where DuckDB puts what does not fit in memory: one folder for the whole process."""
    return _spill(os.getpid(), tempfile.gettempdir())


@cache
def _spill(pid: int, _: str) -> Path:
    room = made()
    Finalize(None, gone, (room,), exitpriority=0)  # also where a process was copied from another
    return room


def emptied() -> None:
    """Give that folder back, in a process that will be killed and cannot do it in the end."""
    gone(spill())
    _spill.cache_clear()


def swept(*homes: Path) -> None:
    """Remove the folders of processes that are gone, also in these homes: they hold customers' rows."""
    home = Path(tempfile.gettempdir())
    for room in (room for each in (home, *homes) for room in each.glob(f"{PREFIX}*")):
        with held(room) as free:
            if free and own(room):
                shutil.rmtree(room, ignore_errors=True)
    for room in (*home.glob("stepladder-[0-9]*"), *home.glob("stepladder-spill-*")):
        if _of_before(room):
            shutil.rmtree(room, ignore_errors=True)


@contextlib.contextmanager
def held(room: Path) -> Iterator[bool]:
    """Hold a folder if nobody does, and say whether; what cannot be told is held."""
    try:
        handle = os.open(room, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free = True
    except OSError:
        free = False
    try:
        yield free
    finally:
        os.close(handle)


def unlocked(room: Path) -> bool:
    """Whether nobody holds a folder; what cannot be told is held."""
    with held(room) as free:
        return free


def own(path: Path) -> bool:
    """Whether something is this user's: in a shared folder anybody may lay anything."""
    with contextlib.suppress(OSError):
        return path.lstat().st_uid == os.geteuid()
    return False


def taken(handle: int, how: int) -> bool:
    """Lock what is open, without waiting; where the file system has no locks, nobody stands in the way."""
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _of_before(room: Path) -> bool:
    """An earlier version's, which knew no locks: its process, whose number is in the name, is gone."""
    pid = next((part for part in room.name.split("-") if part.isdigit()), "")
    try:
        old = time.time() - room.lstat().st_mtime > OLD
    except OSError:
        return False
    return bool(pid) and old and own(room) and not room.is_symlink() and not there(int(pid))


def there(pid: int) -> bool:
    """Whether a process of this number runs, as far as can be seen from here."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True
