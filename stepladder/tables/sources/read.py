"""Where a table comes from: a text, Parquet or workbook file, a folder or zip, a database by its URL."""

from __future__ import annotations

import gzip
import itertools
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core.errors import Problem
from stepladder.tables.choices import CLEANER
from stepladder.tables.raw import Raw
from stepladder.tables.sources.address import URL, without_password
from stepladder.tables.sources.folders import is_zip, read_folder, read_zip
from stepladder.tables.sources.undisturbed import undisturbed
from stepladder.tables.sources.workbooks import is_workbook, read_workbook, refuse_disguised
from stepladder.tables.text.records import read_text


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
        from stepladder.tables.sources.databases import read_database

        return _numbered(read_database(source), source)
    path = Path(source)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise Problem(
            f"{path} is neither a file nor a folder.",
            "A source is a plain file or a folder; devices and pipes have no end that can be known.",
            "Write what comes out of it into a file, and give that.",
        )
    return undisturbed(
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
        return read_zip(path)
    data = _bytes(path)
    if data[:4] == b"PAR1":
        return _numbered(_parquet(path), source)
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


def _parquet(path: Path) -> pa.Table:
    try:
        return pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise Problem(
            f"{path} cannot be read as Parquet: {str(error)[:200]}.",
            "A Parquet file must be complete.",
            "Copy or export it again.",
        ) from None


def _numbered(table: pa.Table, source: str) -> Raw:
    if not table.num_rows:
        raise Problem(
            f"{without_password(source)} holds columns but no rows.",
            "A table needs at least one row.",
            "Check that it is the right one.",
        )
    plain = [_decoded(column) for column in table.columns]
    return Raw(
        pa.Table.from_arrays(plain, names=_distinct(table.column_names)),
        np.arange(1, table.num_rows + 1, dtype=np.int64),
        "record",
    )


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    plain = next((kind for are, kind in _PLAIN if any(one(column.type) for one in are)), None)
    return column.cast(plain) if plain else column


_BINARY = (pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
_PLAIN = (  # what many functions know of types that are one to them
    (_BINARY, pa.binary()),
    ((pa.types.is_large_string, pa.types.is_string_view), pa.string()),
    ((pa.types.is_float16,), pa.float32()),
)


def _distinct(names: list[str]) -> list[str]:
    """Names of which none stands there twice: the second is numbered, beside whatever else is there."""
    found: list[str] = []
    for i, name in enumerate(names, 1):
        free = (f"{name} ({at})" for at in itertools.count(i))
        found.append(name if name not in found else next(n for n in free if n not in names))
    return found
