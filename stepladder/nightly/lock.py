"""One run at a time: a lock that the system takes away from whoever dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from stepladder.core import rooms
from stepladder.core.errors import Problem


@contextmanager
def alone(folder: Path, wait: float) -> Iterator[None]:
    """Hold the project's lock while something runs; wait so many seconds for another. Raises Problem."""
    path = folder / "runs" / "lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("a+") as file:
        end = time.monotonic() + wait
        while not rooms.taken(file.fileno(), fcntl.LOCK_EX):
            if time.monotonic() >= end:
                raise _busy(path)
            time.sleep(min(0.2, max(end - time.monotonic(), 0)))
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()} {datetime.now():%H:%M:%S}")
        file.flush()
        yield


def _busy(path: Path) -> Problem:
    pid, _, since = path.read_text().partition(" ")
    return Problem(
        f"another run is at work here, process {pid or '?'} since {since or 'just now'}",
        "one run at a time publishes; what it has done, the next finds done",
        "wait for it, or let this one wait: --wait 3600",
    )
