"""Wherever a table comes from, and whatever it is called, the clean table is the same."""

from __future__ import annotations

import gzip
import sqlite3
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.errors import Problem
from stepladder.tables import choose, clean, look
from stepladder.tables.sources.address import without_password

from .conftest import PURCHASES, TODAY, adds_up, rows

ODD = 'or"ders; drop table x --'
EXPECTED = [(1, 7, date(2024, 1, 13), 1234.5), (2, 8, date(2024, 2, 3), 2.0)]
TYPED = pa.table({
    "customer_id": pa.array([7, 8, None], pa.float64()),
    'the "date"; of': pa.array([datetime(2024, 1, 13, 9), datetime(2024, 2, 3), None],
                               pa.timestamp("us")),
    "amount": pa.array([Decimal("1234.50"), Decimal("2.00"), None], pa.decimal128(9, 2)),
    "basket": pa.array([[1], [2, 3], None], pa.list_(pa.int64())),
    "state": pa.array(["a", "a", None]).dictionary_encode(),
})  # fmt: skip


def cleaned_from(source):
    seen = look(source, PURCHASES, {"day": 'the "date"; of'})
    result = clean(source, PURCHASES, choose(seen, ask_user=None, today=TODAY))
    adds_up(result)
    return result


def test_parquet_keeps_its_types(tmp_path):
    path = tmp_path / "orders.parquet"
    pq.write_table(TYPED, path)
    result = cleaned_from(str(path))
    assert rows(result) == EXPECTED
    assert result.report.place == "record"
    assert result.report.dropped[0].reason == "missing customer"


def test_packed_text(cleaned):
    text = "customer,date,amount\n7,2024-01-13,1\n"
    assert rows(cleaned(gzip.compress(text.encode()), name="o.csv.gz"))[0][0] == 2


def test_sqlite_and_duckdb_with_odd_names(tmp_path):
    name = quote(ODD)
    with sqlite3.connect(tmp_path / "shop.db") as link:
        link.execute('create table "or""ders; drop table x --" '
                     '(customer_id, "the ""date""; of" text, amount)')  # fmt: skip
        link.execute("insert into \"or\"\"ders; drop table x --\" values "
                     "(7, '2024-01-13', '1,234.50'), (8, '2024-02-03', 2), (null, null, 3)")  # fmt: skip
    link.close()
    other = duckdb.connect(tmp_path / "shop.duckdb")
    other.register("typed", TYPED)
    other.execute('create table "or""ders; drop table x --" as select * from typed')
    other.close()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for url in (f"sqlite:///{tmp_path}/shop.db", f"duckdb:///{tmp_path}/shop.duckdb"):
        assert rows(cleaned_from(f"{url}?table={name}")) == EXPECTED
        with pytest.raises(Problem, match="There is no table 'nothing'") as caught:
            look(f"{url}?table=nothing", PURCHASES, {})
        assert ODD in caught.value.allowed
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_postgres_and_its_password(postgres_url):
    with psycopg.connect(postgres_url) as link:
        link.execute('create table "or""ders; drop table x --" '
                     '(customer_id bigint, "the ""date""; of" timestamp, amount numeric)')  # fmt: skip
        link.execute("insert into \"or\"\"ders; drop table x --\" values "
                     "(7, '2024-01-13', 1234.50), (8, '2024-02-03', 2), (9, null, 3)")  # fmt: skip
    secret = postgres_url.split(":")[2].split("@")[0]
    result = cleaned_from(f"{postgres_url}&table={quote(ODD)}")
    assert rows(result) == EXPECTED
    assert secret not in str(result.report.to_dict())
    with pytest.raises(Problem, match="There is no table 'nothing'") as caught:
        look(f"{postgres_url}&table=nothing", PURCHASES, {})
    assert secret not in str(caught.value)
    wrong = postgres_url.replace(secret, "wr%40ng")
    with pytest.raises(Problem, match="cannot be read from") as caught:
        look(f"{wrong}&table=orders", PURCHASES, {})
    assert "wr" not in str(caught.value).replace("wrong", "")


@pytest.mark.parametrize(("url", "shown"), [
    ("postgresql://ann:se%40c:ret@host/db?table=t", "postgresql://ann@host/db?table=t"),
    ("postgresql://ann@host/db?password=x&table=t", "postgresql://ann@host/db?table=t"),
    ("postgresql://host/db?table=t&password=x", "postgresql://host/db?table=t"),
    ("s3a://KEY:se/c+r@et@bucket/x", "s3a://KEY@bucket/x"),
    ("items=postgresql://ann:se/cret@host/db?sslpassword=y&table=t", "items=postgresql://ann@host/db?table=t"),
    ("s3://bucket/x?X-Amz-Signature=y&aws_secret_access_key=z", "s3://bucket/x"),
    ("sqlite:///a:b@c.db?table=t", "sqlite:///a:b@c.db?table=t"),
    ("C:/a:b@c.csv", "C:/a:b@c.csv"),
])  # fmt: skip
def test_a_password_is_never_shown(url, shown):
    assert without_password(url) == shown


def test_the_bundled_purchases_are_read_as_published():
    import stepladder.questions.retention as retention

    source = str(Path(retention.__file__).parent / "cdnow.parquet")
    chosen = choose(look(source, PURCHASES, {}), ask_user=None, duplicates="keep", today=TODAY)
    result = clean(source, PURCHASES, chosen)
    assert result.table.num_rows == 69_659
    assert len(result.table["customer"].unique()) == 23_570
    assert result.report.last_day_complete
