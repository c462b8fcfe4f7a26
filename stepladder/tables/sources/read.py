"""Where a table comes from: a file, a folder or zip, a database by its URL, a prefix on S3."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core.errors import Problem
from stepladder.tables.choices import CLEANER
from stepladder.tables.raw import Raw
from stepladder.tables.sources.address import URL, without_password
from stepladder.tables.sources.datasets import read_dataset
from stepladder.tables.sources.folders import is_zip, names_inside, read_folder, read_zip
from stepladder.tables.sources.held import AT_ONCE, Stream, numbered
from stepladder.tables.sources.lakes import (
    read_folder_as_table,
    read_prefix,
    refuse_inside,
    refuse_within,
)
from stepladder.tables.sources.places import S3, Entry, is_object, local, remote, said
from stepladder.tables.sources.undisturbed import undisturbed
from stepladder.tables.sources.workbooks import is_workbook, read_workbook, refuse_disguised
from stepladder.tables.text.records import read_text

PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # zips, and Microsoft's older files


def read(
    source: str,
    encoding: str | None,
    separator: str | None,
    header: int | None,
    sheet: str | None = None,
    version: int = CLEANER,
) -> Raw:
    """Reads a source as it is; nothing is written to it. Problem if it cannot be read.

    The first `version` of the cleaner laid text tables out by fewer rules.
    """
    if sheet is not None and not _is_book(source):
        raise Problem(
            f"The sheet {sheet!r} is named, and {without_password(source)} is no workbook.",
            "Workbooks (.xlsx, .xlsb, .xls, .ods) have sheets.",
            "Leave --sheet away, or check the file.",
        )
    if URL.match(source):
        if S3.match(source):
            return _read_remote(source, encoding, separator, header, version)
        from stepladder.tables.sources.databases import read_database

        return read_database(source)
    path = Path(source)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise Problem(
            f"{path} is neither a file nor a folder.",
            "A source is a plain file or a folder; devices and pipes have no end that can be known.",
            "Write what comes out of it into a file, and give that.",
        )
    table = read_folder_as_table(path) if path.is_dir() else None
    return table or undisturbed(
        path, lambda: _read(path, source, encoding, separator, header, sheet, version)
    )


def _is_book(source: str) -> bool:
    """Whether a source has sheets; of a file that is not there something better is said later."""
    path = Path(source)
    return not URL.match(source) and (not path.exists() or (path.is_file() and is_workbook(path)))


def _read(
    path: Path,
    source: str,
    encoding: str | None,
    separator: str | None,
    header: int | None,
    sheet: str | None,
    version: int,
) -> Raw:
    if path.is_dir():
        return read_folder(path)
    if path.is_file() and is_workbook(path):
        return read_workbook(path, header, sheet)
    if is_zip(path):
        refuse_inside(names_inside(path) or [], str(path))
        return read_zip(path)
    data = _bytes(path)
    if data[:4] == b"PAR1":
        refuse_within(local(path))
        return _parquet(path, source)
    return _text(data, source, encoding, separator, header, version)


def _read_remote(
    source: str, encoding: str | None, separator: str | None, header: int | None, version: int
) -> Raw:
    place = remote(source)
    if not is_object(place):
        return read_prefix(place, source)
    refuse_within(place)
    with said(place.shown), place.files.open_input_stream(place.path) as file:
        start = file.read(4)
        data = b"" if start in (b"PAR1", *PACKED) else start + file.read()
    if start == b"PAR1":
        return numbered(read_dataset(place, [Entry("", 1, 0)]), place.shown)
    if start in PACKED:
        raise Problem(
            f"{place.shown} is a workbook or a zip",
            "of S3, objects of Parquet and CSV are read, and tables of many objects",
            f"copy it here (aws s3 cp {place.shown} .), and give the copy",
        )
    return _text(data, place.shown, encoding, separator, header, version)


def _text(
    data: bytes,
    source: str,
    encoding: str | None,
    separator: str | None,
    header: int | None,
    version: int,
) -> Raw:
    if data[:2] == b"\x1f\x8b":
        data = _unzipped(data, source)
    refuse_disguised(data, source)
    return read_text(data, source, encoding, separator, header, version)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return b"PAR1" if file.read(4) == b"PAR1" else path.read_bytes()
    except FileNotFoundError:
        near = sorted(
            str(one)
            for one in path.parent.glob("*")
            if one.suffix in (".csv", ".tsv", ".txt", ".parquet", ".gz", ".xlsx", ".xls", ".ods")
        )[:5]
        raise Problem(
            f"There is no file {path}.",
            "A source is a CSV, Excel or Parquet file, a folder or zip of files, or a URL such as "
            "sqlite:///shop.db?table=orders.",
            f"In that folder there are: {', '.join(near)}."
            if near
            else "Check the name and the folder.",
        ) from None
    except OSError as error:
        raise Problem(
            f"{path} cannot be read: {error.strerror}.",
            "A source is a file that you may read.",
            "Check that it is a file, and its permissions.",
        ) from None


def _unzipped(data: bytes, source: str) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise Problem(
            f"{source} cannot be unpacked: {error}.",
            "A .gz file must be complete.",
            "Copy or export it again.",
        ) from None


def _parquet(path: Path, source: str) -> Raw:
    try:
        file = pq.ParquetFile(path)
        return numbered(Stream(file.schema_arrow, file.iter_batches(AT_ONCE)), source)
    except (pa.ArrowException, OSError) as error:
        raise Problem(
            f"{path} cannot be read as Parquet: {str(error)[:200]}.",
            "A Parquet file must be complete.",
            "Copy or export it again.",
        ) from None
