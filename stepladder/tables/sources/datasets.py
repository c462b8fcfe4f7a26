"""Many Parquet files that are one table: below a folder or a prefix, partitions as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.dataset

from stepladder.core.errors import Passing, Problem
from stepladder.tables.sources.held import AT_ONCE, Stream
from stepladder.tables.sources.places import ENDINGS, Entry, Place, listing, problem, said


def tables_own(path: str) -> bool:
    """Whether what is at a path is said about the files beside it, and holds no rows: _SUCCESS, .crc."""
    return any(
        part.startswith(".") or (part.startswith("_") and "=" not in part)
        for part in PurePosixPath(path).parts
    )


def data_files(found: Sequence[Entry]) -> list[Entry]:
    """The files that hold rows, whatever else lies beside them."""
    return [one for one in found if not tables_own(one.path) and one.size]


def is_dataset(files: Sequence[Entry]) -> bool:
    """Whether these files are together one table, by their names: what is in them is seen on reading."""
    return bool(files) and all(one.path.lower().endswith(ENDINGS) for one in files)


def read_dataset(place: Place, found: Sequence[Entry]) -> Stream:
    """The files' rows in the order of their paths, a column for each `name=value` in these.

    A column that some files lack is empty there, which is said. Raises Problem where a file is no
    Parquet, the files' columns do not go together, or somebody writes there meanwhile.
    """
    _refuse_unfinished(place, found)
    files = data_files(found)
    paths = [f"{place.path}/{one.path}" if one.path else place.path for one in files]
    try:  # which looks into the first of them
        dataset = pyarrow.dataset.dataset(
            paths,
            filesystem=place.files,
            format="parquet",
            partitioning=pyarrow.dataset.partitioning(flavor="hive"),
            partition_base_dir=place.path,
        )
    except (pa.ArrowException, OSError) as error:
        raise _no_parquet(place, paths[0], error) from None
    schema, notes = _schema(place, dataset)
    return Stream(schema, _batches(place, found, dataset.replace_schema(schema)), notes)


def _batches(
    place: Place, found: Sequence[Entry], dataset: pyarrow.dataset.Dataset
) -> Iterator[pa.RecordBatch]:
    ahead = {"batch_size": AT_ONCE, "batch_readahead": 2, "fragment_readahead": 1}
    with said(place.shown):
        yield from dataset.to_batches(**ahead)
    if found and found[0].path and listing(place) != list(found):
        raise _changing(place, "changed while it was read")


def _schema(place: Place, dataset: pyarrow.dataset.Dataset) -> tuple[pa.Schema, tuple[str, ...]]:
    """All files' columns, and which of them some files lack."""
    parts = [dataset.schema.remove_metadata()]
    having: Counter[str] = Counter()
    many = 0
    for fragment in dataset.get_fragments():
        try:
            own = fragment.physical_schema.remove_metadata()
        except (pa.ArrowException, OSError) as error:
            raise _no_parquet(place, fragment.path, error) from None
        many += 1
        having.update(own.names)
        if own != parts[-1]:
            parts.append(own)
            _refuse_mixed(place, fragment.path, parts)
    lacking = [(name, many - n) for name, n in having.items() if n < many]
    notes = [
        f"{n:,} of {many:,} files have no column {name!r}: empty there." for name, n in lacking
    ]
    return pa.unify_schemas(parts, promote_options="permissive"), tuple(notes)


def _refuse_mixed(place: Place, path: str, parts: list[pa.Schema]) -> None:
    try:
        parts[:] = [pa.unify_schemas(parts, promote_options="permissive")]
    except pa.ArrowException as error:
        raise Problem(
            f"the files of {place.shown} do not go together: {_short(place, path)} has other columns "
            f"than those before it ({' '.join(str(error).split())[:150]})",
            "of one table each file has the same kinds of values under the same names",
            "give the part of them that is one table, or write them anew with one type a column",
        ) from None


def _no_parquet(place: Place, path: str, error: Exception) -> Problem:
    if not isinstance(error, pa.ArrowInvalid):
        return problem(place.shown, error)
    short = _short(place, path)
    where = place.shown if place.shown.endswith(short) else f"{short} of {place.shown}"
    return Problem(
        f"{where} is no Parquet file, or not a whole one",
        "a folder or prefix is read as one table where all its files are Parquet",
        "copy or write that file again, or leave it out",
    )


def _short(place: Place, path: str) -> str:
    return path.removeprefix(place.path).lstrip("/") or path


def _refuse_unfinished(place: Place, found: Sequence[Entry]) -> None:
    if any("_temporary" in PurePosixPath(one.path).parts for one in found):
        raise _changing(place, "is being written: it has a folder _temporary, as Spark makes them")
    for one in data_files(found):
        if one.size < 0:
            raise Problem(
                f"{one.path} of {place.shown} is no plain file",
                "links in a folder are not followed: what they lead to may change by itself",
                "put the file itself there",
            )


def _changing(place: Place, what: str) -> Passing:
    return Passing(
        f"{place.shown} {what}.",
        "A source is read when it is whole.",
        "Wait until whatever writes it is done, then run again.",
    )
