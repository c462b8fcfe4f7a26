"""Whether a record is well: as a database, and beside the files that it tells of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from stepladder.record import schema
from stepladder.record.evidence import left
from stepladder.record.owned import Owned, whose
from stepladder.record.reach import reading
from stepladder.record.store import Record

SHOWN = 10  # of a kind; the rest is counted


def findings(record: Record, folder: Path) -> list[str]:
    """What is wrong, a sentence each; none where all is well. Raises Problem where it cannot be read."""
    found = list(_database(record))
    with record.reads() as mine:
        found += _some(list(_files(mine, folder)))
        found += _rows(mine)
    if record.stopped is not None:
        found.append("; ".join(record.stopped.parts()))
    return found


def _database(record: Record) -> Iterator[str]:
    """What the database itself says; a Postgres holds its rows to their keys and looks after its pages."""
    if record.engine.dialect.name != "sqlite":
        return
    with reading(record.engine) as connection:
        for (said,) in connection.exec_driver_sql("pragma integrity_check"):
            if said != "ok":
                yield f"the file is damaged: {said}"
        for table, row, parent, _ in connection.exec_driver_sql("pragma foreign_key_check"):
            yield f"row {row} of {table} hangs on a row of {parent} that is not there"


def _files(mine: Owned, folder: Path) -> Iterator[str]:
    """Files of predictions that are gone, or are not what was recorded last."""
    last = {row.path: row.sha256 for row in mine.rows(schema.predictions)}
    for name, sha256 in last.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is recorded and not there"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield f"{name} is not what was recorded: its bytes have changed"


def _rows(mine: Owned) -> Iterator[str]:
    """Rows that are nobody's, or of projects that live nowhere."""
    if unclaimed := left(mine):
        yield f"{unclaimed} rows are nobody's; if they are yours: stepladder record --claim"
    homes = whose(mine.connection, schema.homes)
    lost = {id_ for table in schema.OWNED for id_ in whose(mine.connection, table)} - homes.keys()
    if lost := lost - {schema.NOBODY}:
        yield f"rows are of projects that live nowhere: {', '.join(sorted(lost))}"


def _some(found: list[str]) -> list[str]:
    more = len(found) - SHOWN
    return [*found[:SHOWN], f"and {more} files more"] if more > 0 else found
