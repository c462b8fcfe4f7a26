"""The record's version, and the way from every older version to this one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
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

from stepladder.core.errors import Unusable
from stepladder.record.copies import back_up_before
from stepladder.record.reach import founding, log_ahead, missing, place, reading
from stepladder.record.schema import SCHEMA, meta, metadata

log = logging.getLogger("stepladder")


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


VERSION_5 = {  # a text unless it says otherwise; with a question mark it may be missing
    "bakeoffs": "question started finished? by status data_fingerprint settings versions:json result:json?",
    "losses": "rung* cutoff* height:int role status loss:float? weight:float? cases:int fit_s:float? "
    "predict_s_per_1000:float? memory_mb:float? model_bytes:int?",
    "predictions": "question rung as_of path sha256 rows:int model_hash by time",
    "decisions": "question rung by time because",
    "answers": "question key prediction:float? label? as_of said by trial seconds:float? act:int",
    "shipments": "question kind release rung model_hash as_of because by time",
    "steps": "question day step key status seconds:float detail by time",
    "tokens": "name roles sha256 expires revoked folder by time",
    "forgotten": "question sha256 by time",
}
HANG_ON = {
    "losses": "bakeoff",
    "predictions": "bakeoff",
    "decisions": "bakeoff",
    "shipments": "decision",
}
KINDS: dict[str, Any] = {"": Text, "int": Integer, "float": Float, "json": JSON}
ROLES_OF = (
    "case role when 'review' then 'read,review' when 'decide' then 'read,review,decide' "
    "when 'admin' then 'read,review,admin' else role end"
)  # nobody who runs the service decides by that


def _rows_are_a_projects(connection: Connection) -> None:
    """4 -> 5. Every row has its project's id, none as yet; a token has roles; frozen as it was."""
    then = MetaData()
    for name, columns in VERSION_5.items():  # parents first
        new = Table(f"{name}_5", then, *_owned(name), *map(_column, columns.split()))
        new.create(connection)
        there = {"roles": ROLES_OF, "folder": "project", "project": "''"}
        names = ", ".join(f'"{column.name}"' for column in new.c)
        values = ", ".join(there.get(c.name, f'"{c.name}"') for c in new.c)
        connection.execute(text(f"insert into {name}_5 ({names}) select {values} from {name}"))
    for name in reversed(VERSION_5):
        connection.execute(text(f"drop table {name}"))
    for name in VERSION_5:
        connection.execute(text(f"alter table {name}_5 rename to {name}"))
    homes = [Column(name, Text, primary_key=True) for name in ("project", "host", "path")]
    Table("homes", MetaData(), *homes, _text("since")).create(connection)


def _owned(name: str) -> list[Any]:
    """Whose a row is and which it is, and what it hangs on."""
    on = HANG_ON.get(name)
    number = Column(
        on if name == "losses" else "id", Integer, primary_key=True, autoincrement=False
    )
    columns: list[Any] = [Column("project", Text, primary_key=True), number]
    if on:
        columns += [Column(on, Integer)] if name != "losses" else []
        goal = [f"{on}s_5.project", f"{on}s_5.id"]
        columns.append(ForeignKeyConstraint(["project", on], goal, onupdate="cascade"))
    return columns


def _column(said: str) -> Column[Any]:
    name, _, kind = said.rstrip("?*").partition(":")
    return Column(name, KINDS[kind], nullable=said.endswith("?"), primary_key=said.endswith("*"))


def _lists_and_their_controls(connection: Connection) -> None:
    """5 -> 6. Lists of whom to call, and who was left out of them by lot; frozen as it was."""
    then = MetaData()

    def key(name: str) -> Column[int]:
        return Column(name, Integer, primary_key=True, autoincrement=False)

    def of(column: str, table: str) -> ForeignKeyConstraint:
        goal = [f"{table}.project", f"{table}.id"]
        return ForeignKeyConstraint(["project", column], goal, onupdate="cascade")

    def project() -> Column[str]:
        return Column("project", Text, primary_key=True)

    Table("predictions", then, project(), key("id"))
    said = ("question", "rung", "as_of", "path", "sha256", "salt", "by", "time")
    columns = [Column("predictions", Integer), Column("rows", Integer, nullable=False)]
    lists = Table("lists", then, project(), key("id"), *map(_text, said), *columns,
                  of("predictions", "predictions"))  # fmt: skip
    lists.create(connection)
    arms = Table("assignments", then, project(), key("list"), key("nth"),
                 *map(_text, ("key", "arm")), of("list", "lists"))  # fmt: skip
    arms.create(connection)


APP = {  # as above; `id` hangs on an event
    "events": "question kind by time request body_sha256 before sha256",
    "bodies": "about salt body:json",
    "entries": "kind sha256 token made seen ends closed",
    "jobs": "question kind arguments:json status pid:int? host detail finished by time",
    "waiting": "question key as_of until act:int? answer:json? by time",
}


def _what_is_said_and_who_comes_in(connection: Connection) -> None:
    """6 -> 7. The audit log, browsers' sessions, jobs, who waits for a person; frozen as it was."""
    for name in ("evidence", "review"):
        connection.execute(
            text(f"alter table decisions add column {name} text not null default ''")
        )
    then = MetaData()
    for name, columns in APP.items():
        number = Column("id", Integer, primary_key=True, autoincrement=False)
        owned: list[Any] = [Column("project", Text, primary_key=True), number]
        if name == "bodies":
            owned.append(
                ForeignKeyConstraint(
                    ["project", "id"], ["events.project", "events.id"], onupdate="cascade"
                )
            )
        Table(name, then, *owned, *map(_column, columns.split())).create(connection)


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    _decisions_know_their_bakeoff_and_people_answer,
    _production,
    _answers_of_any_kind,
    _rows_are_a_projects,
    _lists_and_their_controls,
    _what_is_said_and_who_comes_in,
)
VERSION = 1 + len(MIGRATIONS)


def bring_up_to_date(engine: Engine, make: bool = False) -> None:
    """Bring an older record to this version, or make one where that is asked for; it is backed up first.

    Raises Problem where there is none, and on one of a newer version.
    """
    where = place(engine.url)
    with reading(engine) as connection:
        version = _version(connection, where)
    if version == VERSION:
        return
    if version == 0 and not make:
        raise missing(where)
    kept = back_up_before(engine, version) if version else ""
    with founding(engine) as connection:
        _migrate(connection, where)
    log_ahead(engine)
    if version:
        log.warning("the record is of version %d now; as it was before, %s", VERSION, kept)


def _migrate(connection: Connection, where: str) -> None:
    """All in one transaction; somebody else may have done it a moment ago."""
    version = _version(connection, where)
    if version == 0:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(insert(meta).values(schema_version=VERSION))
        return
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
    if found is not None and found > VERSION:
        raise Unusable(
            f"the record {where} has version {found}",
            f"this stepladder reads versions 1 to {VERSION}",
            "upgrade stepladder, from where it was installed, or name another record",
        )
    if found is None:
        raise Unusable(
            f"{where} holds other tables ({', '.join(sorted(tables)[:3])}) and no record",
            "the record of stepladder is a database of its own",
            'give it a new file, e.g. record = "sqlite:///stepladder.db"',
        )
    return int(found)
