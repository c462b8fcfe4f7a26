"""A Delta table's latest version, by delta-rs: rows deleted or written over are not in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.extras import need
from stepladder.tables.sources.held import Stream
from stepladder.tables.sources.places import Place, endpoint, problem, region


def read_delta(place: Place) -> Stream:
    """The rows of its latest version. Raises Problem where the library is missing, or cannot read it."""
    need("deltalake", "delta", f"{place.shown}, a Delta table,")
    from deltalake import DeltaTable, QueryBuilder

    try:
        where = place.path if place.local else f"s3://{place.path}"
        table = DeltaTable(where, storage_options=None if place.local else _storage())
        query = QueryBuilder()
        # One part after another: the same rows in the same order each time, and few of them held.
        query.execute("set datafusion.execution.target_partitions = 1")
        found = query.register("source", table).execute("select * from source")
        reader = pa.RecordBatchReader.from_stream(found)
    except Exception as error:
        raise _unread(place, error) from None
    return Stream(reader.schema, _batches(place, reader))


def _batches(place: Place, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    try:
        yield from reader
    except Exception as error:
        raise _unread(place, error) from None


def _storage() -> dict[str, str]:
    """What delta-rs does not take from the environment by itself; and that it does not try for minutes."""
    found = {"max_retries": "1", "retry_timeout": "15s", "connect_timeout": "5s", "timeout": "60s"}
    if endpoint():
        found |= {"aws_endpoint": endpoint(), "aws_region": region() or "us-east-1"}
        found["allow_http"] = str(endpoint().startswith("http://")).lower()
    elif region():
        found["aws_region"] = region()
    return found


def _unread(place: Place, error: Exception) -> Problem:
    known = problem(place.shown, error)
    if re.search(r"feature|not (yet )?supported|unsupported", str(error), re.I):
        return Problem(
            known.given,
            "a Delta table is read where delta-rs knows all that its protocol asks for",
            "write its latest version as Parquet where it is made, and give that",
        )
    return known
