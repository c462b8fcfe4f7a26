"""The record: on SQLite and on a real Postgres, under crowds, kills, full disks, old versions."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, inspect, text

from stepladder.core.errors import Passing, Problem
from stepladder.record import CallList, Loss, Record, Stored, address, schema
from stepladder.record.address import checked
from stepladder.record.lists import assignments, forget_listed, lists, store_list, the_list
from stepladder.record.migrations import VERSION
from stepladder.record.reach import engine_of, founding
from stepladder.record.said import audit

HERE = Path(__file__).parent
LOSS = Loss(
    "r1_same_for_all", 1, "1997-10-01", "report", "ok", 0.7, 2357.0, 2357, 0.1, 0.02, 90.5, 12
)
STORED = Stored("retention", "r1_same_for_all", "1997-10-01", "predictions/a.parquet", "ab12", 2357)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'record.db'}"


def begin(record: Record) -> int:
    return record.begin_bakeoff(
        "retention",
        settings='question = "retention"\n',
        data_fingerprint="f00",
        versions={"duckdb": "2"},
    )


def test_what_goes_in_comes_out(url: str) -> None:
    number = begin(Record.make(url, "p"))
    record = Record.make(url, "p")
    assert record.latest_bakeoff("retention") is None
    result = {
        "proposal": {"rung": "r1"},
        "worse": [0.1, float("nan")],
        "said": 'Zoë\'s "b"; drop\0',
    }
    other = Loss(
        "r4_boosting", 4, "1997-10-01", "report", "not run: needs `pip install 'stepladder[ml]'`"
    )
    record.finish_bakeoff(number, result, [other, LOSS], [STORED])
    bakeoff = record.latest_bakeoff("retention")
    assert bakeoff == record.bakeoff(number) == record.bakeoffs("retention")[-1]
    assert bakeoff.status == "done"
    assert bakeoff.started <= bakeoff.finished
    assert bakeoff.finished.endswith("+00:00")
    assert bakeoff.result["worse"] == [0.1, None]
    assert bakeoff.result["said"].startswith('Zoë\'s "b"; drop')
    assert record.losses(number) == [LOSS, other]
    (kept,) = record.predictions("retention")
    assert (kept.bakeoff, kept.sha256, kept.rows) == (number, "ab12", 2357)
    assert kept.by
    assert record.store_prediction(STORED) > kept.id
    with pytest.raises(Problem, match="not running"):
        record.finish_bakeoff(number, {}, [])


def test_people_decide_and_answer(url: str) -> None:
    record = Record.make(url, "p")
    assert record.decision("retention") is None
    record.decide("retention", "r1_rule", by="Ann", because="it's simple")
    number = begin(record)
    record.decide("retention", "r3_pareto_nbd", by="Bo", because="worth it", bakeoff=number)
    decision = record.decision("retention")
    assert (decision.rung, decision.by, decision.bakeoff) == ("r3_pareto_nbd", "Bo", number)
    assert len(record.decisions("retention")) == 2
    with pytest.raises(Problem, match="no bake-off 99"):
        record.decide("retention", "r1", by="Bo", because="x", bakeoff=99)
    record.answer("retention", [({"customer": "0'); drop table answers; --"}, 2.5)], by="Cy")
    (answer,) = record.answers("retention")
    assert answer.prediction == 2.5
    assert "drop table" in answer.key


def test_a_list_is_sealed_with_its_arms_and_somebody_is_taken_out(url: str) -> None:
    record = Record.make(url, "p")
    number = record.store_prediction(STORED)
    made = CallList("retention", number, "r1", "1997-10-01", "calls.csv", "ab12", 2, "salt")
    arms = [({"customer": 7}, "call"), ({"customer": "Zoë"}, "control"), ({"customer": 8}, "call")]
    assert store_list(record, made, arms) == 1
    assert store_list(Record.open(url, "other"), replace(made, predictions=None)) == 1
    assert store_list(record, made) == 2
    assert [(a.nth, a.arm) for a in assignments(record, 1)] == [
        (1, "call"),
        (2, "control"),
        (3, "call"),
    ]
    assert (assignments(record, 2), len(lists(record, "retention"))) == ([], 2)
    assert forget_listed(record, {"customer": "7"}) == 1  # an id that was a number once
    assert forget_listed(record, {"customer": "Zoë"}) == 1
    assert [a.key for a in assignments(record, 1)] == ['{"customer": 8}']
    with pytest.raises(Problem, match="no list 3"):
        the_list(record, "retention", 3)
    with pytest.raises(Exception, match=r"(?i)unique|foreign"):
        store_list(record, replace(made, predictions=99), arms)
    assert len(lists(record, "retention")) == 2


def test_a_failed_bakeoff_is_no_result(url: str) -> None:
    record = Record.make(url, "p")
    record.fail_bakeoff(begin(record), "stopped by hand")
    assert record.latest_bakeoff("retention") is None
    assert record.bakeoffs("retention")[0].status == "failed: stopped by hand"
    half = begin(record)
    with pytest.raises(Exception, match=r"(?i)unique"):
        record.finish_bakeoff(half, {}, [LOSS, LOSS], [STORED])
    assert (record.losses(half), record.predictions("retention")) == ([], [])
    assert record.bakeoff(half).status == "running"


def test_two_writers_lose_nothing(url: str) -> None:
    code = (
        "import sys; from stepladder.record import Record\n"
        "record = Record.open(sys.argv[1], 'p')\n"
        "for i in range(60): record.answer('retention', [({'customer': i}, i)], by=sys.argv[2])"
    )
    Record.make(url, "p")
    writers = [subprocess.Popen([sys.executable, "-c", code, url, name]) for name in "ab"]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    record = Record.make(url, "p")
    answers = record.answers("retention")
    assert len({(a.by, a.key) for a in answers}) == len(answers) == 120
    checked = audit(record)
    assert (checked.events, checked.faults) == (120, ())


def test_killed_at_any_moment_it_stays_whole(url: str) -> None:
    kills = "30" if "sqlite" in url else "9"
    program = [sys.executable, HERE / "kill_writers.py", url, kills]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"{kills} kills" in done.stdout


def as_version_1(url: str) -> None:
    """A record as the first version made it: no answers, and decisions that know no bake-off."""
    engine = engine_of(checked(url), make=True)
    sqlite = engine.dialect.name == "sqlite"
    key = "integer primary key autoincrement" if sqlite else "serial primary key"
    with founding(engine) as connection:
        for statement in (HERE / "version_1.sql").read_text().replace("KEY", key).split(";\n")[:-1]:
            connection.execute(text(statement))


def test_an_old_record_is_brought_up_to_date(url: str, tmp_path: Path, caplog) -> None:
    as_version_1(url)
    record = Record.open(url, schema.NOBODY)
    assert record.decision("retention").because == "first"
    assert f"of version {VERSION} now" in caplog.text
    record.decide("retention", "r2", by="Bo", because="now with its bake-off", bakeoff=1)
    record.answer("retention", [({"customer": 1}, 1.0)], by="Cy")
    assert record.decision("retention").bakeoff == 1
    if "sqlite" in url:  # as it was is kept beside it, whole
        (kept,) = tmp_path.glob("record.db.v1.*")
        with sqlite3.connect(kept) as old:
            assert old.execute("select rung from decisions").fetchall() == [("r1_rule",)]
            assert old.execute("select schema_version from meta").fetchone() == (1,)


def test_an_older_record_and_a_new_one_have_the_same_tables(url: str, tmp_path: Path) -> None:
    """Types, keys and what hangs on what: a migration that forgets one shows years later."""
    as_version_1(url)
    old = shape(Record.open(url, "p").engine)
    if "sqlite" in url:
        new = shape(Record.make(f"sqlite:///{tmp_path / 'new.db'}", "p").engine)
    else:
        with engine_of(checked(url)).begin() as connection:
            connection.execute(text("drop schema stepladder cascade"))
        new = shape(Record.make(url, "p").engine)
    assert old == new


def shape(engine: Engine) -> dict[str, object]:
    look, where = inspect(engine), "stepladder" if engine.dialect.name == "postgresql" else None
    return {
        table: (
            {c["name"]: f"{c['type']} {c['nullable']}" for c in look.get_columns(table, where)},
            look.get_pk_constraint(table, where)["constrained_columns"],
            [(k["constrained_columns"], k["referred_table"], k["referred_columns"], k["options"])
             for k in look.get_foreign_keys(table, where)],
        )
        for table in look.get_table_names(where)
    }  # fmt: skip


def test_a_newer_record_is_refused(url: str) -> None:
    with Record.make(url, "p").engine.begin() as connection:
        connection.execute(text(f"update meta set schema_version = {VERSION + 1}"))
    with pytest.raises(Problem, match=f"has version {VERSION + 1}"):
        Record.make(url, "p")


def test_a_full_disk_leaves_it_as_it_was(tmp_path: Path) -> None:
    record = Record.make(f"sqlite:///{tmp_path / 'record.db'}", "p")
    number = begin(record)
    event.listen(record.engine, "connect", lambda c, _: c.execute("pragma max_page_count = 20"))
    with pytest.raises(Problem, match="full"):
        record.finish_bakeoff(number, {"text": "x" * 200_000}, [LOSS], [STORED])
    again = Record.make(f"sqlite:///{tmp_path / 'record.db'}", "p")
    assert again.bakeoff(number).status == "running"
    assert again.losses(number) == []


def test_a_locked_record_says_so(tmp_path: Path) -> None:
    record = Record.make(f"sqlite:///{tmp_path / 'record.db'}", "p").hurried(0.1)
    holder = sqlite3.connect(tmp_path / "record.db", isolation_level=None)
    holder.execute("begin immediate")
    with pytest.raises(Problem, match="locked by another program"):
        begin(record)
    holder.close()
    assert begin(record) == 1


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("sqlite:////nowhere/at/all/record.db", "cannot be written"),
        ("sqlite:///{tmp}/letter.txt", "cannot be read"),
        ("sqlite:///{tmp}/shop.db", "holds other tables"),
        ("sqlite://", "cannot be used"),
        ("mysql://ann:hush@host/db", "cannot be used"),
        ("ann:hush@@::", "cannot be used"),
        ("postgresql://ann:hush@127.0.0.1:9/shop", "cannot be reached"),
        ("postgresql://ann:hush@no.such.host.invalid/shop", "cannot be reached"),
    ],
)
def test_an_unusable_address_is_a_problem_without_passwords(
    url: str, given: str, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ann, " * 500)
    with create_engine(f"sqlite:///{tmp_path / 'shop.db'}").begin() as connection:
        connection.execute(text("create table orders (id integer)"))
    with pytest.raises(Problem, match=given) as caught:
        Record.make(url.format(tmp=tmp_path), "p")
    assert all(caught.value.parts())
    assert "hush" not in str(caught.value)


def test_a_wrong_password_is_not_shown(postgres_url: str) -> None:
    with pytest.raises(Problem, match="cannot be reached") as caught:
        Record.open(postgres_url.replace("correct-horse", "hush-hush"), "p")
    assert "hush" not in str(caught.value)
    record = Record.make(postgres_url, "p")
    assert "correct-horse" not in repr(record)


def test_a_read_only_record_is_a_problem(tmp_path: Path) -> None:
    Record.make(f"sqlite:///{tmp_path / 'record.db'}", "p")
    record = Record.open(f"sqlite:///{tmp_path / 'record.db'}", "p")
    # Not by permissions: root, as which machines for tests often run, may write everywhere.
    event.listen(record.engine, "connect", lambda c, _: c.execute("pragma query_only = on"))
    with pytest.raises(Problem, match="cannot be written"):
        begin(record)


def test_the_address_comes_from_the_environment_or_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STEPLADDER_RECORD", raising=False)
    assert address("sqlite:///a.db", tmp_path).database == str(tmp_path / "a.db")
    with pytest.raises(Problem, match="has a password") as caught:
        address("postgresql://ann:hush@host/db", tmp_path)
    assert "hush" not in str(caught.value)
    monkeypatch.setenv("STEPLADDER_RECORD", "postgres://ann:hush@host/db")
    assert address("sqlite:///a.db", tmp_path).password == "hush"


def test_who_is_in_a_hurry_waits_for_no_silent_postgres(postgres_url: str) -> None:
    record = Record.make(postgres_url, "p").hurried(1)
    with record.reads() as mine:
        said = mine.connection.connection.dbapi_connection.info.get_parameters()
    with pytest.raises(Passing, match="statement timeout"), record.reads() as mine:
        mine.connection.exec_driver_sql("select pg_sleep(60)")
    assert (said["keepalives_idle"], said["tcp_user_timeout"]) == ("1", "2000")


def test_a_locked_record_is_not_read_as_if_nobody_wrote_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record.make(f"sqlite:///{tmp_path / 'record.db'}", "p").hurried(0.1)
    monkeypatch.setattr(
        "stepladder.record.reach.os.access", lambda *_: False
    )  # as on such a medium
    with closing(sqlite3.connect(tmp_path / "record.db", isolation_level=None)) as holder:
        holder.execute("pragma locking_mode = exclusive")
        holder.execute("begin exclusive")
        holder.execute("update meta set schema_version = schema_version")
        with pytest.raises(Passing, match="locked by another program"):
            record.bakeoffs("retention")
