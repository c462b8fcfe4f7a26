"""Reaching the database behind the record, and saying in three sentences why it cannot be."""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from stepladder.core.errors import Passing, Problem
from stepladder.record.schema import SCHEMA

PATIENCE_S = 30  # how long a writer waits for the one before it


def engine_of(url: URL, patience: float = PATIENCE_S) -> Engine:
    """An engine that keeps no connection open between uses, so that a kill leaves none behind.

    patience: the seconds it waits for a lock.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": patience}, **_JSON)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    try:
        engine = create_engine(
            url,
            poolclass=NullPool,
            connect_args={"connect_timeout": min(10, max(2, round(patience)))},
            **_JSON,
        )
    except ModuleNotFoundError:
        raise Problem(
            "the record is a Postgres database, and its driver is not installed",
            "Postgres needs the package psycopg",
            "pip install 'stepladder[postgres]'",
        ) from None
    event.listen(engine, "connect", functools.partial(_prepare_postgres, patience))
    return engine


_JSON: dict[str, Any] = {
    "json_serializer": functools.partial(
        json.dumps, sort_keys=True, ensure_ascii=False, allow_nan=False
    )
}


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, see writing()
    connection.execute("pragma foreign_keys = on")


def _prepare_postgres(patience: float, connection: Any, _: object) -> None:
    connection.execute(f"set lock_timeout = {round(patience * 1000)}")
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
        return Problem(
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
    if "locked" in said or "busy" in said:
        return _locked(where)
    if "full" in said or "disk I/O" in said:
        return _full(where)
    if "readonly" in said or "unable to open" in said:
        return Problem(
            f"the record {where} cannot be written: {said}",
            "the record is a file in a folder that exists and may be written to",
            "check the folder's name and its permissions, or name another record in question.toml",
        )
    if "not a database" in said or "malformed" in said:
        return Problem(
            f"the record {where} cannot be read: {said}",
            "the record is an SQLite file that stepladder made",
            "name another record in question.toml, or put back a copy of it",
        )
    return None


def _locked(where: str) -> Problem:
    return Passing(
        f"the record {where} is locked by another program",
        f"writers take turns and wait {PATIENCE_S} s for each other",
        "close the other program (a database browser?) and run again; nothing was written",
    )


def _full(where: str) -> Problem:
    return Problem(
        f"the disk that holds the record {where} is full",
        "the record needs a few kilobytes for each bake-off",
        "make room and run again; nothing was half-written",
    )


def _first_line(error: BaseException | None, url: URL) -> str:
    lines = str(error).strip().splitlines() or ["no reason given"]
    return lines[0].replace(str(url.password), "***") if url.password else lines[0]
