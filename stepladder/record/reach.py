"""Reaching the database behind the record, and saying in three sentences why it cannot be."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from stepladder.core.errors import Passing, Problem, Unusable
from stepladder.core.extras import installing
from stepladder.record.schema import OWNED, SCHEMA

PATIENCE_S = 30  # how long a writer waits for the one before it


def engine_of(url: URL, make: bool = False, patience: float = PATIENCE_S) -> Engine:
    """An engine that keeps no connection open between uses, so that a kill leaves none behind.

    A file that is not there is made only where that is asked for. patience: seconds it waits for a lock;
    with less than usual it waits not much longer for a Postgres that says nothing, either.
    """
    if url.get_backend_name() == "sqlite":
        connect = functools.partial(_file, Path(str(url.database)), make, patience)
        return create_engine(url, poolclass=NullPool, creator=connect, **_JSON)
    try:
        engine = create_engine(
            url,
            poolclass=NullPool,
            connect_args=_connecting(patience),
            **_JSON,
        )
    except ModuleNotFoundError:
        raise Problem(
            "the record is a Postgres database, and its driver is not installed",
            "Postgres needs the package psycopg",
            installing("postgres"),
        ) from None
    event.listen(engine, "connect", functools.partial(_prepare_postgres, patience))
    return engine


def _connecting(patience: float) -> dict[str, int]:
    """How long a Postgres may be silent: its machine may be gone without having hung up."""
    args = {"connect_timeout": min(10, max(2, round(patience)))}
    if patience < PATIENCE_S:
        args |= dict.fromkeys(
            ("keepalives_idle", "keepalives_interval"), max(1, round(patience / 2))
        )
        args |= {"keepalives_count": 2, "tcp_user_timeout": round(patience * 2000)}
    return args


_JSON: dict[str, Any] = {
    "json_serializer": functools.partial(
        json.dumps, sort_keys=True, ensure_ascii=False, allow_nan=False
    )
}


def _file(path: Path, make: bool, patience: float) -> sqlite3.Connection:
    name = f"file:{quote(str(path))}"
    try:
        return _opened(f"{name}?mode={'rwc' if make else 'rw'}", patience)
    except sqlite3.OperationalError as error:
        if _in_use(str(error)) or not path.is_file() or os.access(path.parent, os.W_OK):
            raise
        # Readers need a file beside it, which nobody can make on a medium that is read-only; nor write.
        return _opened(f"{name}?immutable=1", patience)


def _opened(address: str, patience: float) -> sqlite3.Connection:
    """Transactions begin where we say, see writing(); what is erased is written over."""
    connection = sqlite3.connect(address, timeout=patience, isolation_level=None, uri=True)
    try:
        for said in ("foreign_keys = on", "secure_delete = on", "schema_version"):
            connection.execute(f"pragma {said}").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def log_ahead(engine: Engine) -> None:
    """Let readers and a writer of a file work side by side; where its disk cannot, they take turns."""
    if engine.dialect.name == "sqlite":
        with suppress(DBAPIError), engine.connect() as connection:
            connection.exec_driver_sql("pragma journal_mode = wal")


def scrub(engine: Engine) -> None:
    """Write the record anew without what was erased from it, and leave none of it in the file beside it."""
    file = engine.dialect.name == "sqlite"
    with mended(engine), engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        tables = ", ".join(f"{SCHEMA}.{table.name}" for table in OWNED)
        connection.exec_driver_sql("vacuum" if file else f"vacuum full {tables}")
        if file:
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")


def _prepare_postgres(patience: float, connection: Any, _: object) -> None:
    connection.execute(f"set lock_timeout = {round(patience * 1000)}")
    if patience < PATIENCE_S:  # longer than for a lock, which is said in words of its own
        connection.execute(f"set statement_timeout = {round(patience * 2000)}")
    if connection.execute("select 1 from pg_namespace where nspname = %s", [SCHEMA]).fetchone():
        connection.execute(f"set search_path to {SCHEMA}")
    connection.commit()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: all of it is kept or nothing, and writers take turns."""
    with mended(engine), engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            # Taking the write lock at once: a lock upgraded later can fail however long one waits.
            connection.exec_driver_sql("begin immediate")
        yield connection


def taking_turns(connection: Connection, project: str) -> None:
    """Wait for the project's writer before this one, so that what comes next has one number."""
    if connection.dialect.name == "postgresql":
        turn = "select pg_advisory_xact_lock(hashtextextended(%(project)s, 7205759))"
        connection.exec_driver_sql(turn, {"project": project})


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent look at the record."""
    with mended(engine), engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("begin")
        yield connection


@contextmanager
def founding(engine: Engine) -> Iterator[Connection]:
    """The transaction that creates or migrates the tables; a second process waits for the first."""
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("select pg_advisory_xact_lock(7205759)")
            if not connection.dialect.has_schema(connection, SCHEMA):
                connection.exec_driver_sql(f"create schema {SCHEMA}")
            connection.exec_driver_sql(f"set local search_path to {SCHEMA}")
        yield connection


@contextmanager
def mended(engine: Engine) -> Iterator[None]:
    """Turn what the database says into a Problem, where a person can do something about it."""
    try:
        yield
    except DBAPIError as error:
        problem = _problem(error.orig, engine.url)
        if problem is None:
            raise
        raise problem from None
    except json.JSONDecodeError as error:
        raise _garbled(place(engine.url), str(error)) from None


def place(url: URL) -> str:
    """The record's place as it may be shown: never with a password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(query={}).render_as_string(hide_password=True)


def _problem(error: BaseException | None, url: URL) -> Problem | None:
    where = place(url)
    if isinstance(error, sqlite3.Error):
        return _sqlite_problem(error, where)
    said = _first_line(error, url)
    state = getattr(error, "sqlstate", None) or ""
    if state == "53100":
        return _full(where)
    if state == "55P03":
        return _locked(where)
    if state in ("42501", "25006"):
        return Unusable(
            f"the record {where} refuses to be written: {said}",
            f"the user needs to create and write tables in the schema {SCHEMA}",
            f"ask its administrator for: create schema {SCHEMA} authorization <user>",
        )
    if type(error).__name__ == "OperationalError" or state[:2] in ("08", "28", "3D", "57"):
        return Passing(
            f"the record {where} cannot be reached: {said}",
            "the database must run and let this user in (its password: PGPASSWORD)",
            "check host, port, name and password, then run again; nothing was written",
        )
    return None


def _sqlite_problem(error: sqlite3.Error, where: str) -> Problem | None:
    said = str(error)
    if _in_use(said):
        return _locked(where)
    if "full" in said or "disk I/O" in said:
        return _full(where)
    if "unable to open" in said and not Path(where).exists():
        return missing(where)
    if "readonly" in said or "unable to open" in said:
        return unwritable(where, said)
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        return None
    return _garbled(where, said)


def _in_use(said: str) -> bool:
    return "locked" in said or "busy" in said


class Missing(Unusable):
    """There is no record where one should be."""


def missing(where: str) -> Missing:
    """It is never made anew in silence: all that it held would seem never to have been."""
    return Missing(
        f"there is no record at {where}",
        "only `new` and `try` make one; it is looked after with: "
        "stepladder record --backup [FILE] | --move URL | --check",
        "put back a copy of it, or name the right one in question.toml; an empty one, without decisions, "
        "tokens and who is forgotten: stepladder record --new",
    )


def unwritable(where: str, said: str) -> Unusable:
    """It may be read, or nothing at all, and surely not be written."""
    return Unusable(
        f"the record {where} cannot be written: {said}",
        "the record is a file in a folder that exists and may be written to",
        "check the folder's name and its permissions, or name another record in question.toml",
    )


def _garbled(where: str, said: str) -> Problem:
    return Unusable(
        f"the record {where} cannot be read: {said}",
        "the record is an SQLite file that stepladder made",
        "put back a copy of it (stepladder record --backup makes them), or name another in question.toml; "
        "stepladder record --check says more",
    )


def _locked(where: str) -> Problem:
    return Passing(
        f"the record {where} is locked by another program",
        f"writers take turns and wait {PATIENCE_S} s for each other",
        "close the other program (a database browser?) and run again; nothing was written",
    )


def _full(where: str) -> Problem:
    return Unusable(
        f"the disk that holds the record {where} is full",
        "the record needs a few kilobytes for each bake-off",
        "make room and run again; nothing was half-written",
    )


def _first_line(error: BaseException | None, url: URL) -> str:
    lines = str(error).strip().splitlines() or ["no reason given"]
    return lines[0].replace(str(url.password), "***") if url.password else lines[0]
