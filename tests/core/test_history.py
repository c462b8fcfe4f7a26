"""A history answers SELECTs about what was known, and is a door to nothing else."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.questions.question_toml import parse

DAYS = [date(2024, 1, day) for day in (1, 5, 9, 20)]


@pytest.fixture
def history(tmp_path) -> History:
    path = tmp_path / "it's.parquet"  # a quote in the name must not end the literal
    pq.write_table(pa.table({"who": [1, 2, 3, 4], "day": DAYS}), path)
    ask = parse('question = "retention"\nhorizon = 4')
    return History(date(2024, 1, 10), ask, {"events": (str(path), "day")})


def test_it_knows_what_was_before_now(history):
    assert history.sql("select max(day) as d from events")["d"].to_pylist() == [date(2024, 1, 9)]
    earlier = history.at(date(2024, 1, 5))
    assert earlier.sql("select who from events")["who"].to_pylist() == [1]
    asked = earlier.sql("select * from ask").to_pylist()[0]
    assert asked == {
        "now": date(2024, 1, 5), "learn_at": date(2024, 1, 1), "horizon": 4, "seed": 1
    }  # fmt: skip


def test_it_goes_backwards_only(history):
    with pytest.raises(Problem, match="backwards only"):
        history.at(date(2024, 1, 11))


def test_rows_laid_over_are_cut_at_now_too(history):
    more = history.plus(
        events=pa.table({"who": [8, 9], "day": [date(2024, 1, 2), date(2024, 1, 30)]})
    )
    assert more.sql("select who from events order by who")["who"].to_pylist() == [1, 2, 3, 8]
    assert history.sql("select count(*) as n from events")["n"].to_pylist() == [3]


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_parquet('{other}')",
        "select * from '{other}'",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/etc/*')",
    ],
)
def test_no_query_opens_a_file(history, tmp_path, query):
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"x": [1]}), other)
    with pytest.raises(Problem, match=r"the query (reads|asks for)"):
        history.sql(query.format(other=other))
    with pytest.raises(duckdb.PermissionException):  # DuckDB itself would not either
        history._door.sql(query.format(other=other))


@pytest.mark.parametrize(
    "statement",
    [
        "copy (select 1) to 'x.parquet'",
        "set enable_external_access = true",
        "drop view events",
        "attach 'x.db'",
        "select 1; select 2",
        "install httpfs",
    ],
)
def test_nothing_but_one_select_is_answered(history, statement):
    with pytest.raises(Problem, match="one SELECT at a time"):
        history.sql(statement)


def test_it_streams(history):
    assert sum(batch.num_rows for batch in history.scan("select * from events")) == 3
