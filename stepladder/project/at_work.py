"""Who works in a project's folder: whoever writes rows of people there says so while it lasts.

Many may work side by side; somebody is forgotten only while nobody does. The system takes these locks
away from whoever dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stepladder.core import files, rooms
from stepladder.core.errors import Passing
from stepladder.project.home import lies_in, other_homes
from stepladder.record import Record

ROOMS = ("data", "predictions", "published", "runs", "bakeoffs", "models", "releases")
PATIENCE_S = 60.0  # for somebody who is being forgotten
JUST_NOW = timedelta(
    minutes=1
)  # a bake-off that began so lately may not have said yet that it runs
GONE = "its process ended without a result"


@contextlib.contextmanager
def at_work(folder: Path, swept: bool = False) -> Iterator[None]:
    """Work here beside others; what those left who were killed is removed, unless that was done."""
    if not swept:  # before this one, too, is somebody at work here
        sweep(folder)
    with _held(folder / "data", fcntl.LOCK_SH, PATIENCE_S, folder):
        yield


@contextlib.contextmanager
def nobody_at_work(folder: Path, wait: float) -> Iterator[None]:
    """Hold everybody off, once those who work here have ended. Raises Problem after so many seconds."""
    with _held(folder / "data", fcntl.LOCK_EX, wait, folder):
        sweep(folder, alone=True)
        yield


def sweep(folder: Path, alone: bool = False) -> None:
    """Remove what killed runs left, in the project and in the system's temporary folder."""
    files.sweep(folder, ".*.partial", alone=alone)
    for room in ROOMS:
        files.sweep(folder / room, alone=alone)
    rooms.swept()


@contextlib.contextmanager
def running(folder: Path, bakeoff: int) -> Iterator[None]:
    """Say that a bake-off runs; whoever is killed leaves a file that nobody holds."""
    path = _note(folder, bakeoff)
    hidden = path.with_name(f".{bakeoff}.{os.getpid()}.begun")  # until it is locked
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        hidden.touch(mode=0o600)
    try:
        with _held(hidden, fcntl.LOCK_EX, 0, folder):
            with contextlib.suppress(OSError):
                hidden.rename(path)
            yield
    finally:
        path.unlink(missing_ok=True)


def settle(record: Record, question: str, folder: Path) -> None:
    """Note of bake-offs whose process is gone that they came to no result."""
    for one in () if record.stopped else record.bakeoffs(question):
        if one.status == "running" and _ended(record, folder, one.id, one.started):
            record.fail_bakeoff(one.id, GONE)
            _note(folder, one.id).unlink(missing_ok=True)


def _ended(record: Record, folder: Path, bakeoff: int, started: str) -> bool:
    path = _note(folder, bakeoff)
    if path.is_file():
        return _let_go(path)
    # where another folder writes into the same record, it may be that one's
    here = lies_in(record.engine.url, folder) and not other_homes(record, folder)
    return here and datetime.now(UTC) - datetime.fromisoformat(started) > JUST_NOW


def _let_go(path: Path) -> bool:
    try:
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody holds it; or nobody can tell here, so somebody may
        return False
    return True


def _note(folder: Path, bakeoff: int) -> Path:
    return folder / "bakeoffs" / f".{bakeoff}.running"


@contextlib.contextmanager
def _held(path: Path, how: int, wait: float, folder: Path) -> Iterator[None]:
    try:
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except OSError:  # nothing is kept here, or nothing can be written
        yield
        return
    try:
        end = time.monotonic() + wait
        while not _taken(handle, how):
            if time.monotonic() >= end:
                raise _busy(folder, how)
            time.sleep(min(0.1, max(end - time.monotonic(), 0)))
        yield
    finally:
        os.close(handle)


def _taken(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network's file system that locks no folders
        return True
    return True


def _busy(folder: Path, how: int) -> Passing:
    if how == fcntl.LOCK_SH:
        return Passing(
            f"somebody is being forgotten in {folder}",
            "meanwhile nobody reads or writes rows there",
            "wait until that has ended, and run again",
        )
    return Passing(
        f"a bake-off, a night or another verb is at work in {folder}",
        "somebody is forgotten only while nobody writes rows of people there",
        "wait until it has ended, or let this wait: --wait 3600",
    )
