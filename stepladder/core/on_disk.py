"""Making sure that bytes are on the disk before a name says that they are there."""

from __future__ import annotations

import os
from pathlib import Path


def settle(path: Path) -> None:
    """Wait until a file, or every file of a folder, outlives a power cut."""
    for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
