"""The nightly run: done is a file, its name says what it was made of, and nothing sees its own future."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import httpx
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pages import elsewhere

import stepladder
from stepladder.core import at_rest
from stepladder.core.errors import Problem
from stepladder.nightly import lock, production, steps
from stepladder.nightly import run as running
from stepladder.nightly.audit import audit
from stepladder.nightly.picture import picture
from stepladder.nightly.plan import named
from stepladder.nightly.production import Production
from stepladder.nightly.rehearsal import rehearsal
from stepladder.nightly.run import foreseen, run
from stepladder.project.all_cases import answer
from stepladder.project.scratch import scratch
from stepladder.record import Shipment, Step
from stepladder.release.ship import in_production, rollback, ship

NIGHT = ["-m", "luigi", "--module", "stepladder.nightly.tasks", "Night"]


def published(project: stepladder.Project) -> dict[str, bytes]:
    return {
        p.name: p.read_bytes() for p in sorted((project.folder / "published").glob("*.parquet"))
    }


def last_days(project: stepladder.Project, n: int) -> tuple[date, date]:
    return project.now() - timedelta(days=n - 1), project.now()


def test_a_night_publishes_what_the_rung_says_and_is_done_once(shop, drawn):
    now = shop.now()
    ran = run(shop, since=now, until=now)
    assert {one.step for one in ran.plan.to_do} == {"check", "fit", "predict", "publish", "watch"}
    (name,) = published(shop)
    table = pq.read_table(shop.folder / "published" / name)
    with scratch() as room:
        said = at_rest.whole(answer(shop, "r2_rfm_quintiles", now, room).rest)
    for column in ("customer", "prediction", "low", "high", "value", "segment"):
        assert table[column].to_pylist() == said[column].to_pylist()
    assert set(table["release"].to_pylist()) == {in_production(shop).release}
    own = shop.history().sql("select row, customer from purchases").to_pylist()
    buyers = {row["row"]: row["customer"] for row in own}
    rows = table.select(["customer", "why"]).to_pylist()
    assert all(buyers[row] == one["customer"] for one in rows for row in one["why"])
    for page in (picture(shop, shop.folder / "runs.html"), shop.folder / "watch.html"):
        assert elsewhere(page.read_text("utf-8")) == []
    before = shop.record.noted(Step)
    again = run(shop, since=now, until=now)
    assert again.plan.to_do == []
    assert shop.record.noted(Step) == before


def test_past_days_see_only_what_was_known_then(shop):
    since, until = last_days(shop, 3)
    run(shop, since=since, until=until, workers=2)
    first = published(shop)
    assert len(first) == 3
    orders = shop.folder.parent / "orders.csv"
    lines = orders.read_text().splitlines()
    late = str(until - timedelta(days=1))
    poisoned = [_times_ten(line) if line.split(",")[1] >= late else line for line in lines[1:]]
    assert poisoned != lines[1:]
    orders.write_text("\n".join([lines[0], *poisoned]) + "\n")
    project = stepladder.refresh(shop)
    for path in (project.folder / "published").glob("*.parquet"):
        path.unlink()
    run(project, since=since, until=until - timedelta(days=1))
    for name, body in published(project).items():
        assert first[name] == body, "a later row changed an earlier day"
    plan = foreseen(project, until, until)
    why = {one.step: one.why for one in plan.to_do}
    assert "rows from before that day" in why["predict"]


def _times_ten(line: str) -> str:
    customer, day, value = line.split(",")
    return f"{customer},{day},{float(value) * 10}"


def test_changed_code_is_stale_and_not_done(shop, monkeypatch):
    now = shop.now()
    run(shop, since=now, until=now)
    assert foreseen(shop, now, now).to_do == []
    monkeypatch.setattr(production, "package_hash", lambda question: "other")
    todo = foreseen(shop, now, now).to_do
    assert {one.state for one in todo} == {"stale"}
    assert all("code has changed" in one.why for one in todo)


def test_it_learns_anew_when_due_and_a_rollback_stays(shop):
    anchor = shop.now()
    running_now = Production.of(shop)
    days = [anchor + timedelta(days=n) for n in range(-3, 5)]
    assert [(running_now.fit_day(d) - anchor).days for d in days] == [-4, -2, -2, 0, 0, 2, 2, 4]
    with (shop.folder.parent / "orders.csv").open("a") as file:
        for n in range(3):
            file.write(f"9{n},{anchor + timedelta(days=n)},10.5\n")
    project = stepladder.refresh(shop)
    run(project, since=project.now(), until=project.now())
    refit = in_production(project)
    assert (refit.kind, refit.as_of) == ("refit", str(anchor + timedelta(days=2)))
    back = rollback(project, because="odd")
    assert back.release == running_now.release.hash
    held = Production.of(project)
    assert held.fit_day(anchor + timedelta(days=30)) == anchor
    run(project, since=project.now(), until=project.now())
    assert in_production(project).kind == "rollback"
    kinds = [s.kind for s in project.record.noted(Shipment)]
    assert kinds == ["ship", "refit", "rollback"]


def test_what_fails_says_why_publishes_nothing_and_goes_on_where_it_stopped(shop, monkeypatch):
    monkeypatch.setattr(steps, "FIRST_S", 0.01)
    now = shop.now()
    out = shop.folder / "out.db"
    with sqlite3.connect(out) as con:
        con.execute("create table predictions (a text)")
    with pytest.raises(Problem, match="has no column"):
        run(shop, since=now, until=now)
    assert published(shop) == {}
    states = {one.step: one.state for one in foreseen(shop, now, now).steps}
    assert states == {
        "check": "done",
        "fit": "done",
        "predict": "done",
        "publish": "to do",
        "watch": "to do",
    }
    out.unlink()
    ran = run(shop, since=now, until=now)
    assert [one.step for one in ran.plan.to_do] == ["publish", "watch"]
    assert not list(shop.folder.rglob("*.partial"))


def test_a_lock_that_passes_is_waited_for(shop, monkeypatch):
    """Another program has the database open until the first try has failed."""
    toml = shop.folder / "question.toml"
    toml.write_text(toml.read_text().replace("sqlite:///out.db", "duckdb:///out.duckdb"))
    project = stepladder.Project.open(shop.folder)
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, project.folder / "out.duckdb"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert holder.stdout.readline() == b"open\n"
    waits = []
    monkeypatch.setattr(steps, "pause", lambda s: (waits.append(s), holder.communicate(b"\n")))
    now = project.now()
    run(project, since=now, until=now)
    assert len(waits) == 1
    assert len(published(project)) == 1
    assert [s.status for s in project.record.noted(Step) if s.step == "publish"] == ["done"]


def test_predictions_that_jump_are_held_back_until_somebody_says_why(shop):
    since, now = last_days(shop, 2)
    run(shop, since=since, until=since)
    toml = shop.folder / "question.toml"
    toml.write_text(toml.read_text().replace("refit = 2", "refit = 2\njump = 1.000001"))
    with pytest.raises(Problem, match=r"held back: .* on average"):
        run(shop, since=now, until=now)
    run(shop, since=now, until=now, accept="the sale began")
    assert len(published(shop)) == 2


def test_answers_that_are_fewer_empty_or_all_alike_are_held_back_also_on_the_same_day(shop):
    now = shop.now()
    run(shop, since=now, until=now)
    (name,) = published(shop)
    good = pq.read_table(shop.folder / "published" / name)
    at, n = good.column_names.index("prediction"), good.num_rows
    running_now, rest = Production.of(shop), shop.folder / "odd.parquet"
    audit(running_now, now, shop.folder / "published" / name)
    odd = {
        "where there were": good.slice(0, n * 3 // 4),
        "not one of": good.set_column(at, "prediction", pa.nulls(n, pa.float64())),
        "with an answer": good.set_column(
            at, "prediction", pa.array([1.0 if i % 2 else None for i in range(n)])
        ),
        "one and the same": good.set_column(
            at, "prediction", pa.array([pc.mean(good["prediction"]).as_py()] * n)
        ),
    }
    for words, table in odd.items():
        pq.write_table(table, rest)
        with pytest.raises(Problem, match=words):
            audit(running_now, now, rest)


def test_one_run_at_a_time(shop):
    with lock.alone(shop.folder, 0), pytest.raises(Problem, match="another run is at work"):
        run(shop, since=shop.now(), until=shop.now())


def test_stale_data_and_clocks_that_jump_stop_the_run(shop, monkeypatch):
    now = shop.now()

    class Clock(date):
        today_is = now + timedelta(days=4)

        @classmethod
        def today(cls):
            return cls.today_is

    monkeypatch.setattr(running, "date", Clock)
    with pytest.raises(Problem, match="the data end before"):
        run(shop, fresh=False)
    Clock.today_is = now - timedelta(days=400)
    with pytest.raises(Problem, match="the clock is wrong"):
        run(shop, fresh=False)
    assert published(shop) == {}
    Clock.today_is = now + timedelta(days=1)
    assert run(shop, fresh=False).until == now


def test_a_source_that_vanished_stops_the_run_and_changes_nothing(shop):
    (shop.folder.parent / "orders.csv").unlink()
    before = (shop.folder / "question.toml").read_bytes()
    with pytest.raises(Problem, match="no file"):
        run(shop)
    assert (shop.folder / "question.toml").read_bytes() == before
    assert published(shop) == {}


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgres"])
def test_every_database_holds_each_day_once(shop, kind, request, tmp_path, monkeypatch):
    name = 'odd "name"; drop table x'
    target = f"{kind}:///{{}}?table={name}"
    if kind == "postgres":
        address = request.getfixturevalue("postgres_url")
        monkeypatch.setenv("PGPASSWORD", "correct-horse")
        target = address.replace(":correct-horse", "") + f"&table={name.replace(' ', '%20')}"
    target = target.format("out2.db")
    toml = shop.folder / "question.toml"
    toml.write_text(toml.read_text().replace(
        'publish = ["sqlite:///out.db?table=predictions"]', f"publish = ['{target}']"))  # fmt: skip
    project = stepladder.Project.open(shop.folder)
    now = project.now()
    run(project, since=now, until=now)
    run(project, since=now, until=now, again="publish")
    rows = _rows(kind, project, name, target)
    (file,) = published(project)
    table = pq.read_table(project.folder / "published" / file)
    assert [row[0] for row in rows] == sorted(table["customer"].to_pylist())
    assert [row[1] for row in rows] == table.sort_by("customer")["prediction"].to_pylist()


def _rows(kind: str, project: stepladder.Project, name: str, target: str) -> list[tuple]:
    quoted = '"' + name.replace('"', '""') + '"'
    query = f"select customer, prediction from {quoted} order by customer"
    if kind == "duckdb":
        with duckdb.connect(str(project.folder / "out2.db")) as con:
            return con.execute(query).fetchall()
    if kind == "sqlite":
        with sqlite3.connect(project.folder / "out2.db") as con:
            return con.execute(query).fetchall()
    import psycopg

    with psycopg.connect(target.split("&table")[0]) as con:
        return con.execute(query).fetchall()


def test_it_runs_under_a_real_luigid(shop, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    programs = Path(sys.executable).parent
    server = subprocess.Popen(
        [programs / "luigid", "--address", "127.0.0.1", "--port", str(port),
         "--state-path", tmp_path / "state"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        where = ["--scheduler-host", "127.0.0.1", "--scheduler-port", str(port)]
        asked = ["--project", str(shop.folder), "--day", str(shop.now())]
        ran = subprocess.run([sys.executable, *NIGHT, *asked, *where], capture_output=True, text=True,
                             cwd=tmp_path, env={**os.environ, "PYTHONPATH": "."})  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert len(published(shop)) == 1
        found = httpx.get(f"{address}/api/task_list", params={"data": '{"status": "DONE"}'}).json()
        families = {task.split(".")[-1].split("_")[0] for task in found["response"]}
        assert {"Check", "Predict", "Publish", "Watch"} <= families
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(address: str) -> None:
    for _ in range(200):
        try:
            httpx.get(f"{address}/api/task_list", params={"data": '{"status": "DONE"}'})
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("luigid did not start")


def test_what_is_edited_after_shipping_is_said_and_not_used(shop):
    toml = shop.folder / "question.toml"
    text = toml.read_text()
    toml.write_text(text.replace("seed = 1", "seed = 2"))
    project = stepladder.Project.open(shop.folder)
    assert "seed" in foreseen(project, project.now(), project.now()).notes[0]
    assert Production.of(project).project.ask.seed == 1
    again = ship(project)
    assert again.kind == "ship"
    assert foreseen(project, project.now(), project.now()).notes == ()
    assert named(Production.of(project), "fit", project.now()).path.suffix == ".json"


def test_days_before_a_night_that_is_done_are_filled_in_and_watched(shop):
    since, until = last_days(shop, 3)
    run(shop, since=until, until=until)
    run(shop, since=since, until=until)
    assert len(published(shop)) == 3
    assert not foreseen(shop, since, until).to_do


def test_a_day_that_is_not_there_yet_is_looked_for_in_the_sources(shop):
    tomorrow = shop.now() + timedelta(days=1)
    with (shop.folder.parent / "orders.csv").open("a") as file:
        file.write(f"1,{shop.now()},5.0\n1,{tomorrow},5.0\n")
    run(shop, since=tomorrow, until=tomorrow)
    assert [name[:10] for name in published(shop)] == [str(tomorrow)]


def test_what_is_done_once_more_and_fails_leaves_what_there_was(shop, monkeypatch):
    now = shop.now()
    run(shop, since=now, until=now)
    before = published(shop)
    monkeypatch.setattr(steps, "predict", lambda *_: 1 / 0)
    with pytest.raises(Problem, match="division"):
        run(shop, since=now, until=now, again="check")
    assert published(shop) == before
    assert not foreseen(shop, now, now).to_do


def test_a_rehearsal_is_the_same_night_on_some_and_keeps_nothing(shop, monkeypatch):
    monkeypatch.setenv("STEPLADDER_RECORD", f"sqlite:///{shop.folder / 'stepladder.db'}")
    before = {path: path.read_bytes() for path in shop.folder.rglob("*") if path.is_file()}
    with rehearsal(shop, 0.25) as small:
        run(small, since=small.now(), until=small.now())
        (file,) = (small.folder / "published").glob("*.parquet")
        said = pq.read_table(file)
        assert not (small.folder / "out.db").exists()
    assert 50 <= said.num_rows <= 150
    assert not small.folder.exists()
    now = {path: path.read_bytes() for path in shop.folder.rglob("*") if path.is_file()}
    assert now == before
