"""A folder or a zip of files as a table: where each file lies, and what is in it."""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
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


class File(NamedTuple):
    """A file of a folder or zip: where it lies in there, how long it is, what is in it."""

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
    return _assembled(files_below(folder), str(folder))


def files_below(folder: Path) -> list[File]:
    """What lies below a folder. Problem as soon as it is too much: a folder may be the whole machine."""
    return list(_bounded(_below(folder), str(folder)))


def read_zip(path: Path) -> Raw:
    """Every file in a zip, in the order of their paths. Problem if one would lie outside of it."""
    with ZipFile(path) as zipped:
        inside = [info for info in zipped.infolist() if not info.is_dir()]
        files = [
            File(_path_inside(info, path), info.file_size, partial(_unpacked, zipped, info))
            for info in inside
        ]
        return _assembled(list(_bounded(files, str(path))), str(path))


def _below(folder: Path) -> Iterator[File]:
    closed: list[OSError] = []
    folder = Path(os.path.realpath(folder))  # a long way round is not gone once for each file
    for here, folders, names in os.walk(folder, onerror=closed.append):
        links = [name for name in folders if os.path.islink(f"{here}/{name}")]
        inside = Path(here).relative_to(folder).as_posix()
        begin = "" if inside == "." else f"{inside}/"
        for name in (*names, *links):
            file = os.path.join(here, name)
            yield File(begin + name, _size(file), partial(_content, file))
    for error in closed:
        path = Path(error.filename).relative_to(folder).as_posix()
        yield File(path, 0, partial(_content, error.filename))


def _size(file: str) -> int:
    try:
        return os.lstat(file).st_size
    except OSError:  # gone meanwhile: reading it will say so
        return 0


def _content(file: str) -> bytes:
    if not stat.S_ISREG(os.lstat(file).st_mode):
        raise OSError("it is no plain file that may be read")
    return Path(file).read_bytes()


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


def _assembled(files: list[File], source: str) -> Raw:
    files.sort(key=lambda file: file.path)
    read: list[tuple[int, str, bytes]] = []
    unread: list[tuple[int, str]] = []
    hidden: list[tuple[int, str]] = []
    for nth, file in enumerate(files, 1):
        name = file.path.encode("utf-8", "replace").decode()
        if _LEFT_BY_SYSTEMS.search(file.path):
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


def _bounded(files: Iterable[File], source: str) -> Iterator[File]:
    """The same files, as long as they are no more than are read at once; the systems' own are free."""
    many = size = 0
    for file in files:
        if not _LEFT_BY_SYSTEMS.search(file.path):
            many, size = many + 1, size + file.size
        if many > MOST_FILES or size > MOST_BYTES:
            raise Problem(
                f"{source} holds too much: its first {many:,} files have {size / 2**20:,.0f} MiB.",
                f"At most {MOST_FILES:,} files and {MOST_BYTES / 2**20:,.0f} MiB are read at once.",
                "Give a part of them, or smaller ones: photos of 500 pixels tell a rung as much.",
            )
        yield file


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
