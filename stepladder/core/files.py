"""Files that appear whole or not at all, whoever is killed while they are written."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from stepladder.core.errors import Problem


def write(path: Path, body: bytes) -> None:
    """Write a file beside its place, make sure it is on the disk, then move it there. Raises Problem."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise Problem(
            f"{path} cannot be written: {error.strerror}",
            "the project's folder must be writable and have room",
            "make room or mend the permissions, and run again: it goes on where it stopped",
        ) from None


def sweep(folder: Path) -> None:
    """Remove what killed runs left half-written; nobody else may be writing there."""
    for left in folder.rglob(".*.partial"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        with contextlib.suppress(OSError):
            left.unlink(missing_ok=True)
