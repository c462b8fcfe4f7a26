"""An Iceberg table's latest version, by PyIceberg: rows deleted or written over are not in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.core.extras import need
from stepladder.tables.sources.held import Stream
from stepladder.tables.sources.places import Entry, Place, endpoint, problem, region

_VERSION = re.compile(r"metadata/v?(\d+)(?:[-.][^/]*)?\.metadata\.json$")


def read_iceberg(place: Place, found: Sequence[Entry]) -> Stream:
    """The rows of its latest version. Raises Problem where the library is missing, or cannot read it."""
    need("pyiceberg", "iceberg", f"{place.shown}, an Iceberg table,")
    latest = _latest(place, found)
    try:
        from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow

        scan = _scan(place, f"{place.path}/{latest}")
        tasks = sorted(scan.plan_files(), key=lambda task: task.file.file_path)
        wanted = scan.projection()
        reading = ArrowScan(scan.table_metadata, scan.io, wanted, scan.row_filter)
        schema = schema_to_pyarrow(wanted, include_field_ids=False)
    except Exception as error:
        raise _unread(place, error) from None
    return Stream(schema, _batches(place, reading, tasks, schema))


def _scan(place: Place, file: str) -> Any:
    """The scan through a file system of ours: what a table says of where to ask, it may not say."""
    from pyiceberg.catalog.noop import NoopCatalog
    from pyiceberg.io.pyarrow import PyArrowFileIO
    from pyiceberg.serializers import FromInputFile
    from pyiceberg.table import StaticTable

    said = {"s3.endpoint": endpoint(), "s3.region": region() or ("us-east-1" if endpoint() else "")}
    said |= {"s3.connect-timeout": "5", "s3.request-timeout": "30"}
    io = PyArrowFileIO({name: value for name, value in said.items() if value})
    where = file if place.local else f"s3://{file}"
    metadata = FromInputFile.table_metadata(io.new_input(where))
    return StaticTable(("source",), metadata, where, io, NoopCatalog("source")).scan()


def _batches(
    place: Place, reading: Any, tasks: Sequence[Any], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    try:
        for task in tasks:  # one file after another: all at once would all be held
            for batch in reading.to_record_batches([task]):
                columns = [
                    batch.column(name).cast(schema.field(name).type) for name in schema.names
                ]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)
    except Exception as error:
        raise _unread(place, error) from None


def _latest(place: Place, found: Sequence[Entry]) -> str:
    """The newest file of metadata by its number, which a catalog or a writer counts up."""
    there = [(int(m[1]), one.path) for one in found if (m := _VERSION.fullmatch(one.path))]
    newest = [path for number, path in there if number == max(there)[0]]
    if len(newest) == 1:
        return newest[0]
    raise Problem(
        f"which version of {place.shown} is the latest does not show: "
        + (
            f"{' and '.join(newest[:2])} have the same number"
            if newest
            else "no metadata is numbered"
        ),
        "one file metadata/*.metadata.json has the highest number; a catalog alone knows it otherwise",
        "remove the one that the catalog does not name, or write the table as Parquet and give that",
    )


def _unread(place: Place, error: Exception) -> Problem:
    known = problem(place.shown, error)
    if re.search(r"not (yet )?support|unsupported|equality", str(error), re.I):
        return Problem(
            known.given,
            "an Iceberg table is read where PyIceberg knows all that is in it; of deleted rows, those "
            "deleted by their place",
            "let the table be compacted (rewrite_data_files) where it is made, or write it as Parquet",
        )
    return known
