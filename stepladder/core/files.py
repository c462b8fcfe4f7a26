"""Files and folders that appear whole or not at all, whoever is killed while they are written.

They are for their owner alone, since most hold customers' rows: modes 0600 and 0700. A file that takes the
place of another keeps that one's mode, and a folder with a default ACL says itself who may read what
comes into it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from stepladder.core import rooms
from stepladder.core.errors import Problem

NO_MODES = (
    errno.EPERM,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
)  # FAT, CIFS, a disk of Windows


def write(path: Path, body: bytes | str) -> None:
    """Write a file, whole or not at all; one that says the same already is left alone. Raises Problem."""
    said = body.encode() if isinstance(body, str) else body
    if path.is_file() and path.read_bytes() == said:
        return
    with whole(path) as partial:
        mode = 0o666 if _shared(partial.parent) else 0o600
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(said)


def read(path: Path) -> bytes:
    """The bytes of a file that lies right there. Raises Problem on a link or a pipe: it leads elsewhere."""
    with opened(path) as file:
        return file.read()


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """The same, to be read piece by piece."""
    try:  # not waiting for whoever would write into a pipe
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _elsewhere(path) from None
        raise
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _elsewhere(path)
        yield file


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
def whole(path: Path, last: str = "", sole: bool = False) -> Iterator[Path]:
    """A place to write a file or a folder; it gets its name once all of it is on the disk, or goes.

    An empty folder that is there already is filled, since it may be a mount or somebody may stand in
    it; `last` is the file in it that says that the others are there. `sole`: for a folder that one process
    makes at a time, a second one is refused; the place is there already, empty. Raises Problem.
    """
    path = _aimed(path)
    home = path if path.is_dir() else path.parent
    partial = home / f".{path.name}.{'sole' if sole else secrets.token_hex(8)}.partial"
    claimed, mine, writing = -1, not sole, -1
    try:
        _folders(home)
        sweep(home, f".{glob.escape(path.name)}.*.partial")
        writing = _said(home)
        if sole:
            claimed, mine = _claimed(partial, path), True
        yield partial
        _closed(partial, path)
        settle(partial)
        if home == path:
            _fill(path, partial, last)
        else:
            partial.replace(path)
            mine = False  # from here on the place may be another's
    except OSError as error:
        if not _about(partial, error):
            raise
        raise Problem(
            f"{path} cannot be written: {error.strerror or error}",
            "the folder that it lies in must be writable and have room",
            "make room, mend the permissions or name another place, and run again",
        ) from None
    finally:
        if mine:
            _remove(partial)
        for handle in (claimed, writing):
            if handle >= 0:
                os.close(handle)


def free(path: Path) -> bool:
    """Whether nothing is there, or an empty folder; what is half-written in it does not count."""
    if not path.is_dir():
        return not path.exists()
    return all(each.match(f".{glob.escape(path.name)}.*.partial") for each in path.iterdir())


def settle(path: Path) -> None:
    """Wait until a file, or every file of a folder, outlives a power cut."""
    for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path, pattern: str = "**/.*.partial", *, alone: bool = False) -> None:
    """Remove what killed runs left half-written in a folder.

    What a living process may be writing stays, wherever it runs; `alone`: there is none.
    """
    for left in list(folder.glob(pattern)):
        if alone:
            _remove(left)
        elif rooms.own(left) and rooms.unlocked(left.parent.resolve()):
            with rooms.held(left) as free:
                if free or not left.is_dir():
                    _remove(left)


def allow(path: Path, mode: int) -> None:
    """Say who may read and write a file, on a file system that knows of such."""
    with _modes():
        path.chmod(mode)


@contextlib.contextmanager
def _modes() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in NO_MODES:
            raise


def _aimed(path: Path) -> Path:
    """What is written in truth: a link stays one. Raises Problem on what is no file, or a stranger's link."""
    if path.is_symlink():
        if _laid(path):
            raise _strangers(path)
        path = Path(os.path.realpath(path))
    if path.exists() and not (path.is_dir() or path.is_file()):
        raise _no_file(path)
    return path


def _laid(path: Path) -> bool:
    """Whether somebody else put this into a folder that anybody may put something into, as /tmp."""
    home, owner = path.parent.stat(), path.lstat().st_uid
    shared = home.st_mode & stat.S_ISVTX and home.st_mode & stat.S_IWOTH
    return bool(shared) and owner not in (os.geteuid(), home.st_uid)


def _said(home: Path) -> int:
    """Say for as long as this is open that something is being written in a folder, see `sweep`."""
    with contextlib.suppress(OSError):  # not to be read, or it locks no folders
        handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):  # this process itself may hold it for itself
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return handle
    return -1


def _strangers(path: Path) -> Problem:
    return Problem(
        f"{path} is a link or a folder that somebody else put there",
        "in a folder that many share, what is written goes where its owner says",
        "have it removed, or name a place in a folder of your own",
    )


def _no_file(path: Path) -> Problem:
    return Problem(
        f"{path} is a device or a pipe",
        "what is written takes the place of a file, whole or not at all",
        "name a file",
    )


def _claimed(partial: Path, path: Path) -> int:
    """The folder to write in, held for this process alone: whoever is second is told so."""
    while True:
        made = _made(partial)
        with contextlib.suppress(FileNotFoundError):
            handle = _opened(partial)
            if not (made or os.fstat(handle).st_uid == os.geteuid()):
                os.close(handle)
                raise _strangers(partial)
            _hold(handle, path)
            if _there(partial, handle):
                for left in partial.iterdir():  # of one that was killed
                    _remove(left)
                return handle
            os.close(handle)  # the one before has just ended


def _made(partial: Path) -> bool:
    with contextlib.suppress(FileExistsError):
        partial.mkdir(0o700)
        return True
    return False


def _opened(partial: Path) -> int:
    try:
        return os.open(partial, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise _strangers(partial) from None
        raise


def _there(partial: Path, handle: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), partial.lstat())
    return False


def _hold(handle: int, path: Path) -> None:
    if not rooms.taken(handle, fcntl.LOCK_EX):
        os.close(handle)
        raise Problem(
            f"{path} is being made by another process",
            "a folder is made by one at a time, whole or not at all",
            "wait until it is there, or name another",
        )


def _folders(home: Path) -> None:
    """Make a folder and those above it that are not there, for their owner alone."""
    missing = [home] if not home.exists() else []
    while missing and not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    if addressed := [one for one in missing if re.fullmatch(r"[a-z][a-z0-9+.]+:", one.name)]:
        raise Problem(
            f"{home} would lie in a folder called {addressed[0].name}, and looks like an address",
            "what is written lies on this machine",
            "name a file here, and copy it there afterwards",
        )
    for folder in reversed(missing):
        folder.mkdir(0o777 if _shared(folder.parent) else 0o700, exist_ok=True)
    home.mkdir(exist_ok=True)  # says it where a file is in the way


def _closed(partial: Path, path: Path) -> None:
    """Shut what was written to others, see above."""
    if path.is_file() and partial.is_file() and not _laid(path):
        with _modes():
            shutil.copymode(path, partial)
    elif not _shared(path.parent):
        for each in [partial, *partial.rglob("*")] if partial.is_dir() else [partial]:
            if not each.is_symlink():
                allow(each, each.stat().st_mode & 0o700)


def _shared(folder: Path) -> bool:
    """Whether a folder says by a default ACL who may read what is put into it."""
    with contextlib.suppress(OSError, AttributeError):  # Linux has them
        return bool(os.getxattr(folder, "system.posix_acl_default"))
    return False


def _fill(folder: Path, partial: Path, last: str) -> None:
    """Move everything into the empty folder around it, or nothing."""
    if not free(folder):
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
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
