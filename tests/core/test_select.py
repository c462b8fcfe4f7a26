"""What a query must never do, whatever its words: write, act, read a file, tell of the machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.door import Door
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.select import REFUSED, only_reads
from stepladder.questions.question_toml import parse

NOW = date(2024, 1, 10)
ROWS = pa.table({"who": [1, 2, 3], "day": [date(2024, 1, day) for day in (1, 5, 20)]})
ATTACKS = {
    "insert in a with": "with x as (insert into {aside} values (7, date '2024-01-02') returning *) from x",
    "delete in a with": "with x as (delete from {aside} returning *) select count(*) from x",
    "update in a with": "with x as (update {aside} set who = 9 returning *) from x",
    "insert two deep": "with a as (with x as (insert into ask select * from ask returning *) from x) from a",
    "copy in a with": "with x as (copy events to '{folder}/out.csv') select 1",
    "insert in brackets": "select (with x as (insert into {aside} from {aside} returning who) from x)",
    "what lies beneath a view": "from {aside}",
    "the future, by its file": "from read_parquet('{file}')",
    "the future, by a name": "select max(day) from '{file}'",
    "by a with of that name": "with t as (with \"{file}\" as (select 1) from \"{file}\") from t, '{file}'",
    "a with that shades itself": "with duckdb_views as (from duckdb_views) from duckdb_views",
    "the first half of a recursion": (
        "with recursive duckdb_views as (select 'a' as s from duckdb_views union all "
        "select s from duckdb_views where false) from duckdb_views"
    ),
    "a query in a text": "from query('from read_parquet(''{file}'')')",
    "a table in a text": "from query_table('{aside}')",
    "serialised": "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    "the catalogue": "select sql from duckdb_views()",
    "the schema's own": "from information_schema.tables",
    "a full name": "from memory.main.events",
    "settings": "select current_setting('allowed_paths')",
    "a variable of Python": "from variable",
    "cases that were not given": "from cases",
    "a log": "select write_log('read me later')",
    "a sequence": "select nextval('s')",
    "all tables shown": "from (show all tables)",
    "a comment before": "/* select */ drop view events",
    "a part before": "select 1; drop view events",
    "prepared": "prepare p as select 1",
    "waiting": "select pg_sleep(0)",
    "by its full name": "select pg_catalog.pg_sleep(0)",
    "as a method": "select (0).sleep_ms()",
    "the catalogue, through a macro": "select pg_get_viewdef(1)",
    "how much is stored": "select get_block_size('memory')",
    "schemas": "select current_schemas(true)",
    "what the file holds": "select stats(day) from events",
    "a plan": "select json_serialize_plan('select 1')",
    "the version": "select version()",
    "below much": "select " + "1 + " * 900 + "(select count(*) from duckdb_views())",
    "deep": "select " + "(" * 3000 + "1" + ")" * 3000,
}  # fmt: skip


@pytest.fixture
def history(tmp_path) -> History:
    path = tmp_path / "events.parquet"
    pq.write_table(ROWS, path)
    known = History(
        NOW, parse('question = "retention"\nhorizon = 4'),
        {"events": (str(path), "day")},
    )  # fmt: skip
    return known.plus(events=ROWS.slice(0, 0))  # so that there is a table beneath the view


@pytest.fixture
def door(history):
    found = Door.of(history, {"events": ROWS.slice(0, 0)}).over({"events": ROWS.slice(0, 2)})
    yield found
    found.close()


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("kind", ["sql", "scan", "door"])
def test_a_query_reads_what_it_is_shown_and_nothing_else(request, tmp_path, kind, attack):
    history = request.getfixturevalue("door" if kind == "door" else "history")
    ask = history.scan if kind == "scan" else history.sql
    variable, cases = ROWS, ROWS  # in sight, as Python sees it
    before = history.sql("from events order by who")
    words = {"aside": "over_events_0", "file": tmp_path / "events.parquet", "folder": tmp_path}
    with pytest.raises((Problem, duckdb.Error)):
        ask(attack.format(**words))
    assert history.sql("from events order by who").equals(before)
    assert [path.name for path in tmp_path.iterdir()] == ["events.parquet"]
    assert (variable, cases) == (ROWS, ROWS)


@pytest.mark.parametrize("query", [
    "select count(*) as n from Events", "describe events", "summarize events", "values (1)",
    "with recursive n as (select 1 as i union all select i + 1 from n where i < 3) from n",
    "with events as (from events where who = 1), b as (from events) from b, events",
    "from range(3) as r(i), unnest([1, 2]) as u(x)", "from events pivot (count(*) for who in (1, 2))",
    "select " + " + ".join(["who"] * 500) + " from events",
    "select (select max(day) from events), exists (from ask), [x + 1 for x in [1]] -- said",
])  # fmt: skip
def test_an_honest_query_is_answered(history, door, query):
    assert history.sql(query).num_rows == door.sql(query).num_rows > 0


def test_a_query_without_an_end_is_stopped(history):
    hasty = replace(history, ask=history.ask.model_copy(update={"time_box": 1}))
    endless = (
        "with recursive n as (select 1 as i union all select i + 1 from n) select sum(i) from n"
    )
    with pytest.raises(Problem, match="took longer than 1 s"):
        replace(hasty, boxed=True).at(NOW).sql(endless)


def test_our_own_take_as_long_as_they_take(history):
    hasty = replace(history, ask=history.ask.model_copy(update={"time_box": 0.01}))
    long = "select sum(sin(range)) from range(20_000_000)"
    assert hasty.sql(long).num_rows == 1
    with pytest.raises(Problem, match="took longer"):
        replace(hasty, boxed=True).sql(long)


def test_every_function_that_acts_is_known():
    """DuckDB says which of its functions are more than reckoning; a newer one may have more of them."""
    harmless = {  # chance, the clock, and what is the same wherever it is asked
        "random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "error", "now", "today", "current_date",
        "get_current_time", "get_current_timestamp", "transaction_timestamp",
        "current_database", "current_schema",
    }  # fmt: skip
    con = duckdb.connect()
    said = con.execute(
        "select distinct function_name, macro_definition from duckdb_functions() where function_type "
        "= 'macro' or (function_type = 'scalar' and (has_side_effects or stability != 'CONSISTENT'))"
    ).fetchall()
    for name, made_of in said:
        if made_of is None:
            assert name in REFUSED | harmless
        elif name not in REFUSED:
            only_reads(con, f"select {made_of}", ())


def test_what_is_said_of_a_deep_query_is_true(history):
    with pytest.raises(Problem, match="no such table") as told:
        history.sql("select " + "1 + " * 900 + "(select max(day) from strangers)")
    assert "strangers" in told.value.given
