"""Somebody's whole life in a project, and then not a byte of them: whatever wrote it, whoever was killed."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from service_shops import Service, publish, token

import stepladder
from stepladder.core.cases import everyone
from stepladder.core.errors import Passing, Problem, Unusable
from stepladder.leave import schedules
from stepladder.leave.bundle import bundle
from stepladder.nightly.forget import forget
from stepladder.nightly.lock import alone
from stepladder.nightly.picture import picture
from stepladder.nightly.publishing import erase, send
from stepladder.nightly.still_there import NAMES, UNREAD, about, without
from stepladder.project.at_work import at_work, nobody_at_work, running, settle
from stepladder.project.folder import Project
from stepladder.project.forgotten import KEY, forgotten, hashed, secret_key
from stepladder.project.one_case import predict_one
from stepladder.questions.retention import toy
from stepladder.record import Record
from stepladder.record.homes import Home, leave, noted
from stepladder.release.ship import ship
from stepladder.service.app import app
from stepladder.service.body import not_forgotten
from stepladder.service.limits import Limits
from stepladder.service.refused import Refused
from stepladder.service.shelf import Shelf
from stepladder.terminal.production import bundled, elsewhere, log, ran, watched
from stepladder.watch.page import write_page

WHO, NAME, MAIL = "KUNDE-zebra-7731", "Zacharias Zebrafink", "z.fink@zebra.example"
OTHER = "KUNDE-zebra-7731-b"  # begins alike, and stays
SETTINGS = """
[nightly]
refit = 2
publish = ["sqlite:///out.db?table=predictions", "duckdb:///out.duckdb?table=predictions"]
"""
RUNGS = ("r0_person", "r1_same_for_all", "r1_bought_lately", "r2_rfm_quintiles", "r3_remembers")
KILLED = """
import os, pathlib, signal, sys
from stepladder.core import files, rooms
left = pathlib.Path(sys.argv[1])
(rooms.made() / "rows.csv").write_text(sys.argv[2])
(rooms.spill() / "spilt").write_text(sys.argv[2])
with files.whole(left / "bakeoffs" / "2") as partial:
    partial.mkdir()
    (partial / "rows.csv").write_text(sys.argv[2])
    with files.whole(left / ".." / "shop" / "watch.html") as page:
        page.write_text(sys.argv[2])
        os.kill(os.getpid(), signal.SIGKILL)
"""
REMEMBERS = '''"""Knows everybody by name."""


def fit(history):
    return {"known": history.sql("select customer, count(*) * 1.0 as prediction from purchases group by 1")}


def predict(model, history, cases):
    return history.sql("select * from cases left join known using (customer)", cases, known=model["known"])
'''


def orders(path: Path, more: str = "") -> Path:
    """A toy world with names and addresses, and rows that cannot be read."""
    rows = toy.simulate(toy.World(), 150, 5)[0].sort_by(
        [("day", "ascending"), ("row", "ascending")]
    )
    names = {3: WHO, 4: OTHER}
    lines = ["customer,date,amount,name,mail"]
    for row in rows.to_pylist():
        number = row["customer"]
        who = names.get(number, f"KUNDE-{number:04}")
        name, mail = (NAME, MAIL) if number == 3 else ("Somebody", f"{number}@shop.example")
        lines.append(f"{who},{row['day']},{row['value']:.2f},{name},{mail}")
    lines += [
        f"{WHO},yesterday,5,{NAME},{MAIL}",  # no date
        f",{rows['day'][0]},5,{NAME},{MAIL}",  # nobody would know whose it is
        f"{WHO},{rows['day'][0]},-5,{NAME},{MAIL}",
        f"{WHO},{rows['day'][0]}",
        f"{WHO},{rows['day'][0]},5,{NAME},{MAIL},,,{WHO}",
    ]
    path.write_text("\n".join(lines) + "\n" + more)
    return path


def found(*places: Path) -> list[str]:
    """Every file that holds one of the three texts, as bytes, as Parquet, as a table of DuckDB."""
    texts = [re.compile(t.encode() + b"(?!-b)") for t in (re.escape(WHO), NAME, re.escape(MAIL))]
    there = []
    for path in (file for place in places for file in place.rglob("*") if file.is_file()):
        body = path.read_bytes()
        if path.suffix == ".parquet":
            body += repr(pq.read_table(path).to_pydict()).encode()
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as con:
                for (name,) in con.execute("select table_name from duckdb_tables()").fetchall():
                    body += repr(con.execute(f'from "{name}"').fetchall()).encode()
        if any(text.search(body) for text in texts):
            there.append(str(path))
    return there


def lived(room: Path) -> stepladder.Project:
    """All that can happen to somebody in a project."""
    project = stepladder.new("retention", str(orders(room / "orders.csv")), room / "shop")
    os.chdir(project.folder)
    text = project.settings.replace("seed = 1\n", "seed = 1\ncutoffs = [2020-12-07, 2021-03-15]\n")
    (project.folder / "question.toml").write_text(text + SETTINGS)
    (project.folder / "rungs" / "r3_remembers.py").write_text(REMEMBERS)
    project = stepladder.Project.open(project.folder)
    stepladder.run_bakeoff(project)
    stepladder.decide(project, "r2_rfm_quintiles", by="Mia", because="we can read it")
    stepladder.predict(project)
    predict_one(project, case=WHO, rung="r3_remembers")
    stepladder.ship_decided(project)
    day = project.now()
    stepladder.run_nightly(project, since=day - timedelta(days=1), until=day)
    write_page(stepladder.watch_predictions(project), project.folder / "watch.html")
    picture(project, project.folder / "runs.html")
    project.record.answer("retention", [({"customer": WHO}, 2.0)], by="Cy")
    stepladder.write_report(project, mask=False)
    carried = bundle(project, room / "bundle")  # away: theirs to erase there
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (carried, carried / "project")]
    assert modes == [0o755, 0o700]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(project.folder), f"{WHO},{NAME},{MAIL}"],
        env={**os.environ, "TMPDIR": tempfile.gettempdir()},
    )
    assert killed.returncode == -signal.SIGKILL
    return project


@pytest.mark.slow
def test_not_a_byte_is_left_of_a_whole_life_and_none_comes_back(tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    few = Project.ladder.fget
    ladder = property(lambda self: [rung for rung in few(self) if rung.name in RUNGS])
    monkeypatch.setattr(Project, "ladder", ladder)
    usual = os.umask(0o077)  # as the command line does
    request.addfinalizer(lambda: os.umask(usual))
    with log(True):
        project = lived(tmp_path)
        shelf = Shelf.of(project.folder)
        serving = app(shelf, Limits())
        before = shelf.served["shop"]
        first, last = before.published.find({"customer": WHO})
        assert first < last
        del before
        places = project.folder, tmp_path / "tmp"
        assert len(found(*places)) > 10
        assert [path for path in found(tmp_path / "tmp") if path.endswith("published.arrow")]
        gone = forget(project, WHO)
        assert gone.answers == 1
        assert {"data", "predictions", "published", "runs", "bakeoffs", "sqlite", "duckdb"} == set(
            gone.rows
        )
        assert gone.models == 1  # of the rung that knows people by name
        assert not gone.still
        with pytest.raises(Refused, match=WHO):  # the service has not looked yet
            not_forgotten(shelf.served["shop"], {"customer": WHO})
        shelf.look()
        now = shelf.served["shop"].published
        assert now.find({"customer": WHO}) == (now.find({"customer": WHO})[0],) * 2
        first, last = now.find({"customer": OTHER})
        assert last - first == 1
        assert found(*places) == []
        # the next night reads the same source again
        stepladder.run_nightly(stepladder.Project.open(project.folder), since=project.now(),
                               until=project.now() + timedelta(0))  # fmt: skip
        again = stepladder.refresh(stepladder.Project.open(project.folder))
        assert found(*places) == []
        assert WHO not in repr(again.read)
        assert again.history().sql(f"select * from purchases where customer = '{OTHER}'").num_rows
        shelf.put_away()
        del serving
        for path in (p for place in places for p in place.rglob("*")):
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def own_rung(shop: stepladder.Project) -> None:
    (shop.folder / "rungs" / "r3_remembers.py").write_text(REMEMBERS)


def test_a_model_in_production_that_knows_them_is_told_and_goes_once_another_is_shipped(shop):
    """Ids are numbers here, and some are the beginning of others."""
    own_rung(shop)
    ship(shop, rung="r3_remembers", force="a trial")
    gone = forget(shop, "7")
    said, elsewhere = gone.still
    assert elsewhere.endswith("/shop: forget them there too")  # where this one was copied from
    assert "is in production and knows them: stepladder ship, then forget them again" in said
    cases = everyone(shop.question, shop.history())["customer"].to_pylist()
    assert 7 not in cases
    assert {17, 70, 77} <= set(cases)
    ship(shop)
    gone = forget(shop, "7")
    assert (gone.still, gone.models) == ((elsewhere,), 1)


def test_what_cannot_be_read_is_told_and_stops_nobody(shop, tmp_path):
    (shop.folder / "published").mkdir(exist_ok=True)
    (shop.folder / "published" / "bad.parquet").write_bytes(b"PAR1 and no more")
    gone = forget(shop, "7")
    assert "published/bad.parquet cannot be read: look at it" in gone.still
    assert gone.rows["data"] > 0
    who = pa.table({"customer": [WHO]})
    odd = tmp_path / "100%20 #?.db"
    with contextlib.closing(sqlite3.connect(odd)) as con:
        con.execute("create table t as select ? as x", [WHO])
        con.execute("create table u as select zeroblob(99999) as x")
        con.commit()
    assert about(odd, who) == NAMES
    os.truncate(odd, 8192)
    assert about(odd, who) == UNREAD
    (tmp_path / "half.parquet").write_bytes(b"")
    assert about(tmp_path / "half.parquet", who) == UNREAD
    assert about(tmp_path, who) == ""


def test_what_could_not_be_ended_is_done_again_and_backups_are_named(shop, monkeypatch):
    def locked(record: Record) -> None:
        raise Passing("the record is locked", "it is written by one at a time", "run again")

    url = str(shop.record.engine.url.database)
    backup = Path(f"{url}.v1.20260101-000000")
    backup.write_bytes(b"as it was")
    with monkeypatch.context() as patch:
        patch.setattr(Record, "scrubbed", locked)
        with pytest.raises(Passing, match="is locked"):
            forget(shop, "7")
    assert backup.exists()
    again = forget(shop, "7")
    assert (again.total, str(backup) in again.pages, backup.exists()) == (0, True, False)
    assert forget(shop, "7").total == 0
    backup.write_bytes(b"as it was")
    for home in [home for home in _noted(shop) if home.path != str(shop.folder)]:
        with shop.record.writes() as mine:
            leave(mine, home)
    with pytest.raises(Problem, match=f"nobody has the id .*{backup.name}"):
        forget(shop, "99999")


def _noted(shop: stepladder.Project) -> list[Home]:
    with shop.record.reads() as mine:
        return noted(mine)


def test_a_night_does_not_fail_because_somebody_waits_to_be_forgotten(shop):
    told: list[int] = []
    waits = threading.Thread(target=lambda: told.append(forget(shop, "7", wait=60).total))
    with at_work(shop.folder):  # a bake-off
        waits.start()
        for _ in range(20):
            time.sleep(0.1)  # it gets everything that it can get
            with alone(shop.folder, 0):
                assert waits.is_alive()
    waits.join()
    assert told[0] > 0


def test_no_verb_writes_of_people_while_one_is_forgotten(shop, tmp_path, monkeypatch):
    monkeypatch.setattr("stepladder.project.at_work.PATIENCE_S", 0)
    before = set(shop.folder.rglob("*"))
    verbs = (
        lambda: bundled(shop, tmp_path / "bundle", True),
        lambda: elsewhere(shop, "mlflow", f"sqlite:///{tmp_path}/mlflow.db", True),
        lambda: watched(shop, None, False, tmp_path / "watch.html", True),
        lambda: ran(shop, since=None, until=None, picture=tmp_path / "runs.html", as_json=True),
    )
    with nobody_at_work(shop.folder, 0):
        for verb in verbs:
            with pytest.raises(Problem, match="somebody is being forgotten"):
                verb()
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
    assert {p.name for p in set(shop.folder.rglob("*")) - before} <= {"lock", "runs"}


def test_a_published_file_behind_a_link_is_written_anew_where_it_lies(shop, tmp_path, monkeypatch):
    def refuses(*_: object, **__: object) -> None:  # as FAT and Windows' disks do
        raise PermissionError(errno.EPERM, "no modes here")

    monkeypatch.setattr(os, "chmod", refuses)
    day, disk = shop.now(), tmp_path / "disk"
    rows = pa.table({
        "customer": [WHO, "other"], "why": [[1], [2]], "release": ["r", "r"], "as_of": [day, day],
        "prediction": [1.0, 2.0],
    })  # fmt: skip
    pq.write_table(rows, tmp_path / "rows.parquet")
    send(tmp_path / "rows.parquet", "sqlite:///out.db?table=predictions", shop, day)
    schedules.write({"crontab": "# nothing"}, disk)
    target, link = "duckdb:///out.duckdb?table=predictions", shop.folder / "out.duckdb"
    send(tmp_path / "rows.parquet", target, shop, day)
    link.rename(disk / "real.duckdb")
    link.symlink_to(disk / "real.duckdb")
    assert found(disk)
    assert erase(target, shop, {"customer": WHO}) == 1
    assert link.is_symlink()
    assert found(disk) == []
    with duckdb.connect(str(link), read_only=True) as con:
        assert con.execute("select customer from predictions").fetchall() == [("other",)]


def test_where_a_file_system_has_no_locks_a_run_is_not_stopped(tmp_path, monkeypatch):
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    with alone(tmp_path, 0):
        assert (tmp_path / "runs" / "lock").read_text()


def test_a_running_service_lets_go_of_its_copy(shop, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    publish(shop)
    opens = token(shop.folder)
    service = Service(shop.folder).ready(200)
    try:
        ask = {"cases": [{"customer": 7}]}
        assert service.send("POST", "/predict", opens, json=ask).status_code == 200
        (before,) = (tmp_path / "tmp").glob("*/published.arrow")
        forget(shop, "7")
        until, said = time.monotonic() + 20, 200
        while (before.exists() or said == 200) and time.monotonic() < until:
            time.sleep(0.1)
            said = service.send("POST", "/predict", opens, json=ask).status_code
        assert said == 404
        assert len(list((tmp_path / "tmp").glob("*/published.arrow"))) == 1 - before.exists()
    finally:
        service.stop()
    assert not list((tmp_path / "tmp").iterdir())


def test_nobody_is_forgotten_beside_somebody_at_work(shop):
    with at_work(shop.folder), pytest.raises(Problem, match="is at work in") as told:
        forget(shop, "7", wait=0)
    assert "--wait" in told.value.remedy
    assert not forgotten(shop)
    with nobody_at_work(shop.folder, 0):
        monkey = pytest.MonkeyPatch()
        monkey.setattr("stepladder.project.at_work.PATIENCE_S", 0)
        with pytest.raises(Problem, match="somebody is being forgotten"):
            stepladder.refresh(shop)
        monkey.undo()
    assert forget(shop, "7", wait=0).rows["data"] > 0


def test_ids_are_kept_as_keyed_hashes_and_without_the_key_nothing_is_read(shop):
    ignored = shop.folder / ".gitignore"
    ignored.write_text("data/\n")  # an earlier version's
    plain = hashlib.sha256(b"stepladder forgets 8").hexdigest()
    shop.record.forget("retention", plain, {"customer": 8})  # as earlier versions noted it
    forget(shop, "7")
    assert ignored.read_text() == f"data/\n{KEY}\n"
    assert stat.S_IMODE((shop.folder / KEY).stat().st_mode) == 0o600
    hashes = shop.record.forgotten("retention") - {plain}
    assert (
        not {hashlib.sha256(f"stepladder forgets {n}".encode()).hexdigest() for n in range(999)}
        & hashes
    )
    cases = stepladder.refresh(shop).history().sql("select distinct customer from purchases")
    assert not {7, 8} & set(cases["customer"].to_pylist())
    (shop.folder / KEY).rename(shop.folder / "elsewhere")
    with pytest.raises(Unusable, match="people were forgotten here") as told:
        stepladder.refresh(shop)
    assert "put forgotten.key back" in told.value.remedy
    secret_key(shop)  # another
    with pytest.raises(Problem, match="is not the key"):
        stepladder.refresh(shop)


def test_a_table_in_postgres_is_written_anew(shop, postgres_url, tmp_path, monkeypatch):
    target, day = f"{postgres_url}&table=predictions", shop.now()
    rows = pa.table({
        "customer": [7, 77], "why": [[1], [2]], "release": ["r", "r"], "as_of": [day, day],
        "prediction": [1.0, 2.0],
    })  # fmt: skip
    pq.write_table(rows, tmp_path / "rows.parquet")
    send(tmp_path / "rows.parquet", target, shop, day)
    assert erase(target, shop, {"customer": 7}) == 1
    assert erase(target, shop, {"customer": 7}) == 0
    assert erase(target, shop, {"customer": 77}) == 1


def test_ids_of_several_columns_are_told_apart():
    key = b"k"
    assert hashed(("a/b", "c"), key) != hashed(("a", "b/c"), key)
    assert hashed((7,), key) == hashed(("7",), key)
    table = pa.table({"shop": ["a", "a/b", "a", None], "parcel": ["b/c", "c", "b", "b/c"]})
    who = pa.table({"shop": ["a"], "parcel": ["b/c"]})
    assert without(table, who).num_rows == 3
    numbers = pa.table({"shop": ["1", "12"]})
    assert without(numbers, pa.table({"shop": [1]})).to_pylist() == [{"shop": "12"}]


def test_a_killed_bakeoff_is_said_to_have_ended(shop):
    number = shop.record.begin_bakeoff("retention", settings="", data_fingerprint="", versions={})
    with running(shop.folder, number):
        settle(shop.record, "retention", shop.folder)
        assert shop.record.bakeoff(number).status == "running"
    asks = (
        "import os, pathlib, signal, sys\nfrom stepladder.project.at_work import running\n"
        "with running(pathlib.Path(sys.argv[1]), int(sys.argv[2])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", asks, str(shop.folder), str(number)])
    with pytest.raises(Problem, match="its process ended without a result"):
        shop.result(number)
    assert not list((shop.folder / "bakeoffs").iterdir())
