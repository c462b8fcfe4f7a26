"""Rows that stream past, laid on disk as they come: a table that memory looks at and need not hold."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from stepladder.core import rooms
from stepladder.core.errors import Problem
from stepladder.tables.raw import Raw
from stepladder.tables.sources.address import without_password

AT_ONCE = 1 << 17  # rows of a batch


class Stream(NamedTuple):
    """What a source gives part by part: its columns, the parts, and what there is to say of them."""

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]
    notes: tuple[str, ...] = ()


def numbered(stream: Stream, source: str) -> Raw:
    """The stream as a table whose rows are numbered from 1. Problem where it has none."""
    names = _distinct(stream.schema.names)
    kinds = [_plain(kind) for kind in stream.schema.types]
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    table = _held(schema, (_as(batch, schema) for batch in stream.batches))
    if not table.num_rows:
        raise Problem(
            f"{without_password(source)} holds columns but no rows.",
            "A table needs at least one row.",
            "Check that it is the right one.",
        )
    return Raw(
        table, np.arange(1, table.num_rows + 1, dtype=np.int64), "record", notes=stream.notes
    )


def _held(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.Table:
    """The table over a file that nobody sees and that goes with the table, however that ends."""
    handle, path = tempfile.mkstemp(suffix=".arrow", dir=rooms.spill())
    os.close(handle)
    try:
        with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        with pa.memory_map(path) as mapped:  # the table keeps the mapping, and that the file
            return pa.ipc.open_file(mapped).read_all()
    finally:
        os.unlink(path)


def _as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        column if column.type == kind else column.cast(kind)
        for column, kind in zip(batch.columns, schema.types, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _plain(kind: pa.DataType) -> pa.DataType:
    """Types that are one to a reader, as the one that most functions know."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return next((plain for are, plain in _PLAIN if any(one(kind) for one in are)), kind)


_BINARY = (pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
_PLAIN = (
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
