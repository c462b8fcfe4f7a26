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
from stepladder.core.select import ACTING
from stepladder.questions.question_toml import parse

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
    "deep": "select " + "(" * 3000 + "1" + ")" * 3000,
}  # fmt: skip


@pytest.fixture
def history(tmp_path) -> History:
    path = tmp_path / "events.parquet"
    pq.write_table(ROWS, path)
    known = History(
        date(2024, 1, 10), parse('question = "retention"\nhorizon = 4'),
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
    "select (select max(day) from events), exists (from ask), [x + 1 for x in [1]] -- said",
])  # fmt: skip
def test_an_honest_query_is_answered(history, door, query):
    assert history.sql(query).num_rows == door.sql(query).num_rows > 0


def test_a_query_without_an_end_is_stopped(history):
    hasty = replace(history, ask=history.ask.model_copy(update={"time_box": 1}))
    with pytest.raises(Problem, match="took longer than 1 s"):
        hasty.sql(
            "with recursive n as (select 1 as i union all select i + 1 from n) select sum(i) from n"
        )


def test_every_function_that_acts_is_known():
    """DuckDB says which of its functions have side effects; a newer one may have more of them."""
    harmless = {
        "random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "error", "stats", "vector_type",
        "current_query", "current_query_id", "current_connection_id", "current_transaction_id",
    }  # fmt: skip
    said = duckdb.connect().execute(
        "select distinct function_name from duckdb_functions() "
        "where function_type = 'scalar' and (has_side_effects or stability = 'VOLATILE')"
    )
    assert {name for (name,) in said.fetchall()} - harmless == ACTING
