"""What a query tries, through every door that answers SQL: held, or not held.

python benchmarks/sql_probes.py [--spark]

Each probe is asked of a history (sql and scan), of the door that the service asks through, and, with
--spark and a Java, of a history on Spark. Held is: refused in words, or answered with nothing that the
query should not know; afterwards every table says what it said before, no file is new, no setting of
DuckDB is another, and what a second query of the same history sees is the same. Bombs are held where
they end within the time box and within the memory that question.toml allows; they are asked in a process
of their own, as a bake-off does.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core.door import Door
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.questions.question_toml import parse

ROWS = pa.table({"who": [1, 2, 3], "day": [date(2024, 1, day) for day in (1, 5, 20)]})
SECRET = "held-in-the-environment"
WRITES = [
    "with x as (insert into {aside} values (7, date '2024-01-02') returning *) select * from x",
    "with x as (insert into ask from ask returning *) from x",
    "with x as (delete from {aside} returning *) from x",
    "with x as (update {aside} set who = 9 returning *) from x",
    "with x as (delete from ask returning *) select count(*) from x",
    "with a as (with b as (insert into {aside} from {aside} returning *) from b) from a",
    "select (with x as (insert into {aside} from {aside} returning who) select max(who) from x)",
    "select * from events where who in (with x as (delete from {aside} returning who) from x)",
    "with x as (copy events to '{folder}/out.csv') select 1",
    "with x as materialized (copy (select 1) to '{folder}/out.parquet') select 1",
    "copy events to '{folder}/out.csv'", "copy events from '/etc/passwd'",
    "export database '{folder}/all'", "import database '{folder}'",
    "insert into {aside} from {aside}", "create table t as select 1",
    "create or replace temp macro events() as table select 1", "create temp view events as select 1",
    "drop view events", "alter table {aside} add column x int", "truncate {aside}", "checkpoint", "vacuum",
    "create sequence s", "select nextval('s')", "select setseed(0.5)", "select write_log('remember')",
    "merge into {aside} using events on false when not matched then insert", "comment on table ask is 'x'",
]  # fmt: skip
SETS = [
    "set enable_external_access = true", "reset lock_configuration", "pragma enable_profiling",
    "set variable x = 1", "attach '{folder}/x.db'", "detach memory", "use temp", "install httpfs",
    "load httpfs", "call enable_logging()", "from enable_logging()", "from enable_profiling()",
    "from duckdb_logs()", "from force_checkpoint()", "from truncate_duckdb_logs()",
    "from checkpoint()", "begin", "rollback", "prepare p as select 1", "execute p", "deallocate p",
    "explain analyze insert into {aside} from {aside}",
    "select 1; drop view events", "drop view events; select 1", "/* a */ drop view events -- select",
    "pivot events on who using count(*)", "",  ";", "select 1 \x00 ; drop view events",
]  # fmt: skip
READS = [
    "from read_csv('/etc/passwd')", "from read_text('/etc/passwd')", "from read_blob('/etc/passwd')",
    "from read_json('/etc/passwd')", "from glob('/etc/*')", "from sniff_csv('/etc/passwd')",
    "from '/etc/passwd'", "from '/etc/*.csv'", "from parquet_metadata('{file}')", "from '{file}'",
    "from read_parquet('{file}')", "select max(day) from parquet_scan('{file}')", "from \"{file}\"",
    "from parquet_schema('{file}')", "from read_duckdb('{file}')", "from 'https://example.invalid/a.parquet'",
    "with t as (with \"{file}\" as (select 1) from \"{file}\") select * from t, '{file}'",
    "from {aside}", "from main.{aside}", "from memory.main.{aside}", "from temp.events", "from main.events",
    "from query('from read_parquet(''{file}'')')", "from query('insert into ask from ask')",
    "from query_table('{aside}')", "from json_execute_serialized_sql(json_serialize_sql('from ask'))",
    "from duckdb_views()", "from duckdb_settings()", "from duckdb_secrets()", "from duckdb_tables()",
    "from duckdb_temporary_files()", "from duckdb_memory()", "from duckdb_functions()", "from duckdb_views",
    "with duckdb_views as (from duckdb_views) from duckdb_views", "from information_schema.tables",
    "from pg_catalog.pg_class", "from sqlite_master", "show all tables", "show databases",
    "from (show tables)",
    "describe '{file}'", "summarize '{file}'", "from pragma_database_list", "from pragma_user_agent()",
    "select getenv('SL_PROBE')", "select current_setting('temp_directory')", "select getvariable('x')",
    "select current_query()", "from variable", "from cases", "from seq_scan('{aside}')",
    "from python_map_function()", "from arrow_scan(1, 2, 3)", "from pandas_scan(1)",
    "with recursive duckdb_views as (select sql from duckdb_views union all "
    "select sql from duckdb_views where false) from duckdb_views",
    "select * from events where day > date '2024-01-10'", "select max(day) from events",
]  # fmt: skip
HONEST = {
    *READS[-2:],
    "select '${env:SL_PROBE}' as a",
}  # may be answered: with the past, or themselves
ON_SPARK = [
    "select reflect('java.lang.System', 'getenv', 'SL_PROBE') as a", "select '${{env:SL_PROBE}}' as a",
    "select java_method('java.lang.Runtime', 'getRuntime') as a", "select input_file_name() as a from events",
    "select * from parquet.`{file}`", 'select * from parquet."{file}"', "select * from text.\"/etc/passwd\"",
]  # fmt: skip
BOMBS = [
    "select count(*) from range(1000000000000) a, range(1000000) b",
    "with recursive n as (select 1 as i union all select i + 1 from n) select count(*) from n",
    "select length(repeat('x', 20000000000))", "select list(i) from range(10000000000) t(i)",
    "select string_agg(repeat('x', 1000000), '') from range(1000000)",
    "select regexp_matches(repeat('a', 100000), '(a+)+$b')", "select sleep_ms(100000)",
    "select * from range(100000000) a, range(100) b order by random()",
    "select " + "(" * 5000 + "1" + ")" * 5000,
    "select " + " + ".join(["1"] * 20_000),
]  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument(
        "--spark", action="store_true", help="also through Spark, where Java is there"
    )
    spark = options.parse_args().spark
    os.environ["SL_PROBE"] = SECRET
    held = fell = 0
    with tempfile.TemporaryDirectory() as room:
        for name, make in doors(Path(room), spark).items():
            probes = [*WRITES, *SETS, *READS, *(ON_SPARK if name == "spark" else [])]
            words = {"aside": "over_events_0", "file": f"{room}/events.parquet", "folder": room}
            for probe in probes:
                said = judged(make, probe.format(**words), Path(room))
                held, fell = held + (said == ""), fell + (said != "")
                if said:
                    print(f"NOT HELD {name}: {probe}: {said}", flush=True)
            print(f"{name}: {len(probes)} probes", flush=True)
        for bomb in BOMBS:
            said = burst(doors(Path(room), False)["sql"], bomb)
            held, fell = held + (said == ""), fell + (said != "")
            print(f"{'NOT HELD' if said else 'held'} bomb: {bomb[:70]} {said}", flush=True)
    print(f"{held} of {held + fell} held")


def doors(room: Path, spark: bool) -> dict[str, Callable[[], tuple[History, Callable[[str], Any]]]]:
    """Each door: made anew for each probe, with the way a query goes through it."""
    pq.write_table(ROWS, room / "events.parquet")
    tables = {"events": (f"{room}/events.parquet", "day")}
    now, ask = (
        date(2024, 1, 10),
        parse('question = "retention"\nhorizon = 4\nmemory_mb = 500\ntime_box = 5'),
    )
    history = History(now, ask, tables).plus(events=ROWS.slice(0, 0))

    def served() -> tuple[History, Callable[[str], Any]]:
        door = Door.of(history, {"events": ROWS.slice(0, 0)}).over({"events": ROWS.slice(0, 2)})
        return door, door.sql

    found = {  # as a rung asks
        "sql": lambda: (
            fresh := History(now, ask, tables, history.laid_over, boxed=True),
            fresh.sql,
        ),
        "scan": lambda: (
            fresh := History(now, ask, tables, history.laid_over, boxed=True),
            lambda query: fresh.scan(query).read_all(),
        ),
        "service": served,
    }
    if spark:
        from stepladder.spark import SparkHistory

        there = ask.model_copy(update={"engine": "spark"})
        one = SparkHistory(now, there, tables)
        found["spark"] = lambda: (one, one.sql)
    return found  # type: ignore[return-value]


def judged(make: Any, probe: str, room: Path) -> str:
    """Empty where the probe was held; else what it got."""
    history, ask = make()
    variable, cases = ROWS, ROWS  # in sight, as Python sees it
    before, files = told(history), sorted(room.rglob("*"))
    try:
        answer = str(ask(probe).to_pylist())
    except (Problem, duckdb.Error) as error:
        answer = ""
        if isinstance(error, Problem) and not all(error.parts()):
            return "a refusal without words"
    except Exception as error:
        return f"an error that nobody foresaw: {type(error).__name__}: {str(error)[:80]}"
    assert (variable, cases) == (ROWS, ROWS)
    if told(history) != before:
        return "a later query sees something else"
    if sorted(room.rglob("*")) != files:
        return "a file is new"
    seen = [word for word in (SECRET, "2024, 1, 20", "root:", str(room)) if word in answer]
    honest = probe in HONEST or not answer
    return f"it was told {seen}" if seen else "" if honest else f"answered {answer[:80]}"


def told(history: History) -> str:
    """What a history says of all it has, and of its settings."""
    seen = history.sql("select * from events order by who").to_pylist()
    return f"{seen} {history.sql('select * from ask').to_pylist()} {history.sql('select 1 as a').to_pylist()}"


def burst(make: Any, bomb: str) -> str:
    """A bomb in a process of its own: empty where it ended in words within its time and memory."""
    lines = multiprocessing.get_context("fork")
    began, child = time.monotonic(), lines.Process(target=_light, args=(make, bomb))
    child.start()
    child.join(15)
    if child.is_alive():
        child.kill()
        child.join()
        return f"it went on after {time.monotonic() - began:.0f} s"
    return "" if child.exitcode == 0 else f"exit code {child.exitcode}"


def _light(make: Any, bomb: str) -> None:
    with contextlib.suppress(Problem, duckdb.Error):
        make()[1](bomb)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    os._exit(0 if used < 1_500 else 1)


if __name__ == "__main__":
    main()
