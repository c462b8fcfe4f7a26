"""A table at rest: one Parquet file, or a folder of them that a cluster wrote, each row in one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core.files import opened, regular
from stepladder.core.history import literal


def files(rest: Path) -> list[Path]:
    """The Parquet files it is made of, in order of their names."""
    return regular(rest) if rest.is_dir() else [rest]


def kinds(rest: Path) -> pa.Schema:
    """Its columns and their types."""
    return pq.read_schema(files(rest)[0])


def count(rest: Path) -> int:
    """How many rows it has, as its files say."""
    return sum(int(pq.read_metadata(path).num_rows) for path in files(rest))


def batches(rest: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Its rows, a batch at a time: never all of them in memory."""
    for path in files(rest):
        with pq.ParquetFile(path) as opened:
            yield from opened.iter_batches(columns=columns)


def whole(rest: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All of it, for a table that fits in memory."""
    return pa.concat_tables(pq.ParquetFile(path).read(columns) for path in files(rest))


def parts(rest: Path) -> Iterator[pa.Table]:
    """Its rows as they were written, a row group at a time; an empty one where there are none."""
    for path in files(rest):
        with pq.ParquetFile(path) as at:
            for nth in range(at.num_row_groups):
                yield at.read_row_group(nth)
    if not count(rest):
        yield kinds(rest).empty_table()


def part(rest: Path, nth: int) -> pa.Table:
    """One of them, counted from 0; the others are not read."""
    for path in files(rest):
        with pq.ParquetFile(path) as at:
            if nth < at.num_row_groups:
                return at.read_row_group(nth)
            nth -= at.num_row_groups
    return kinds(rest).empty_table()


def rows(rest: Path, at: Sequence[int]) -> pa.Table:
    """Those at these places, in this order; all others are passed by."""
    wanted, first, found = np.unique(np.asarray(at, np.int64)), 0, [kinds(rest).empty_table()]
    for part in parts(rest):
        last = first + part.num_rows
        mine = wanted[(first <= wanted) & (wanted < last)] - first
        found.append(part.take(pa.array(mine)))
        first = last
    places = np.searchsorted(wanted, np.asarray(at, np.int64))
    return pa.concat_tables(found).take(pa.array(places))


def write(
    path: Path, tables: Iterable[pa.Table], *, grouped: bool = False, compression: str = "snappy"
) -> int:
    """Write tables one after another into one file; how many rows they had.

    grouped: whether each is a row group, however large, so that `parts` gives them back as they were.
    """
    n, writer = 0, None
    try:
        for table in tables:
            writer = writer or pq.ParquetWriter(path, table.schema, compression=compression)
            writer.write_table(table, max(table.num_rows, 1) if grouped else None)
            n += table.num_rows
    finally:
        if writer is not None:
            writer.close()
    return n


def said(rest: Path) -> str:
    """How DuckDB is told to read it."""
    return f"read_parquet([{', '.join(literal(str(path)) for path in files(rest))}])"


def digest(rest: Path, instead: Mapping[Path, Path] | None = None) -> str:
    """The hash of the file's bytes; of a folder, that of every file's name and hash.

    instead: files that are about to take the place of some of it.
    """
    now = dict(instead or {})
    if not rest.is_dir():
        return _hashed(now.get(rest, rest)).hexdigest()
    total = hashlib.sha256()
    for path in regular(rest):
        total.update(path.name.encode() + b"\0" + _hashed(now.get(path, path)).digest())
    return total.hexdigest()


def _hashed(path: Path) -> hashlib._Hash:
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256")
