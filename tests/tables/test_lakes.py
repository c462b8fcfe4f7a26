"""Tables of many files: wherever they lie, the latest version's rows, or words that say why not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import deltalake
import duckdb
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.cli import main
from stepladder.core.errors import Problem
from stepladder.project.refresh import refresh
from stepladder.tables.sources import databases
from stepladder.tables.sources.read import read

NEW, OLD = "latest", "dead"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAHERE", "AWS_SECRET_ACCESS_KEY": "se/cret+key"}
PAGE = Path(__file__).parents[2] / "docs" / "spark.md"


def orders(*customers: int, note: str = NEW) -> pa.Table:
    many = len(customers)
    return pa.table({
        "customer_id": customers, "date": [date(2024, 1, 1 + i) for i in range(many)],
        "amount": [1.5 * one for one in customers], "note": [note] * many,
    })  # fmt: skip


WANTED = orders(1, 2, 3, 4, 5, 6)
ANSWER = sorted(WANTED["customer_id"].to_pylist())


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that speaks S3, in a process of its own, with a bucket."""
    code = (
        "from moto.server import ThreadedMotoServer as S; s = S('127.0.0.1', 0, verbose=False);"
        "s.start(); print(*s.get_host_and_port(), flush=True); input()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen(
        [sys.executable, "-c", code], text=True, env={**os.environ, **KEYS}, **pipes
    )
    host, port = running.stdout.readline().split()
    yield f"http://{host}:{port}"
    running.communicate("\n", timeout=30)


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> pyarrow.fs.S3FileSystem:
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": server}.items():
        monkeypatch.setenv(name, value)
    files = pyarrow.fs.S3FileSystem(
        endpoint_override=server, region="us-east-1", allow_bucket_creation=True
    )
    files.create_dir("shop")
    return files


def parquet(folder: Path) -> None:
    for name, part in (("year=2023/a", orders(1, 2, 3)), ("year=2024/b", orders(4, 5, 6))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(part, folder / f"{name}.parquet")
    (folder / "_SUCCESS").touch()


def delta(folder: Path) -> None:
    deltalake.write_deltalake(folder, orders(7, 8, note=OLD))
    deltalake.write_deltalake(folder, orders(1, 2, 3, 9), mode="overwrite")
    deltalake.write_deltalake(folder, orders(4, 5, 6), mode="append")
    deltalake.DeltaTable(folder).delete("customer_id = 9")


def iceberg(folder: Path, there: str | None = None) -> None:
    """A table whose file of metadata names all others by their full address."""
    from pyiceberg.catalog.memory import InMemoryCatalog

    given = {"s3.endpoint": os.environ.get("AWS_ENDPOINT_URL", ""), "s3.region": "us-east-1"}
    catalog = InMemoryCatalog("test", **given, warehouse=there or f"file://{folder.parent}")
    catalog.create_namespace("n")
    table = catalog.create_table("n.t", orders(1).schema, there or f"file://{folder}")
    table.append(orders(7, 8, note=OLD))
    table.overwrite(orders(1, 2, 3, 9))
    table.append(orders(4, 5, 6))
    table.delete("customer_id = 9")


def csv(folder: Path) -> None:
    folder.mkdir()
    duckdb.from_arrow(WANTED).write_csv(str(folder / "orders.csv"))


MADE = {"parquet": parquet, "delta": delta, "iceberg": iceberg, "csv": csv}
FORMS = {"parquet": "Parquet, a file or many", "delta": "Delta", "iceberg": "Iceberg",
         "csv": "CSV, a file"}  # fmt: skip
PLACES = {"here": "a folder here", "s3": "S3-compatible storage"}
DATABASES = ("SQLite", "DuckDB", "Postgres")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_the_latest_version_is_read_from_wherever_it_lies(tmp_path, s3, place, form):
    folder, address = tmp_path / "t", f"s3://shop/{form}"
    if (place, form) == ("s3", "iceberg"):
        iceberg(folder, address)
    else:
        MADE[form](folder)
    if place == "s3" and form != "iceberg":
        pyarrow.fs.copy_files(str(folder), f"shop/{form}", destination_filesystem=s3)
    before = kept(folder, s3, place)
    source = (address if place == "s3" else str(folder)) + ("/orders.csv" if form == "csv" else "")
    first, again = (read(source, None, None, None) for _ in range(2))
    assert sorted(map(int, first.table["customer_id"].to_pylist())) == ANSWER
    assert set(first.table["note"].to_pylist()) == {NEW}
    assert first.table.equals(again.table)
    if form == "parquet":
        assert first.table["year"].to_pylist() == [2023] * 3 + [2024] * 3
    assert kept(folder, s3, place) == before
    if form != "csv":
        link = tmp_path / "link"
        link.symlink_to(folder)
        assert place == "s3" or read(str(link), None, None, None).table.equals(first.table)


def kept(folder: Path, s3: pyarrow.fs.S3FileSystem, place: str) -> list[tuple[str, int, int]]:
    """What lies at the source: nothing is ever written there."""
    files, at = (s3, "shop") if place == "s3" else (pyarrow.fs.LocalFileSystem(), str(folder))
    found = files.get_file_info(pyarrow.fs.FileSelector(at, recursive=True))
    return sorted((one.path, one.size or 0, one.mtime_ns or 0) for one in found if one.is_file)


def test_a_project_over_s3_reads_it_anew_and_keeps_no_secret(tmp_path, s3, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    many = pa.concat_tables([orders(*range(1, 29)) for _ in range(2)]).to_pydict()
    many["date"] = [date(2024, 1 + i % 12, 1 + i // 12) for i in range(56)]
    pq.write_table(pa.table(many), "shop/p/a.parquet", filesystem=s3)
    project = stepladder.new("retention", "s3://shop/p/", tmp_path / "p")
    table = project.table("purchases")
    assert refresh(project).table("purchases") == table
    more = {**many, "customer_id": [one + 100 for one in many["customer_id"]]}
    pq.write_table(pa.table(more), "shop/p/b.parquet", filesystem=s3)
    after = refresh(project).table("purchases")
    assert pq.read_metadata(after).num_rows == 2 * pq.read_metadata(table).num_rows
    secret = KEYS["AWS_SECRET_ACCESS_KEY"]
    for address in (f"s3://AKIAHERE:{secret}@shop/p/", f"s3://shop/p/?secret_key={secret}",
                    f"purchases=s3a://AKIAHERE:{secret}@shop/p/"):  # fmt: skip
        with pytest.raises(SystemExit):
            main(["new", "retention", "--from", address, "--project", str(tmp_path / "q"), "-v"])
    said = "".join(capsys.readouterr())
    files = [one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()]
    assert "should be changed" in said
    for part in (secret, "cret+key"):
        assert part not in said
        assert not any(part.encode() in one for one in files)
    assert not (tmp_path / "q").exists()


def test_what_cannot_be_reached_is_told_within_seconds(tmp_path, s3, server, monkeypatch):
    with s3.open_output_stream("shop/bad/x.parquet") as file:
        file.write(b"PAR1 and no more")
    pq.write_table(orders(1), "shop/mixed/a.parquet", filesystem=s3)
    odd = orders(1).set_column(0, "customer_id", pa.array(["one"]))
    pq.write_table(odd, "shop/mixed/b.parquet", filesystem=s3)
    for source, words in (
        ("s3://nothing/x/", "no bucket 'nothing'"),
        ("s3://shop/none/", "no object with rows"),
        ("s3://shop/bad/", "x.parquet of s3://shop/bad/ is no Parquet file"),
        ("s3://shop/bad/x.parquet", "x.parquet is no Parquet file"),
        ("s3://shop/mixed/", "b.parquet has other columns"),
        ("delta+s3://shop/mixed/", "no table of Delta's"),
    ):
        with pytest.raises(Problem, match=re.escape(words)):
            read(source, None, None, None)
    asked_to(server, b"0")
    try:
        with pytest.raises(Problem, match="may not be read"):
            read("s3://shop/mixed/", None, None, None)
    finally:
        asked_to(server, b"1000000000")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://ann:secret@127.0.0.1:9")
    with pytest.raises(Problem, match="cannot be reached") as caught:
        read("s3://shop/mixed/", None, None, None)
    assert "secret" not in str(caught.value)


def asked_to(server: str, after: bytes) -> None:
    """From so many requests on the server asks for rights."""
    plain = {"Content-Type": "text/plain"}  # a form it would not read
    where = urllib.request.Request(f"{server}/moto-api/reset-auth", after, plain, method="POST")
    urllib.request.urlopen(where).close()


def test_files_of_a_table_with_a_log_are_never_read_without_it(tmp_path):
    for make in (delta, iceberg):
        lake = tmp_path / make.__name__ / "orders"
        lake.parent.mkdir()
        make(lake)
        part = next(one for one in lake.rglob("*.parquet"))
        zipped = tmp_path / f"{make.__name__}.zip"
        with zipfile.ZipFile(zipped, "w") as packed:
            for one in lake.rglob("*"):
                packed.write(one, one.relative_to(lake))
        for source, words in (
            (lake.parent, "holds a table"),
            (part, "is part of"),
            (zipped, "is part of"),
        ):
            with pytest.raises(Problem, match=words):
                read(str(source), None, None, None)
    (tmp_path / "h" / ".hoodie").mkdir(parents=True)
    (tmp_path / "h" / ".hoodie" / "hoodie.properties").touch()
    pq.write_table(orders(1), tmp_path / "h" / "a.parquet")
    with pytest.raises(Problem, match="Hudi"):
        read(str(tmp_path / "h"), None, None, None)


def test_deleted_rows_that_only_a_vector_names_are_gone(tmp_path):
    deltalake.write_deltalake(tmp_path / "t", orders(1, 2, 3, 4))
    log = tmp_path / "t" / "_delta_log"
    lines = (log / f"{0:020}.json").read_text().splitlines()
    add = next(one["add"] for line in lines if "add" in (one := json.loads(line)))
    features = {"readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}
    # Rows 0 and 2, as the protocol writes them into the log itself.
    vector = {"storageType": "i", "pathOrInlineDv": VECTOR, "sizeInBytes": 36, "cardinality": 2}
    gone = {"path": add["path"], "dataChange": True, "deletionTimestamp": 1}
    entries = [
        {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}},
        {"remove": gone},
        {"add": {**add, "deletionVector": vector}},
    ]
    (log / f"{1:020}.json").write_text("\n".join(map(json.dumps, entries)))
    assert read(str(tmp_path / "t"), None, None, None).table["customer_id"].to_pylist() == [2, 4]


VECTOR = "^Bg9^0rr910000000000iXQKl0rr91000315c8Xg00062"


def test_a_data_set_that_is_not_whole_is_refused_and_columns_that_lack_are_told(tmp_path):
    parquet(tmp_path / "t")
    pq.write_table(orders(7).drop_columns(["note"]), tmp_path / "t" / "c.parquet")
    raw = read(str(tmp_path / "t"), None, None, None)
    assert raw.table.num_rows == 7
    assert any("no column 'note'" in note for note in raw.notes)
    (tmp_path / "t" / "d.parquet").symlink_to(tmp_path / "t" / "c.parquet")
    with pytest.raises(Problem, match="is no plain file"):
        read(str(tmp_path / "t"), None, None, None)
    (tmp_path / "t" / "d.parquet").unlink()
    (tmp_path / "t" / "_temporary").mkdir()
    (tmp_path / "t" / "_temporary" / "0").touch()
    with pytest.raises(Problem, match="is being written"):
        read(str(tmp_path / "t"), None, None, None)


def test_rows_of_a_database_in_parts_are_of_the_type_that_all_of_them_have(tmp_path, monkeypatch):
    import sqlite3

    with sqlite3.connect(tmp_path / "s.db") as link:
        link.execute("create table t (customer_id, date, amount, note)")
        link.executemany("insert into t values (?, ?, ?, ?)", [
            (i, f"2024-01-0{1 + i}", i if i < 4 else i / 2, None if i < 4 else i if i < 6 else "x")
            for i in range(8)
        ])  # fmt: skip
    link.close()
    url = f"sqlite:///{tmp_path}/s.db?table=t"
    whole = read(url, None, None, None).table
    monkeypatch.setattr(databases, "PART", 2)
    parts = read(url, None, None, None).table
    assert parts.schema == whole.schema
    assert parts.equals(whole)
    assert parts.schema.field("amount").type == pa.float64()
    assert parts["note"].to_pylist() == [None] * 4 + ["4", "5", "x", "x"]


def test_the_page_lists_what_is_tested():
    table = PAGE.read_text().split("## Where the data may lie")[1].split("\n## ")[0]
    listed = set(re.findall(r"^\| ([^|]+) \| ([^|]+) \| tested", table, re.M))
    databases_tested = {("a database", name) for name in DATABASES}
    assert listed == {(a, b) for a in PLACES.values() for b in FORMS.values()} | databases_tested
    tests = (Path(__file__).parent / "test_sources.py").read_text()
    assert {name for name in DATABASES if re.search(rf"\bdef test_.*{name.lower()}", tests)} == set(
        DATABASES
    )
