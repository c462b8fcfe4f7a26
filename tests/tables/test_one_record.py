"""One record of a source is the one that was read as a whole, whatever the source."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.errors import Problem
from stepladder.tables import Choices
from stepladder.tables.sources.one_record import record
from stepladder.tables.sources.read import read

TEXT = """shop export

name;amount;note
Anna;1,50;"two
lines; one value"
Bo;2,00;"said ""hello"" to all"
Łukasz;3,00;=1+1
"""
ROWS = pa.table({"name": ["Anna", "Bo", "Łukasz"], "amount": [1.5, 2.0, 3.0]})


def sources(folder: Path) -> dict[str, str]:
    """The same few rows as every kind of source."""
    (folder / "latin.csv").write_bytes(
        TEXT.replace("Ł", "Ö").replace("\n", "\r\n").encode("cp1252")
    )
    (folder / "packed.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    (folder / "tabs.tsv").write_text("name\tamount\nAnna\t1\n\nBo\t2\n")
    pq.write_table(ROWS, folder / "rows.parquet", row_group_size=2)
    with sqlite3.connect(folder / "shop.db") as link:
        link.execute("create table sales (name text, amount real)")
        rows = [tuple(row.values()) for row in ROWS.to_pylist()]
        link.executemany("insert into sales values (?, ?)", rows)
    link.close()
    with duckdb.connect(str(folder / "shop.duckdb")) as con:
        con.execute("create table sales as from ROWS")
    (folder / "notes").mkdir()
    (folder / "notes" / "a.txt").write_text("first")
    (folder / "notes" / "b.txt").write_text("second")
    found = {name: str(folder / name) for name in
             ("latin.csv", "packed.csv.gz", "tabs.tsv", "rows.parquet", "notes")}  # fmt: skip
    found["shop.db"] = f"sqlite:///{folder}/shop.db?table=sales"
    found["shop.duckdb"] = f"duckdb:///{folder}/shop.duckdb?table=sales"
    return found


def test_it_is_the_record_that_was_read(tmp_path: Path) -> None:
    for name, source in sources(tmp_path).items():
        raw = read(source, None, None, None)
        how = Choices({}, encoding=raw.encoding, separator=raw.separator, header=raw.header)
        for row, whole in zip(raw.row.tolist(), raw.table.to_pylist(), strict=True):
            told = dict(record(source, how, row).values)
            shown = {
                k: "" if v is None else str(v) for k, v in whole.items() if not isinstance(v, bytes)
            }
            assert {k: told[k] for k in shown} == shown, (name, row)
        with pytest.raises(Problem) as raised:
            record(source, how, 99)
        assert "changed since" in raised.value.given, name


def test_what_is_elsewhere_or_gone_is_said_to_be(tmp_path: Path) -> None:
    for source in ("", str(tmp_path / "gone.csv"), "s3://bucket/rows.parquet"):
        with pytest.raises(Problem):
            record(source, Choices({}), 1)
