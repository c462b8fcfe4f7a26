"""Rows at another address: a project's own, and all of a Postgres as one file."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, make_url

from stepladder.core.files import whole
from stepladder.record.migrations import bring_up_to_date
from stepladder.record.owned import Owned, whose
from stepladder.record.reach import engine_of, reading, writing
from stepladder.record.schema import OWNED


def copy_all(engine: Engine, target: Path) -> None:
    """A consistent copy of a Postgres as a file of SQLite, every project's rows; whole or not at all."""
    with whole(target) as partial, reading(engine) as source:
        copy = engine_of(make_url(f"sqlite:///{partial}"), make=True)
        bring_up_to_date(copy, make=True)
        with writing(copy) as connection:
            for project in projects(source):
                copy_rows(Owned(source, project), Owned(connection, project))
        with copy.connect() as connection:
            connection.exec_driver_sql("pragma journal_mode = delete")  # one file


def copy_rows(source: Owned, target: Owned) -> int:
    """All of a project's rows, as they are; returns how many."""
    total = 0
    for table in OWNED:
        rows = [dict(row._mapping) for row in source.rows(table)]
        target.put(table, rows)
        total += len(rows)
    return total


def same_rows(one: Owned, other: Owned) -> bool:
    """Whether both hold exactly the same."""
    return all(one.rows(table) == other.rows(table) for table in OWNED)


def projects(connection: Connection) -> list[str]:
    """The ids of all projects that have rows here; an empty one stands for rows that nobody has claimed."""
    return sorted({project for table in OWNED for project in whose(connection, table)})
