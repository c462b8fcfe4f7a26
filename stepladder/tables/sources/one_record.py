"""One record of a source, as it stands there: the others are passed by, and no more is read than must be."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core.errors import Problem
from stepladder.tables.choices import Choices
from stepladder.tables.raw import Raw
from stepladder.tables.sources.address import URL, without_password
from stepladder.tables.sources.databases import read_database
from stepladder.tables.sources.read import read
from stepladder.tables.text.dialect import SPACES

LINES = 20_000_000  # of a text that are passed by, at most
LONGEST, GOES_ON = 1 << 20, 50  # characters of a line; lines that a record may take
WHOLE = 64 << 20  # bytes of a source that can only be read as a whole
HERE = ("sqlite:", "duckdb:", "postgres")


class Found(NamedTuple):
    """A record: where it stands, in words, its values by column, and of a text its own lines."""

    place: str
    values: tuple[tuple[str, str], ...]
    text: str = ""


def record(source: str, choices: Choices, row: int) -> Found:
    """The record of that number, or the line; Problem where it is not there, or cannot be looked for."""
    if not source:
        raise _not_read("the table has no source of its own")
    if URL.match(source):
        return _of_database(source, row)
    path = Path(source)
    if not path.exists():
        raise _not_read(f"{path} is not there any more")
    if path.is_file() and _starts(path) == b"PAR1":
        return _of_parquet(path, row)
    if path.is_file() and choices.separator is not None:
        return _of_text(path, choices, row)
    return _of_whole(path, choices, row)


def _not_read(what: str) -> Problem:
    return Problem(
        what,
        "a record is shown as it stands in the source, where that can be read again",
        "look at what the cleaner kept of it",
    )


def _gone(shown: str, row: int) -> Problem:
    return _not_read(f"{shown} has no record {row:,} any more: it was changed since it was read")


def _starts(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _of_database(source: str, row: int) -> Found:
    shown = without_password(source)
    if not source.startswith(HERE):
        raise _not_read(f"{shown} lies elsewhere, and is not fetched for one record")
    try:
        found = read_database(source, only=row).table
    except Problem as problem:
        raise _gone(shown, row) if "no rows" in problem.given else problem from None
    return Found(f"record {row:,} of {shown}", _values(found, 0))


def _of_parquet(path: Path, row: int) -> Found:
    with pq.ParquetFile(path) as file:
        first = 1
        for nth in range(file.num_row_groups):
            many = file.metadata.row_group(nth).num_rows
            if row < first + many:
                part = file.read_row_group(nth)
                return Found(f"record {row:,} of {path}", _values(part, row - first))
            first += many
    raise _gone(str(path), row)


def _of_text(path: Path, choices: Choices, row: int) -> Found:
    """By its line; a value may go on for lines."""
    if row > LINES:
        raise _not_read(f"line {row:,} of {path} is too far down to be looked for")
    header, names = choices.header or 0, list[str]()
    with _opened(path, choices.encoding) as file:
        for at in range(1, row):
            line = file.readline(LONGEST)
            if at == header:
                names = _fields(iter([line]), choices.separator)
        read = list[str]()
        values = _fields(_kept(file, read), choices.separator)
    if not values:
        raise _gone(str(path), row)
    names += [f"column_{i}" for i in range(len(names) + 1, len(values) + 1)]
    pairs = tuple(zip(names, values, strict=False))
    return Found(f"line {row:,} of {path}", pairs, "".join(read).rstrip("\r\n"))


@contextmanager
def _opened(path: Path, encoding: str | None) -> Iterator[TextIO]:
    how = encoding or "utf-8"
    if _starts(path)[:2] == b"\x1f\x8b":
        with gzip.open(path, "rt", encoding=how, errors="replace") as unpacked:
            yield unpacked
        return
    with path.open(encoding=how, errors="replace") as file:
        yield file


def _kept(file: TextIO, read: list[str]) -> Iterator[str]:
    """The lines of a record, kept as they are."""
    for _ in range(GOES_ON):
        read.append(file.readline(LONGEST))
        yield read[-1]


def _fields(lines: Iterator[str], separator: str | None) -> list[str]:
    if separator == SPACES:
        return next(lines, "").split()
    try:
        return next(csv.reader(lines, delimiter=separator or ","), [])
    except csv.Error:
        return []


def _of_whole(path: Path, choices: Choices, row: int) -> Found:
    """A workbook, a zip, a folder: read again as a whole, where it is not too large for that."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    if sum(each.stat().st_size for each in files) > WHOLE:
        raise _not_read(f"{path} is too large to be read again for one record")
    one = choices
    raw: Raw = read(str(path), one.encoding, one.separator, one.header, one.sheet, one.version)
    at = np.flatnonzero(raw.row == row)
    if not len(at):
        raise _gone(str(path), row)
    sheet = f", sheet {one.sheet}" if one.sheet else ""
    return Found(f"{raw.place} {row:,} of {path}{sheet}", _values(raw.table, int(at[0])))


def _values(table: pa.Table, at: int) -> tuple[tuple[str, str], ...]:
    """A row's values as texts."""
    (values,) = table.slice(at, 1).to_pylist()
    return tuple((name, _said(value)) for name, value in values.items())


def _said(value: object) -> str:
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    return "" if value is None else str(value)[:LONGEST]
