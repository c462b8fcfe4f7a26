"""Tables in databases, read through their Python drivers, read only."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from stepladder.core.errors import Passing, Problem
from stepladder.core.history import quoted
from stepladder.tables.raw import Raw
from stepladder.tables.sources.address import without_password
from stepladder.tables.sources.held import AT_ONCE, Stream, numbered
from stepladder.tables.sources.rows import PART, Rows, of_one_type
from stepladder.tables.sources.unread import need_driver, refuse_elsewhere


def read_database(url: str, only: int | None = None) -> Raw:
    """Reads the table that a URL such as `duckdb:///shop.duckdb?table=orders` names, part by part.

    sqlite, duckdb, and whatever else SQLAlchemy has a driver for (postgresql). The password
    comes from the URL or the driver's own environment variable and is kept nowhere. only: the one record
    that is wanted, counted from 1 as all are when they are read. Raises Problem.
    """
    refuse_elsewhere(url)
    parts = urlsplit(url)
    if parts.scheme not in ("sqlite", "duckdb"):
        need_driver(url)
    query = parse_qs(parts.query)
    table, schema = query.get("table", [""])[0], query.get("schema", [None])[0]
    if not table:
        raise Problem(
            f"The URL {without_password(url)} names no table.",
            "A database URL ends in ?table=NAME.",
            "Add ?table=NAME to it.",
        )
    try:
        if parts.scheme in ("sqlite", "duckdb"):
            file = _file(parts.path)
            if parts.scheme == "sqlite":
                return _sqlite(url, file, table, only)
            return _duckdb(url, file, table, schema, only)
        return _server(url, table, schema, only)
    except Problem:
        raise
    except Exception as error:  # Every driver raises errors of its own.
        raise _unreachable(url, table, error) from None


def _unreachable(url: str, table: str, error: Exception) -> Problem:
    said = " ".join(str(error).split("\n[SQL")[0].split())[:300]
    password = urlsplit(url).password
    for secret in filter(None, (password, unquote(password or ""))):
        said = said.replace(secret, "…")
    return Passing(
        f"The table {table!r} cannot be read from {without_password(url)}: {said}",
        "The database must be reachable, with a user who may read the table.",
        "Check the address, the user, and the password in the environment "
        "(PGPASSWORD for Postgres).",
    )


def _missing(table: str, where: str, names: Iterable[str]) -> Problem:
    known = sorted(names)
    return Problem(
        f"There is no table {table!r} in {where}.",
        f"The tables there are: {', '.join(known[:20]) or 'none'}.",
        "Name one of them: ?table=NAME.",
    )


def _file(path: str) -> str:
    file = unquote(path[1:] if path.startswith("/") else path)
    if not Path(file).is_file():
        raise Problem(
            f"There is no database file {file}.",
            "sqlite:///shop.db is a file in this folder, sqlite:////data/shop.db one "
            "by its full path.",
            "Check the name and the folder.",
        )
    return file


def _refuse_cut_off(file: str) -> None:
    """SQLite itself complains of missing pages only when it comes upon one."""
    with Path(file).open("rb") as opened:
        head, size = opened.read(100), Path(file).stat().st_size
    page, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
    known = head[24:28] == head[92:96]  # else an old program wrote it, and the count may be old too
    if known and size < pages * (65536 if page == 1 else page):
        raise Problem(
            f"{file} was cut off: it has {size:,} bytes, and says that it has {pages:,} pages of {page:,}.",
            "A database file must be complete.",
            "Copy it again.",
        )


def _sqlite(url: str, file: str, table: str, only: int | None) -> Raw:
    _refuse_cut_off(file)
    link = sqlite3.connect(f"file:{quote(file)}?mode=ro", uri=True, isolation_level=None)
    try:
        link.execute("begin")  # what is read twice is the same, whoever writes meanwhile
        names = [
            name
            for (name,) in link.execute(
                "select name from sqlite_master where type in ('table', 'view')"
            )
        ]
        if table not in names:
            raise _missing(table, file, names)

        def asked() -> Iterator[Rows]:
            cursor = link.execute("select * from " + quoted(table) + _one(only))
            return iter(lambda: cursor.fetchmany(PART), [])

        head = link.execute("select * from " + quoted(table) + " limit 0").description
        return numbered(of_one_type([item[0] for item in head], asked), url)
    finally:
        link.close()


def _duckdb(url: str, file: str, table: str, schema: str | None, only: int | None) -> Raw:
    import duckdb

    link = duckdb.connect(file, read_only=True)
    try:
        known = link.execute("select table_schema, table_name from information_schema.tables")
        names = known.fetchall()
        if (schema or "main", table) not in names:
            raise _missing(table, file, (name for _, name in names))
        whole = f"from {quoted(schema or 'main')}.{quoted(table)}{_one(only)}"
        rows = link.sql(whole).to_arrow_reader(AT_ONCE)
        return numbered(Stream(rows.schema, rows), url)
    finally:
        link.close()


def _one(only: int | None) -> str:
    """What narrows a SELECT to the record that is wanted."""
    return "" if only is None else f" limit 1 offset {only - 1}"


def _server(url: str, table: str, schema: str | None, only: int | None) -> Raw:
    import sqlalchemy as sa

    address = sa.make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url))
    engine = sa.create_engine(address.difference_update_query(["table", "schema"]))
    try:
        with engine.connect() as link:
            known = sa.inspect(link)
            names = [*known.get_table_names(schema), *known.get_view_names(schema)]
            if table not in names:
                raise _missing(table, without_password(url), names)
            columns: list[Any] = [
                sa.column(item["name"]) for item in known.get_columns(table, schema)
            ]
            key = known.get_pk_constraint(table, schema)["constrained_columns"]
            # Without an order a server may number the rows differently each time.
            order: list[Any] = [sa.column(name) for name in key] or columns
            query = sa.select(*columns).select_from(sa.table(table, schema=schema))
            query = query if only is None else query.limit(1).offset(only - 1)
            link.rollback()
            with suppress(
                sa.exc.ArgumentError, NotImplementedError
            ):  # others know none by that name
                link.execution_options(isolation_level="REPEATABLE READ")

            def asked() -> Iterator[Rows]:
                ahead = {"stream_results": True, "yield_per": PART}
                return link.execution_options(**ahead).execute(query.order_by(*order)).partitions()

            return numbered(of_one_type([one.name for one in columns], asked), url)
    finally:
        engine.dispose()
