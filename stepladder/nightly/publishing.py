"""A day's predictions made visible: sent to databases, noted, and then a file.

In a database all of the day's rows are replaced, or none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import at_rest
from stepladder.core.copied import copy
from stepladder.core.errors import Passing, Problem
from stepladder.core.extras import need
from stepladder.core.files import allow, whole
from stepladder.core.history import literal, quoted
from stepladder.nightly.production import Production
from stepladder.project.folder import Project
from stepladder.project.last_read import note_read
from stepladder.record import Shipment, Stored
from stepladder.release.release import Release
from stepladder.release.ship import in_production, refitted
from stepladder.tables.sources.address import without_password

SCHEMES = ("duckdb", "sqlite", "postgres", "postgresql")


def send(rest: Path, target: str, project: Project, day: date) -> None:
    """Write a day's predictions into the table that a URL names, in one transaction. Raises Problem.

    rest: where they lie; a few are read at a time. The table is made where it is not there; one that
    holds anything else is left alone.
    """
    parts = urlsplit(target)
    name = parse_qs(parts.query).get("table", [""])[0]
    _refuse(target, parts.scheme, name, project)
    rows = Rows(rest, project.ask.question)
    remedy = "mend that and run again: it goes on where it stopped"
    with _reached(target, "the predictions cannot be written to", remedy):
        if parts.scheme == "duckdb":
            _duckdb(_file(parts.path, project.folder), name, rows, day)
        else:
            _server(_address(target, project.folder), name, rows, day)


def erase(target: str, project: Project, case: Mapping[str, Any]) -> int:
    """Take somebody's rows out of a published table; returns how many there were. Raises Problem."""
    remedy = "mend that and forget them again; from now on they are left out whenever data are read"
    with _reached(target, "rows cannot be taken out of", remedy):
        return _taken_out(target, project, case)


@contextmanager
def _reached(target: str, what: str, remedy: str) -> Iterator[None]:
    """Turn what a driver says into something that may pass."""
    try:
        yield
    except Problem:
        raise
    except Exception as error:  # every driver raises errors of its own
        said = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
        raise Passing(
            f"{what} {without_password(target)}: {said}",
            "the database must be reachable, not locked, and let this user write and delete",
            remedy,
        ) from None


def _taken_out(target: str, project: Project, case: Mapping[str, Any]) -> int:
    import sqlalchemy as sa

    name = parse_qs(urlsplit(target).query)["table"][0]
    where = " and ".join(f"{quoted(column)} = ?" for column in ("question", *case))
    if target.startswith("duckdb"):
        import duckdb

        file = _file(urlsplit(target).path, project.folder)
        if not file.is_file():
            return 0
        with duckdb.connect(str(file)) as con:
            there = "select 1 from duckdb_tables() where table_name = ?"
            if not con.execute(there, [name]).fetchone():
                return 0
            asked = [project.ask.question, *case.values()]
            gone = con.execute(f"delete from {quoted(name)} where {where}", asked).fetchone()
        _written_anew(file)
        return int(gone[0]) if gone else 0
    engine = sa.create_engine(_address(target, project.folder), poolclass=sa.NullPool)
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as con:
        if not sa.inspect(con).has_table(name):
            return 0
        if sqlite:
            con.exec_driver_sql("pragma secure_delete = on")
        table = sa.Table(name, sa.MetaData(), autoload_with=con)
        mine = {"question": project.ask.question, **case}.items()
        gone = con.execute(table.delete().where(*(table.c[k] == v for k, v in mine))).rowcount
        # what is deleted stands in the file until it is written anew
        con.exec_driver_sql("vacuum" if sqlite else f"vacuum (full) {quoted(name)}")
        if sqlite:
            con.exec_driver_sql("pragma wal_checkpoint(truncate)")
    return int(gone)


def _written_anew(file: Path) -> None:
    """DuckDB keeps the blocks of what was deleted, whatever it is told: copy all that is there."""
    import duckdb

    with whole(file) as partial, duckdb.connect() as con:
        con.execute(f"attach {literal(str(file))} as before (read_only)")
        con.execute(f"attach {literal(str(partial))} as anew")
        con.execute("copy from database before to anew")
        con.execute("detach before")
        con.execute("detach anew")


class Rows:
    """Rows at rest, as every database can hold them, so many at a time."""

    def __init__(self, rest: Path, question: str) -> None:
        self.question = question
        self._rest = rest
        self.none = flat(at_rest.kinds(rest).empty_table(), question)

    def __iter__(self) -> Iterator[pa.Table]:
        for batch in at_rest.batches(self._rest):
            yield flat(pa.Table.from_batches([batch]), self.question)


def flat(table: pa.Table, question: str) -> pa.Table:
    """The rows as every database can hold them: source rows as text, and which question they answer."""
    why = pc.binary_join(table["why"].cast(pa.list_(pa.string())), " ")
    table = table.set_column(table.column_names.index("why"), "why", why)
    at = table.column_names.index("release")
    table = table.set_column(at, "release", table["release"].cast(pa.string()))
    return table.append_column("question", pa.array([question] * table.num_rows, pa.string()))


def _refuse(target: str, scheme: str, name: str, project: Project) -> None:
    if scheme not in SCHEMES or not name:
        raise Problem(
            f"question.toml: [nightly] publish names {without_password(target)}",
            "predictions go into a table by its URL: duckdb:///shop.duckdb?table=predictions, "
            "sqlite:///shop.db?table=predictions, postgresql://user@host/shop?table=predictions",
            "correct it",
        )
    if target in {source.source for source in project.ask.tables.values()}:
        raise Problem(
            f"question.toml: [nightly] publish names {without_password(target)}, a source of this project",
            "predictions are written beside the data, never over them",
            "name another table",
        )


def _duckdb(file: Path, name: str, rows: Rows, day: date) -> None:
    import duckdb

    new = not file.exists()
    with duckdb.connect(str(file)) as con:
        if new:
            allow(file, 0o600)
        con.begin()
        con.register("_rows", rows.none)
        con.execute(f"create table if not exists {quoted(name)} as from _rows")
        there = {row[0]: str(row[1]) for row in con.execute(f"describe {quoted(name)}").fetchall()}
        _ours(name, there, rows.none)
        mine = "where question = ? and as_of = ?"
        con.execute(f"delete from {quoted(name)} {mine}", [rows.question, day])
        for some in rows:
            con.register("_rows", some)
            con.execute(f"insert into {quoted(name)} by name from _rows")
        con.commit()


def _server(address: Any, name: str, rows: Rows, day: date) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(address, poolclass=sa.NullPool)
    columns = [sa.Column(field.name, _kind(field.type)) for field in rows.none.schema]
    table = sa.Table(name, sa.MetaData(), *columns)
    with engine.begin() as con:
        if con.dialect.name == "sqlite" and not sa.inspect(con).get_table_names():
            allow(Path(str(address.database)), 0o600)
        table.create(con, checkfirst=True)
        there = {
            column["name"]: str(column["type"]) for column in sa.inspect(con).get_columns(name)
        }
        loose = con.dialect.name == "sqlite"  # whose columns hold what they are given
        _ours(name, dict.fromkeys(there, "") if loose else there, rows.none)
        con.execute(table.delete().where(table.c.question == rows.question, table.c.as_of == day))
        for batch in (batch for some in rows for batch in some.to_batches(max_chunksize=10_000)):
            con.execute(table.insert(), batch.to_pylist())


def _ours(name: str, there: Mapping[str, str], rows: pa.Table) -> None:
    """Raise Problem where a table's columns, by name and type, cannot hold the rows."""
    missing = [column for column in rows.column_names if column not in there]
    if missing:
        raise Problem(
            f"the table {name!r} has no column {', '.join(missing)}",
            "predictions go into a table of their own, which is made when it is not there",
            "name another table in [nightly] publish, or remove this one if it is an old one of ours",
        )

    texts = [field.name for field in rows.schema if pa.types.is_string(field.type)]
    numbers = [column for column in texts if "INT" in there[column].upper()]
    if numbers:
        raise Problem(
            f"the table {name!r} holds whole numbers in {', '.join(numbers)}, and these are texts now",
            "a column of a database has one type",
            f"make the column of that table a text (alter table {quoted(name)} alter column "
            f"{quoted(numbers[0])} type text), or name another table in [nightly] publish",
        )


def _kind(kind: pa.DataType) -> Any:
    import sqlalchemy as sa

    if pa.types.is_integer(kind):
        return sa.BigInteger()
    if pa.types.is_floating(kind):
        return sa.Double()
    return sa.Date() if pa.types.is_date(kind) else sa.Text()


def _file(path: str, folder: Path) -> Path:
    return folder / path.removeprefix("/")


def _address(target: str, folder: Path) -> Any:
    import sqlalchemy as sa

    url = sa.make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", target))
    if url.drivername == "postgresql+psycopg":
        need("psycopg", "postgres", without_password(target))
    url = url.difference_update_query(["table"])
    if url.get_backend_name() == "sqlite":
        return url.set(database=str(folder / str(url.database)))
    return url


def note(
    production: Production, day: date, release: Release, predicted: Path, output: Path
) -> None:
    """Note the predictions, put a newly fitted release into production, then make the file visible.

    The file comes last: it says that all the rest is done. Whatever is noted twice counts once.
    """
    project = production.project
    digest, where = at_rest.digest(predicted), output.relative_to(project.folder).as_posix()
    question = project.ask.question
    if (where, digest) not in {(s.path, s.sha256) for s in project.record.predictions(question)}:
        rows = at_rest.count(predicted)
        project.record.store_prediction(
            Stored(
                question, release.manifest.rung, day.isoformat(), where, digest, rows, release.hash
            )
        )
    current = in_production(project)
    if day == project.now() and current.release != release.hash and _same_line(production, current):
        refitted(project, release, production.shipment)
    if day == project.now():
        note_read(project)
    copy(predicted, output)


def _same_line(production: Production, current: Shipment) -> bool:
    """Whether nothing else was shipped by hand while this run was at work."""
    return current.id == production.shipment.id or current.kind == "refit"
