"""Rows of a database as columns of one type each, part by part, so that they are never all held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from stepladder.tables.sources.held import Stream

PART = 50_000  # rows: what a server sends at once

Rows = Sequence[Sequence[Any]]


def of_one_type(names: Sequence[str], asked: Callable[[], Iterable[Rows]]) -> Stream:
    """Each column of its own type where all its values agree, else text.

    `asked` gives the rows in parts, from the first on, whenever it is called: drivers tell Python's types
    and not the table's, so that the types are known when all rows were seen once.
    """
    kinds = [pa.null()] * len(names)
    for part in asked():
        columns = list(zip(*part, strict=True)) or [()] * len(names)
        kinds = [_both(kind, column) for kind, column in zip(kinds, columns, strict=True)]
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    return Stream(schema, _batches(schema, asked))


def _both(kind: pa.DataType, column: Sequence[Any]) -> pa.DataType:
    """The type of these values and of those before, text where there is none."""
    if pa.types.is_string(kind):
        return kind
    try:
        found = pa.array(column).type
        both = [pa.schema([("one", kind)]), pa.schema([("one", found)])]
        wider = pa.unify_schemas(both, promote_options="permissive").field(0).type
        if wider != found:
            pa.array(column, wider)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return pa.string()
    return wider


def _batches(schema: pa.Schema, asked: Callable[[], Iterable[Rows]]) -> Iterator[pa.RecordBatch]:
    for part in asked():
        columns = list(zip(*part, strict=True))
        if columns:
            arrays = [
                _array(column, kind) for column, kind in zip(columns, schema.types, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array([None if value is None else str(value) for value in values], kind)
    return pa.array(values, kind)
