"""A table at rest: one Parquet file, or a folder of them that a cluster wrote, each row in one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

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


def said(rest: Path) -> str:
    """How DuckDB is told to read it."""
    return f"read_parquet([{', '.join(literal(str(path)) for path in files(rest))}])"


def digest(rest: Path) -> str:
    """The hash of the file's bytes; of a folder, that of every file's name and hash."""
    if not rest.is_dir():
        return _hashed(rest).hex()
    total = hashlib.sha256()
    for path in regular(rest):
        total.update(path.name.encode() + b"\0" + _hashed(path))
    return total.hexdigest()


def _hashed(path: Path) -> bytes:
    """Piece by piece: a file may be larger than the memory."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").digest()
