"""The record's version, and the way from every older version to this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
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
from stepladder.record.schema import SCHEMA, meta, metadata


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _decisions_know_their_bakeoff_and_people_answer(connection: Connection) -> None:
    """1 -> 2. Frozen as it was: it must not follow later changes of the tables above."""
    connection.execute(text("alter table decisions add column bakeoff integer references bakeoffs"))
    then = MetaData()
    columns: list[Column[Any]] = [_id(), _text("question"), _text("key")]
    columns += [Column("prediction", Float, nullable=False), _text("by"), _text("time")]
    Table("answers", then, *columns, sqlite_autoincrement=True).create(connection, checkfirst=False)


def _production(connection: Connection) -> None:
    """2 -> 3. What is shipped, the nightly run's steps, tokens, who is forgotten; frozen as it was."""
    then = MetaData()
    Table("decisions", then, _id())
    shipped = (
        "question",
        "kind",
        "release",
        "rung",
        "model_hash",
        "as_of",
        "because",
        "by",
        "time",
    )
    columns: dict[str, list[Column[Any]]] = {
        "shipments": [
            *map(_text, shipped),
            Column("decision", Integer, ForeignKey("decisions.id")),
        ],
        "steps": [
            *map(_text, ("question", "day", "step", "key", "status", "detail", "by", "time")),
            Column("seconds", Float, nullable=False),
        ],
        "tokens": [
            *map(_text, ("name", "role", "sha256", "expires", "revoked", "project", "by", "time"))
        ],
        "forgotten": [*map(_text, ("question", "sha256", "by", "time"))],
    }
    for name, found in columns.items():
        Table(name, then, _id(), *found, sqlite_autoincrement=True).create(connection)


def _answers_of_any_kind(connection: Connection) -> None:
    """3 -> 4. Labels beside numbers, the moment that was shown, blind trials; frozen as it was."""
    connection.execute(text("alter table answers rename to answers_3"))
    columns: list[Column[Any]] = [_id(), *map(_text, ("question", "key"))]
    columns += [Column("prediction", Float), Column("label", Text)]
    columns += [*map(_text, ("as_of", "said", "by", "trial")), Column("seconds", Float)]
    columns += [Column("act", Integer, nullable=False)]
    Table("answers", MetaData(), *columns, sqlite_autoincrement=True).create(connection)
    connection.execute(
        text(
            "insert into answers (id, question, key, prediction, as_of, said, by, trial, act) "
            "select id, question, key, prediction, substr(time, 1, 10), time, by, '', id from answers_3"
        )
    )
    if connection.dialect.name == "postgresql":  # the numbers go on where they were
        connection.execute(
            text("select setval(pg_get_serial_sequence('answers', 'id'), max(id)) from answers")
        )
    connection.execute(text("drop table answers_3"))


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    _decisions_know_their_bakeoff_and_people_answer,
    _production,
    _answers_of_any_kind,
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
