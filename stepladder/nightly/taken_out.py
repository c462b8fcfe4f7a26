"""Somebody's rows taken out of the tables at rest in a project, a part at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core import at_rest
from stepladder.core.copied import copy
from stepladder.nightly.still_there import without
from stepladder.project.folder import Project
from stepladder.project.scratch import scratch
from stepladder.record.altering import altered


def taken_out(project: Project, room: str, who: pa.Table) -> int:
    """Rows taken out of every Parquet file of a room that has the columns; the record knows the new bytes."""
    stored = {project.folder / one.path for one in project.record.predictions(project.ask.question)}
    total = 0
    for path in sorted((project.folder / room).rglob("*.parquet")):
        rest = next((home for home in path.parents if home in stored), path)
        total += _out_of(project, rest, path, who) if path.is_file() else 0
    return total


def _out_of(project: Project, rest: Path, path: Path, who: pa.Table) -> int:
    """Out of a file, which is a table, or one of the files of one."""
    with scratch() as room:
        anew = room / path.name
        gone = _others(path, who, anew)
        if gone:
            where, left = rest.relative_to(project.folder).as_posix(), at_rest.count(rest) - gone
            # the record first: after a kill between the two, doing it again makes them agree
            altered(project.record, where, at_rest.digest(rest, {path: anew}), left)
            copy(anew, path)
    return gone


def _others(path: Path, who: pa.Table, anew: Path) -> int:
    """Write the rows that are not about somebody, where some are; how many are.

    What cannot be read is told of at the end.
    """
    with contextlib.suppress(OSError, pa.ArrowException):
        gone = rows_about(path, who)
        if gone:
            kept = (without(part, who) for part in at_rest.parts(path))
            at_rest.write(anew, kept, compression="zstd")
        return gone
    return 0


def rows_about(path: Path, who: pa.Table) -> int:
    """How many rows of a table are about somebody, by the columns that say whom."""
    if not set(who.column_names) <= set(pq.read_schema(path).names):
        return 0
    return sum(len(part) - len(without(part, who)) for part in _told(path, who.column_names))


def _told(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    return (pa.Table.from_batches([batch]) for batch in at_rest.batches(path, columns))
