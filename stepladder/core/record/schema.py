"""The record's tables, their version, and the way from every older version to this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
    update,
)

from stepladder.core.errors import Problem

SCHEMA = "stepladder"  # where the tables live in a Postgres, which others may use too
metadata = MetaData()


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _of_bakeoff(primary_key: bool = False) -> Column[int]:
    return Column("bakeoff", Integer, ForeignKey("bakeoffs.id"), primary_key=primary_key)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


meta = Table("meta", metadata, Column("schema_version", Integer, nullable=False))

bakeoffs = Table(
    "bakeoffs",
    metadata,
    _id(),
    _text("question"),
    _text("started"),
    Column("finished", Text),
    _text("by"),
    _text("status"),
    _text("data_fingerprint"),
    _text("settings"),
    Column("versions", JSON, nullable=False),
    Column("result", JSON(none_as_null=True)),
    sqlite_autoincrement=True,
)

losses = Table(
    "losses",
    metadata,
    _of_bakeoff(primary_key=True),
    Column("rung", Text, primary_key=True),
    Column("cutoff", Text, primary_key=True),
    Column("height", Integer, nullable=False),
    _text("role"),
    _text("status"),
    Column("loss", Float),
    Column("weight", Float),
    Column("cases", Integer, nullable=False),
    Column("fit_s", Float),
    Column("predict_s_per_1000", Float),
    Column("memory_mb", Float),
    Column("model_bytes", Integer),
)

predictions = Table(
    "predictions",
    metadata,
    _id(),
    _text("question"),
    _of_bakeoff(),
    _text("rung"),
    _text("as_of"),
    _text("path"),
    _text("sha256"),
    Column("rows", Integer, nullable=False),
    _text("model_hash"),
    _text("by"),
    _text("time"),
    sqlite_autoincrement=True,
)

decisions = Table(
    "decisions",
    metadata,
    _id(),
    _text("question"),
    _of_bakeoff(),
    _text("rung"),
    _text("by"),
    _text("time"),
    _text("because"),
    sqlite_autoincrement=True,
)

answers = Table(
    "answers",
    metadata,
    _id(),
    _text("question"),
    _text("key"),
    Column("prediction", Float, nullable=False),
    _text("by"),
    _text("time"),
    sqlite_autoincrement=True,
)


def _decisions_know_their_bakeoff_and_people_answer(connection: Connection) -> None:
    """1 -> 2. Frozen as it was: it must not follow later changes of the tables above."""
    connection.execute(text("alter table decisions add column bakeoff integer references bakeoffs"))
    then = MetaData()
    columns: list[Column[Any]] = [_id(), _text("question"), _text("key")]
    columns += [Column("prediction", Float, nullable=False), _text("by"), _text("time")]
    Table("answers", then, *columns, sqlite_autoincrement=True).create(connection, checkfirst=False)


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    _decisions_know_their_bakeoff_and_people_answer,
)
VERSION = 1 + len(MIGRATIONS)


def bring_up_to_date(connection: Connection, where: str) -> None:
    """Create the tables, or bring an older record to this version, in one transaction."""
    version = _version(connection, where)
    if version == 0:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(insert(meta).values(schema_version=VERSION))
        return
    if version > VERSION:
        raise Problem(
            f"the record {where} has version {version}",
            f"this stepladder reads versions 1 to {VERSION}",
            "upgrade stepladder (pip install --upgrade stepladder), or name another record",
        )
    for migrate in MIGRATIONS[version - 1 :]:
        migrate(connection)
    if version < VERSION:
        connection.execute(update(meta).values(schema_version=VERSION))


def _version(connection: Connection, where: str) -> int:
    postgres = connection.dialect.name == "postgresql"
    tables = inspect(connection).get_table_names(schema=SCHEMA if postgres else None)
    if not tables:
        return 0
    found = connection.scalar(select(meta.c.schema_version)) if "meta" in tables else None
    if found is None:
        raise Problem(
            f"{where} holds other tables ({', '.join(sorted(tables)[:3])}) and no record",
            "the record of stepladder is a database of its own",
            'give it a new file, e.g. record = "sqlite:///stepladder.db"',
        )
    return int(found)
