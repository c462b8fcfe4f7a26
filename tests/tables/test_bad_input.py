"""Sources that cannot be read: an error in three parts, in words that do not change."""

from __future__ import annotations

import gzip
import sys

import pytest

from stepladder import record
from stepladder.core.errors import Problem
from stepladder.nightly import publishing
from stepladder.tables import choose, clean, look

from .conftest import PURCHASES, TODAY

GOOD = "customer,date,amount\n1,2024-01-01,1\n"


@pytest.mark.parametrize(("content", "said"), [
    (b"", ("is empty", "a header line and rows", "Check that the export finished")),
    (b"\xef\xbb\xbf\r\n \n", ("is empty", "a header line and rows", "Check that the export")),
    (b"customer,date,amount\n", ("a header but no rows", "a header line and rows", "Check that")),
    (b"customer,date,amount\n\n,,\n", ("Nothing usable remains", "At least one row", "--column")),
    (b"PK\x03\x04" + bytes(99), ("is a zip or Excel file", "is read from CSV", "as CSV")),
    (bytes(range(256)) * 40, ("is a binary file", "is read from CSV", "as CSV")),
    (b"PAR1" + bytes(50), ("cannot be read as Parquet", "complete", "again")),
    (gzip.compress(GOOD.encode(), mtime=0)[:30], ("cannot be unpacked", "complete", "again")),
    (b"customer,amount\n1,5\n2,6\n", ("No date column", "The columns there are: customer, amount",
                                      "--column day=NAME")),
    (b"date,amount\n2024-01-01,5.25\n2024-01-02,6.10\n", (
        "No customer (id) column", "The columns there are: date, amount", "--column customer=")),
    (b"customer,date\n,2024-01-01\n1,never\n", (
        "Nothing usable remains", "At least one row", "--column")),
])  # fmt: skip
def test_what_cannot_be_read_says_why(cleaned, content, said):
    with pytest.raises(Problem) as caught:
        cleaned(content)
    for part, words in zip(caught.value.parts(), said, strict=True):
        assert words in part


@pytest.mark.parametrize(("options", "said"), [
    ({"columns": {"customer": "custmer_id"}}, ("custmer_id", "customer_id, date", "=customer_id?")),
    ({"columns": {"custoner": "customer_id"}}, ("custoner", "customer, day, value", "customer=")),
    ({"columns": {"value": "a*date*b"}}, ("'a'", "The columns there are", "Name one of them")),
    ({"encoding": "utf-99"}, ("utf-99", "utf-8 or cp1252", "--encoding")),
    ({"encoding": "ascii"}, ("cannot be read as ascii", "utf-8 or cp1252", "--encoding")),
    ({"separator": "ab"}, ("'ab' cannot be used", "one character", "--separator")),
    ({"day_order": "sideways"}, ("'sideways'", "day first, month first", "Give one")),
])  # fmt: skip
def test_wrong_choices_say_what_is_allowed(cleaned, options, said):
    with pytest.raises(Problem) as caught:
        cleaned("customer_id,date,amount\nZoé,2024-01-01,1\n", **options)
    for part, words in zip(caught.value.parts(), said, strict=True):
        assert words in part


@pytest.mark.parametrize(("source", "said"), [
    ("orders.csv", ("There is no file", "CSV, Excel or Parquet", "there are: ")),
    ("other.csv/x", ("cannot be read", "a file that you may read", "permissions")),
    ("sqlite:///none.db?table=orders", ("no database file none.db", "sqlite:///", "Check")),
    ("sqlite:///shop.db", ("names no table", "?table=NAME", "?table=NAME")),
    ("postgresql://ann:secret@127.0.0.1:9/shop?table=orders&connect_timeout=2", (
        "cannot be read from postgresql://ann@127.0.0.1:9/shop", "reachable", "PGPASSWORD")),
    ("nosuch://host/db?table=orders", ("no driver for it", "?table=orders", "as CSV or Parquet")),
    ("s3a://ann:secret@b/o.csv?sig=secret", ("more than a bucket and a path", "environment", "s3://b/…")),
    ("s3://KEY:sec/secret@b/orders/", ("more than a bucket", "AWS_PROFILE", "should be changed")),
    ("abfss://b@h/o.parquet", ("lies elsewhere", "a file or folder on this machine", "copy it here")),
    ("https://ann:secret@h/o.csv?key=secret", ("lies elsewhere", "postgresql://", "curl -O https://")),
    ("file:///data/my%20orders.csv", ("file:///data", "a file or folder", "path: /data/my orders.csv")),
    ("mysql://ann:secret@h/d", ("no driver for it is installed (MySQLdb)", "sqlite:///", "mysql+pymysql://")),
    ("mssql+pyodbc://ann:secret@h/d", ("no driver for it is installed (pyodbc)", "sqlite:///", "CSV")),
    ("snowflake://ann:secret@h/d", ("no driver for it is", "sqlite:///", "snowflake-sqlalchemy")),
    ("postgresql+asyncpg://h/d", ("no driver for it is", "sqlite:///", "write postgresql://")),
    ("mysql://ann:secret@[h/d?table=o", ("is no address", "sqlite:///", "correct it")),
])  # fmt: skip
def test_sources_that_are_not_there(tmp_path, monkeypatch, source, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.csv").write_text(GOOD)
    with pytest.raises(Problem) as caught:
        look(source, PURCHASES, {})
    for part, words in zip(caught.value.parts(), said, strict=True):
        assert words in part
    assert "secret" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]


def test_a_driver_that_is_not_there_is_named_with_how_to_get_it(monkeypatch, tmp_path):
    """Not as a password to be checked, nor as a fault of the product."""
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as if it had not been installed
    url = "postgresql://ann:secret@h/d"
    for way in (
        lambda: look(f"{url}?table=o", PURCHASES, {}),
        lambda: record.address(url.replace(":secret", ""), tmp_path),
        lambda: publishing._address(f"{url}?table=o", tmp_path),
    ):
        with pytest.raises(Problem, match=r"psycopg, which is not installed") as caught:
            way()
        assert "pip install 'psycopg" in caught.value.remedy
        assert "secret" not in str(caught.value)


def test_a_later_run_with_new_ambiguous_dates_is_an_error(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(GOOD)
    chosen = choose(look(str(path), PURCHASES, {}), ask_user=None, today=TODAY)
    path.write_text(GOOD + "2,03/04/2024,2\n")
    with pytest.raises(Problem, match="--day-first or --month-first"):
        clean(str(path), PURCHASES, chosen)
    path.write_text("client,date,amount\n1,2024-01-01,1\n")
    with pytest.raises(Problem, match="'customer', given for customer, is not in the table"):
        clean(str(path), PURCHASES, chosen)
