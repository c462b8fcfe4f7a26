"""Rows in memory are no source: they cannot be read again tonight. The error says the way to a file."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

import stepladder
from stepladder.core.errors import Problem

COLUMNS = {"customer": [1, 2], "date": ["2024-01-01", "2024-02-01"], "amount": [5, 6]}
ROWS = [{"customer": 1, "date": "2024-01-01", "amount": 5}]


class Frame(dict):
    """As pandas' is: a mapping of columns in all but its class."""

    __module__ = "pandas.core.frame"

    def to_parquet(self, path):
        pa.parquet.write_table(pa.table(dict(self)), path)


FRAMES = {
    "pandas.Frame": lambda: Frame(COLUMNS),
    "pyarrow.Table": lambda: pa.table(COLUMNS),
    "duckdb.DuckDBPyRelation": lambda: duckdb.sql(
        "select 1 as customer, date '2024-01-01' as date"
    ),
    "list": lambda: ROWS,
    "dict": lambda: COLUMNS,
    "NoneType": lambda: None,
}


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_is_refused_and_the_remedy_works(kind, within, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = FRAMES[kind]()
    with pytest.raises(Problem) as caught:
        stepladder.new("retention", {"purchases": rows} if within else rows, tmp_path / "p")
    given, allowed, remedy = caught.value.parts()
    assert "rows in memory" in given
    assert kind.split(".")[-1] in given
    assert "file" in allowed
    assert not list(tmp_path.iterdir())
    if kind != "NoneType":
        way = re.fullmatch(r".*such as 'purchases\.parquet': (.+)", remedy)
        exec(way[1], {"rows": rows, "pyarrow": pa})
        assert pa.parquet.read_table("purchases.parquet").num_rows


def test_a_path_is_a_source_as_a_text_is(tmp_path):
    rows = [f"{i % 9},2024-{1 + i % 12:02}-11,5\n" for i in range(90)]
    orders = tmp_path / "orders.csv"
    orders.write_text("customer,date,amount\n" + "".join(rows))
    for nth, source in enumerate((orders, {"purchases": orders})):
        made = stepladder.new("retention", source, tmp_path / f"p{nth}")
        assert made.ask.tables["purchases"].source == "../orders.csv"


def test_what_is_written_lies_on_this_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Problem, match="looks like an address"):
        stepladder.core.files.write(Path("s3://bucket/forecast.csv"), "")
    assert not list(tmp_path.iterdir())
