"""A folder or a zip of files as a table: where each file lies, and what is in it."""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.errors import Problem
from stepladder.tables.findings import finding
from stepladder.tables.raw import Raw

MOST_FILES = 100_000
MOST_BYTES = 1 << 30

_OFFICE = "[Content_Types].xml"  # what every Excel or Word file has, which are zips too
_LEFT_BY_SYSTEMS = re.compile(r"(^|/)(\.|__MACOSX/|Thumbs\.db$|desktop\.ini$)")
_OUTSIDE = re.compile(r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)")
# Whatever reading one file of a damaged, locked or strangely packed lot may raise.
_UNREADABLE = (OSError, UnicodeError, BadZipFile, RuntimeError, EOFError, zlib.error, LZMAError)


class _File(NamedTuple):
    path: str
    size: int
    read: Callable[[], bytes]


def is_zip(path: Path) -> bool:
    """Whether it is a zip of files, and not an office document, which is packed alike."""
    inside = names_inside(path)
    return inside is not None and _OFFICE not in inside


def names_inside(path: Path) -> list[str] | None:
    """The names of what a zip holds; None where it is no zip, or one that cannot be opened."""
    try:
        with path.open("rb") as file:
            if file.read(2) != b"PK":
                return None
            with ZipFile(file) as zipped:
                return zipped.namelist()
    except (*_UNREADABLE, NotImplementedError, ValueError):
        return None


def read_folder(folder: Path) -> Raw:
    """Every file below a folder, in the order of their paths; links are not followed but counted."""
    return _assembled(list(_below(folder)), str(folder))


def read_zip(path: Path) -> Raw:
    """Every file in a zip, in the order of their paths. Problem if one would lie outside of it."""
    with ZipFile(path) as zipped:
        inside = [info for info in zipped.infolist() if not info.is_dir()]
        files = [
            _File(_path_inside(info, path), info.file_size, partial(_unpacked, zipped, info))
            for info in inside
        ]
        return _assembled(files, str(path))


def _below(folder: Path) -> Iterator[_File]:
    closed: list[OSError] = []
    for here, folders, names in os.walk(folder, onerror=closed.append):
        links = [name for name in folders if Path(here, name).is_symlink()]
        for file in (Path(here, name) for name in (*names, *links)):
            path = file.relative_to(folder).as_posix()
            yield _File(path, file.lstat().st_size, partial(_content, file))
    for error in closed:
        path = Path(error.filename).relative_to(folder).as_posix()
        yield _File(path, 0, partial(_content, Path(error.filename)))


def _content(file: Path) -> bytes:
    if not stat.S_ISREG(file.lstat().st_mode):
        raise OSError("it is no plain file that may be read")
    return file.read_bytes()


def _path_inside(info: ZipInfo, path: Path) -> str:
    name = info.filename.replace("\\", "/")
    if _OUTSIDE.search(name) or stat.S_ISLNK(info.external_attr >> 16):
        raise Problem(
            f"{path} holds {name!r}, which leads out of the zip.",
            "A zip holds plain files under relative paths, without .. and without links.",
            "Pack the folder again, or unpack it by hand and give the folder.",
        )
    return PurePosixPath(name).as_posix()


def _unpacked(zipped: ZipFile, info: ZipInfo) -> bytes:
    with zipped.open(info) as file:
        return file.read(info.file_size)  # never more than it says, however much is packed


def _assembled(files: list[_File], source: str) -> Raw:
    files.sort(key=lambda file: file.path)
    ours = [not _LEFT_BY_SYSTEMS.search(file.path) for file in files]
    _refuse_too_much([file for file, mine in zip(files, ours, strict=True) if mine], source)
    read: list[tuple[int, str, bytes]] = []
    unread: list[tuple[int, str]] = []
    hidden: list[tuple[int, str]] = []
    for nth, (file, mine) in enumerate(zip(files, ours, strict=True), 1):
        name = file.path.encode("utf-8", "replace").decode()
        if not mine:
            hidden.append((nth, name))
            continue
        try:
            file.path.encode()  # a name that is no text cannot stand in a table
            read.append((nth, file.path, file.read()))
        except _UNREADABLE as error:
            unread.append((nth, f"{name}: {getattr(error, 'strerror', None) or error}"))
    if not read:
        raise _nothing(source, len(hidden), [said for _, said in unread])
    return Raw(
        _table([path for _, path, _ in read], [content for _, _, content in read]),
        np.array([nth for nth, _, _ in read], np.int64),
        "file",
        lost=finding("unreadable file", unread, "files could not be read")
        + finding("hidden file", hidden, "files are the system's own or hidden"),
    )


def _refuse_too_much(files: list[_File], source: str) -> None:
    size = sum(file.size for file in files)
    if len(files) > MOST_FILES or size > MOST_BYTES:
        raise Problem(
            f"{source} holds {len(files):,} files of {size / 2**20:,.0f} MiB in all.",
            f"At most {MOST_FILES:,} files and {MOST_BYTES / 2**20:,.0f} MiB are read at once.",
            "Give a part of them, or smaller ones: photos of 500 pixels tell a rung as much.",
        )


def _nothing(source: str, hidden: int, unread: list[str]) -> Problem:
    return Problem(
        f"{source} holds no file that can be read."
        + (f" {hidden:,} are hidden ones." if hidden else "")
        + (f" The first that cannot: {unread[0]}." if unread else ""),
        "A folder or zip needs at least one file, at any depth.",
        "Check that it is the right one, and its permissions.",
    )


def _table(paths: list[str], contents: list[bytes]) -> pa.Table:
    places = [PurePosixPath(path) for path in paths]
    content = pa.array(contents, pa.binary())
    columns = {
        "path": pa.array(paths, pa.string()),
        "file": pa.array([place.name for place in places], pa.string()),
        "folder": pa.array([place.parent.name or None for place in places], pa.string()),
        "bytes": content,
    }
    text = _text(content)
    return pa.table(columns if text is None else {**columns, "text": text})


def _text(content: pa.Array) -> pa.Array | None:
    """The files as text, where all of them are UTF-8; none where one is not."""
    try:
        text = content.cast(pa.string())
    except pa.ArrowInvalid:
        return None
    return None if pc.any(pc.match_substring(text, "\x00")).as_py() else text
