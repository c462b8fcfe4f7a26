"""A folder for the time something runs; what a killed run left behind is swept by the next."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

OLD = 3600  # seconds: a folder younger than this may belong to a process we cannot see


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder that goes when the work is done, however it ends."""
    _sweep()
    with tempfile.TemporaryDirectory(prefix=f"stepladder-{os.getpid()}-") as folder:
        yield Path(folder)


def _sweep() -> None:
    """Remove folders whose process is gone: they hold customers' purchases."""
    for folder in Path(tempfile.gettempdir()).glob("stepladder-*-*"):
        pid = folder.name.split("-")[1]
        try:
            old = time.time() - folder.stat().st_mtime > OLD
        except OSError:
            continue
        if pid.isdigit() and old and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
