"""Copies of a record that is a file: before it is migrated, and on demand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from stepladder.core.files import whole
from stepladder.record.reach import mended, place


def beside(engine: Engine, what: str) -> Path:
    """The place of a copy beside a record that is a file; such copies are known by their names."""
    file = Path(str(engine.url.database))
    return file.with_name(f"{file.name}.{what}.{datetime.now(UTC):%Y%m%d-%H%M%S}")


def copies_beside(engine: Engine) -> list[Path]:
    """The copies that were made beside a record, before migrations or on demand."""
    if engine.dialect.name != "sqlite":
        return []
    file = Path(str(engine.url.database))
    return sorted(file.parent.glob(f"{file.name}.*.[0-9]*-[0-9]*"))


def back_up_before(engine: Engine, version: int) -> str:
    """Keep a record as it is before it is migrated; returns where it is kept, in words.

    A Postgres migrates in one transaction: all of it or nothing, and its backups are its administrator's.
    """
    if engine.dialect.name != "sqlite":
        return f"it is in the backups of {place(engine.url)}: the change was one transaction"
    target = beside(engine, f"v{version}")
    copy_file(engine, target)
    return f"it is kept in {target}"


def copy_file(engine: Engine, target: Path) -> None:
    """A consistent copy of a file in use, whole or not at all, as one file."""
    with whole(target) as partial, mended(engine), engine.connect() as connection:
        source = connection.connection.dbapi_connection
        with closing(sqlite3.connect(partial)) as copy:
            source.backup(copy)  # type: ignore[union-attr]
            copy.execute("pragma journal_mode = delete")
