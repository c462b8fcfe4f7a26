"""A history on Spark is the same door: the past only, one SELECT at a time, never too much at once."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.questions.question_toml import parse
from stepladder.spark import SparkHistory
from stepladder.spark import history as door

from .worlds import ADDRESS, Both, alike

TIMES = [datetime(2024, 1, day, 23, 59, 59, 5) for day in (1, 5, 9, 20)]
ROWS = pa.table(
    {
        "who": [1, 2, 3, 4], "my time": pa.array(TIMES, pa.timestamp("us")),
        "Group": ["a{x}", "b", "ä'`", None], "when": [0.5, 1.5, None, 2.0],
        "day": [time.date() for time in TIMES],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def both(spark, tmp_path_factory) -> Both:
    path = tmp_path_factory.mktemp("it's [here]*") / "events.parquet"
    pq.write_table(ROWS, path)
    ask = parse(f'question = "retention"\nhorizon = 4\nengine = "spark"\nspark = "{ADDRESS}"')
    tables, views = (
        {"events": (str(path), "my time")},
        (("late", "select * from events where who > 1"),),
    )
    now = date(2024, 1, 10)
    return Both(*(kind(now, ask, tables, views=views) for kind in (History, SparkHistory)))


@pytest.mark.parametrize(
    "query",
    [
        'select * from events where "Group" = \'a{x}\' order by who',
        'select "my time", "when", e."Group", "Group" || \'{t0}\' as t from events as e order by "my time"',
        "with events as (select who from events where who < 3), late as (select * from events) "
        "select * from late order by who",
        "select count(*) as n, sum(cast(who as double)) / 3 as s, sum(who) + 0.5 as h, 0.1 + 0.2 as d, "
        "max(day) as last, date_diff('day', min(day), max(day)) as span, avg(who) as a from events",
        "select who, row_number() over (order by \"when\" desc, who) as r, "
        "ntile(2) over (order by who) as n, length(\"Group\") as l, "
        "extract(year from day) as y, cast(\"my time\" as date) as d, "
        "md5(cast(who as varchar)) as m, log2(who) as g, -who as minus from events order by who",
        "select * from ask",
        "select * from late order by \"when\"",  # nulls stand last on both
        "from events order by all; -- said shortly",
        "select who from events where day < (select now from ask) and exists (select 1 from late "
        "where late.who = events.who) union all select 7 as who order by who",
        "select * from events anti join late using (who)",
        "select timestamp '2024-01-05 12:00:00' as t, day + 1 as next from events where who = 1",
    ],
)  # fmt: skip
def test_the_same_words_mean_the_same(both, query):
    here, there = (history.sql(query) for history in (both.duckdb, both.spark))
    decimals = {f.name: pa.float64() for f in here.schema if pa.types.is_decimal(f.type)}
    here = here.cast(pa.schema([(f.name, decimals.get(f.name, f.type)) for f in here.schema]))
    assert there.schema == here.schema
    alike(here, there, ordered=True)


def test_it_knows_the_past_only(both):
    earlier = both.spark.at(date(2024, 1, 5))
    assert earlier.sql("select who from events")["who"].to_pylist() == [1]
    with pytest.raises(Problem, match="backwards only"):
        both.spark.at(date(2024, 1, 11))


def test_rows_laid_over_are_cut_at_now_too(both):
    over = pa.table({"who": [8, 9], "my time": pa.array([TIMES[0], TIMES[3]], pa.timestamp("us"))})
    more = both.spark.plus(events=over)
    asked = "select who from late order by who"
    assert more.sql(asked)["who"].to_pylist() == [2, 3, 8]
    assert more.sql(asked).equals(both.duckdb.plus(events=over).sql(asked))
    assert both.spark.sql("select count(*) as n from events")["n"].to_pylist() == [3]


def test_tables_given_are_seen_by_one_query_only(both):
    cases = pa.table({"who": [2, 99]})
    query = "select cases.who, x.a from cases left join x on cases.who = x.who order by cases.who"
    x = pa.table({"who": [2], "a": pa.array(["yes"]).dictionary_encode()})
    assert both.spark.sql(query, cases, x=x)["a"].to_pylist() == ["yes", None]
    with pytest.raises(Problem, match="there is no such table"):
        both.spark.sql(query, cases)


def test_a_large_answer_is_streamed_or_stays_where_it_is(both, monkeypatch):
    monkeypatch.setattr(door, "MOST_ROWS", 5_000)
    ask = "select a.n * 100 + b.n as n from t as a cross join t as b order by 1 desc"
    t = pa.table({"n": range(100)})
    with pytest.raises(Problem, match=r"history\.scan.*history\.frame"):
        both.spark.sql(ask, t=t)
    assert both.spark.frame(ask, t=t).count() == 10_000
    history = both.spark.plus(events=ROWS.slice(0, 1))
    streamed = history.scan(
        "select a.who from events as a cross join events as b order by a.who desc"
    )
    assert streamed.schema == pa.schema([("who", pa.int64())])
    assert streamed.read_all()["who"].to_pylist() == sorted([1, 1, 2, 3] * 4, reverse=True)
    assert history.scan("select who from events where who > 99").read_all().num_rows == 0


@pytest.mark.parametrize("statement", [
    "copy (select 1) to 'x.parquet'", "drop view events", "select 1; select 2", "create table t as select 1",
])  # fmt: skip
def test_nothing_but_one_select_is_answered(both, statement):
    with pytest.raises(Problem, match="one SELECT at a time"):
        both.spark.sql(statement)


@pytest.mark.parametrize("query", [
    "select * from read_parquet('/etc/x')", "select * from '/etc/x.csv'", 'select * from parquet."/etc/x"',
    "select * from event", "select * from read_text('/etc/passwd')",
])  # fmt: skip
def test_no_query_opens_a_file(both, query):
    with pytest.raises(Problem, match=r"there is no such table|the query asks for"):
        both.spark.sql(query)


@pytest.mark.parametrize("query", [
    "with x as (insert into events from events returning *) select * from x",
    "select reflect('java.lang.System', 'getenv', 'PATH') as told",
    "select java_method('java.lang.System', 'getProperty', 'user.home') as told",
])  # fmt: skip
def test_no_query_acts_or_runs_java(both, query):
    with pytest.raises(Problem, match=r"one SELECT|cannot be said to Spark"):
        both.spark.sql(query)


def test_a_text_is_a_text_and_no_variable_of_the_machine(both):
    assert both.spark.sql("select '${env:PATH}' as a")["a"].to_pylist() == ["${env:PATH}"]
