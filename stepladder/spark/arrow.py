"""Tables on their way into Spark and out of it, with the types that DuckDB gives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa


def plain(kind: pa.DataType) -> pa.DataType:
    """The type that stands for this one on both engines: numbers are int64 or float64."""
    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    if pa.types.is_decimal(kind):
        return pa.int64() if kind.scale == 0 else pa.float64()
    if pa.types.is_unsigned_integer(kind):
        return pa.int64()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us")
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return kind


def plainly(schema: pa.Schema) -> pa.Schema:
    """A schema of plain types in which everything may be null."""
    return pa.schema([pa.field(field.name, plain(field.type)) for field in schema])


def schema(frame: Any) -> pa.Schema:
    """A DataFrame's columns with the types that DuckDB gives."""
    return plainly(_schema(frame))


def _schema(frame: Any) -> pa.Schema:
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(frame.schema, timezone="UTC")


def batches(frame: Any) -> pa.RecordBatchReader:
    """A DataFrame's rows in order, a partition at a time: the driver never holds them all."""
    schema = _schema(frame)
    found = _remote(frame) if _is_remote(frame) else _here(frame, schema)
    wanted = plainly(schema)
    return pa.RecordBatchReader.from_batches(wanted, (batch.cast(wanted) for batch in found))


def left(frame: Any, folder: Path) -> None:
    """Leave a DataFrame's rows as a folder of Parquet files and nothing else, which each machine writes."""
    frame.write.parquet(os.path.abspath(folder))
    for path in folder.iterdir():  # marks and sums, which no reader of ours looks for
        if path.suffix != ".parquet":
            path.unlink()


def _here(frame: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """By way of the Java session: the next partition is worked out while one is read."""
    from pyspark.core.rdd import RDD
    from pyspark.serializers import NoOpSerializer

    packed = frame._jdf.toArrowBatchRdd().toJavaRDD()
    stream = RDD(packed, frame.sparkSession.sparkContext, NoOpSerializer())
    for batch in stream.toLocalIterator(prefetchPartitions=True):
        yield pa.ipc.read_record_batch(pa.py_buffer(batch), schema)


def _remote(frame: Any) -> Iterator[pa.RecordBatch]:
    """By way of Spark Connect, which streams of itself."""
    client = frame.sparkSession.client
    for part in client.to_table_as_iterator(frame._plan.to_proto(client), frame._plan.observations):
        if isinstance(part, pa.Table):
            yield from part.to_batches()


def _is_remote(frame: Any) -> bool:
    return type(frame).__module__.startswith("pyspark.sql.connect")
