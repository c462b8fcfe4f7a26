"""Large files put in place: copied a little at a time, and whole or not at all."""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path

from stepladder.core.files import made, opened, regular, whole


def copy(source: Path, path: Path) -> None:
    """Copy a file, or a folder of files; a file that says the same already is left alone.

    Raises Problem where the copy cannot be written, and on what is no file, such as a link.
    """
    if source.is_file() and path.is_file() and filecmp.cmp(source, path, shallow=False):
        return
    with whole(path) as partial:
        if not source.is_dir():
            _copied(source, partial)
            return
        partial.mkdir(mode=0o700)
        for each in regular(source):
            _copied(each, partial / each.name)


def move(source: Path, path: Path) -> None:
    """Give a folder of files another place, whole or not at all. Raises Problem."""
    regular(source)
    with whole(path) as partial:
        shutil.move(source, partial)


def _copied(source: Path, target: Path) -> None:
    with opened(source) as file, made(target) as copied:
        shutil.copyfileobj(file, copied, 1 << 20)
