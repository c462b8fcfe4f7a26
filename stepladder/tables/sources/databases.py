"""Tables in databases, read through their Python drivers, read only."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pyarrow as pa

from stepladder.core.errors import Passing, Problem
from stepladder.core.history import quoted
from stepladder.tables.sources.address import without_password
from stepladder.tables.sources.unread import need_driver, refuse_elsewhere


def read_database(url: str) -> pa.Table:
    """Reads the table that a URL such as `duckdb:///shop.duckdb?table=orders` names.

    sqlite, duckdb, and whatever else SQLAlchemy has a driver for (postgresql). The password
    comes from the URL or the driver's own environment variable and is kept nowhere. Raises Problem.
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
            return (
                _sqlite(file, table) if parts.scheme == "sqlite" else _duckdb(file, table, schema)
            )
        return _server(url, table, schema)
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


def _sqlite(file: str, table: str) -> pa.Table:
    _refuse_cut_off(file)
    link = sqlite3.connect(f"file:{quote(file)}?mode=ro", uri=True)
    try:
        names = [
            name
            for (name,) in link.execute(
                "select name from sqlite_master where type in ('table', 'view')"
            )
        ]
        if table not in names:
            raise _missing(table, file, names)
        cursor = link.execute("select * from " + quoted(table))
        return _columns([item[0] for item in cursor.description], cursor)
    finally:
        link.close()


def _duckdb(file: str, table: str, schema: str | None) -> pa.Table:
    import duckdb

    link = duckdb.connect(file, read_only=True)
    try:
        known = link.execute("select table_schema, table_name from information_schema.tables")
        names = known.fetchall()
        if (schema or "main", table) not in names:
            raise _missing(table, file, (name for _, name in names))
        return link.table(f"{quoted(schema or 'main')}.{quoted(table)}").to_arrow_table()
    finally:
        link.close()


def _server(url: str, table: str, schema: str | None) -> pa.Table:
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
            rows = link.execution_options(stream_results=True).execute(query.order_by(*order))
            return _columns(list(rows.keys()), rows)
    finally:
        engine.dispose()


def _columns(names: list[str], rows: Iterable[Any]) -> pa.Table:
    """Rows to columns: of their own type where all values agree, else text."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.Table.from_arrays([_array(column) for column in columns], names=names)


def _array(values: tuple[Any, ...]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
