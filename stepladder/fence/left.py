"""What a job left, taken over by the process that asked for it: plain files, by their names, nothing else."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

ASKED_FOR = {
    "outcome.json": stat.S_IFREG,
    "predictions.parquet": stat.S_IFREG,
    "model": stat.S_IFDIR,
}


def take(left: Path, out: Path) -> str:
    """Move what was asked for; returns what is amiss, if something is, and then moves nothing.

    A link would have us read, and keep, what the rung was not shown.
    """
    names = [name for name in ASKED_FOR if os.path.lexists(left / name)]
    for name in names:
        if stat.S_IFMT((left / name).lstat().st_mode) != ASKED_FOR[name]:
            return f"the {name} it left is a link or something else that is not asked for"
    if any(not _plain(path) for name in names for path in _all(left / name)):
        return "it left a link, or something else that is no plain file"
    for name in names:
        shutil.move(left / name, out / name)
    return ""


def emptied(out: Path) -> None:
    """Leave nothing in a job's folder."""
    for path in out.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def _all(path: Path) -> list[Path]:
    inside = [Path(at, name) for at, folders, files in os.walk(path) for name in (*folders, *files)]
    return [path, *inside]


def _plain(path: Path) -> bool:
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1)
