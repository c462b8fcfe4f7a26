"""Files and folders that appear whole or not at all, whoever is killed while they are written."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from stepladder.core.errors import Problem


def write(path: Path, body: bytes | str) -> None:
    """Write a file, whole or not at all; one that says the same already is left alone. Raises Problem."""
    said = body.encode() if isinstance(body, str) else body
    if path.is_file() and path.read_bytes() == said:
        return
    with whole(path) as partial:
        partial.write_bytes(said)


def read(path: Path) -> bytes:
    """The bytes of a file that lies right there. Raises Problem on a link or a pipe: it leads elsewhere."""
    try:  # not waiting for whoever would write into a pipe
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _elsewhere(path) from None
        raise
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _elsewhere(path)
        return file.read()


def regular(folder: Path) -> list[Path]:
    """Everything in a folder, by name. Raises Problem unless all are files that lie right there."""
    if folder.is_symlink():
        raise _elsewhere(folder)
    found = sorted(folder.iterdir())
    for path in found:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise _elsewhere(path)
    return found


@contextlib.contextmanager
def whole(path: Path, last: str = "") -> Iterator[Path]:
    """A place to write a file or a folder; it gets its name once all of it is on the disk, or goes.

    An empty folder that is there already is filled, since it may be a mount or somebody may stand in
    it; `last` is the file in it that says that the others are there. Raises Problem.
    """
    home = path if path.is_dir() else path.parent
    partial = home / f".{path.name}.{os.getpid()}.partial"
    try:
        home.mkdir(parents=True, exist_ok=True)
        _remove(partial)  # of another process with the same number, long ago
        yield partial
        settle(partial)
        if home == path:
            _fill(path, partial, last)
        else:
            partial.replace(path)
    except OSError as error:
        if not _about(partial, error):
            raise
        raise Problem(
            f"{path} cannot be written: {error.strerror or error}",
            "the folder that it lies in must be writable and have room",
            "make room, mend the permissions or name another place, and run again",
        ) from None
    finally:
        _remove(partial)


def settle(path: Path) -> None:
    """Wait until a file, or every file of a folder, outlives a power cut."""
    for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove what killed runs left half-written: anywhere in a folder, or right there and of one name.

    Nobody else may be writing there.
    """
    pattern = "**/.*.partial" if name is None else f".{glob.escape(name)}.*.partial"
    for left in list(folder.glob(pattern)):
        _remove(left)


def _fill(folder: Path, partial: Path, last: str) -> None:
    """Move everything into the empty folder around it, or nothing."""
    if any(path != partial for path in folder.iterdir()):
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
    moved: list[Path] = []
    try:
        for path in sorted(partial.iterdir(), key=lambda path: path.name == last):
            moved.append(path.replace(folder / path.name))
    except BaseException:
        for path in moved:
            path.replace(partial / path.name)
        raise


def _about(partial: Path, error: OSError) -> bool:
    """Whether it is this place that could not be written, and not another that could not be read."""
    named = Path(os.fsdecode(error.filename or partial))
    return partial.is_relative_to(named) or named.is_relative_to(partial)


def _elsewhere(path: Path) -> Problem:
    return Problem(
        f"{path} is no plain file, but a link, a folder or a pipe",
        "what was shipped is read from files of its own: what a link leads to may change unseen",
        "put the file itself there, or ship again: stepladder ship",
    )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
