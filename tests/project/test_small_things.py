"""Small promises: what is there stays there, what is asked twice is the same, what fails says so."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

import stepladder
from stepladder.bakeoff.runs import Setting, run_all
from stepladder.core.cases import everyone
from stepladder.core.errors import Problem
from stepladder.core.rung import Rung
from stepladder.project.record import same
from stepladder.record import Shipment
from stepladder.service import tokens

START = date(2024, 1, 1)


@pytest.fixture
def orders(tmp_path) -> Path:
    rows = [f"{i % 40},{START + timedelta(days=i % 300)},5\n" for i in range(0, 4000, 7)]
    path = tmp_path / "orders.csv"
    path.write_text("customer,date,amount\n" + "".join(rows))
    return path


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns) for p in files}


def test_an_empty_folder_is_filled_where_one_stands_in_it(tmp_path, orders, monkeypatch):
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    made = stepladder.new("retention", "../orders.csv", ".")
    assert made.folder == Path.cwd() == (tmp_path / "shop").resolve()
    assert {p.name for p in Path.cwd().iterdir()} == {
        "question.toml", "data", "rungs", ".gitignore", "data-report-purchases.md", ".stepladder",
        "stepladder.db"}  # fmt: skip
    assert made.ask.tables["purchases"].source == "../orders.csv"
    assert "stepladder.log" in Path(".gitignore").read_text()


def test_an_empty_folder_stays_empty_if_it_fails(tmp_path):
    (tmp_path / "shop").mkdir()
    with pytest.raises(Problem, match="no file"):
        stepladder.new("retention", str(tmp_path / "nothing.csv"), tmp_path / "shop")
    assert list((tmp_path / "shop").iterdir()) == []


def test_refresh_of_unchanged_data_touches_nothing_and_of_newer_data_says_the_day(tmp_path, orders):
    made = stepladder.new("retention", str(orders), tmp_path / "shop")
    before = contents(made.folder)
    made = stepladder.refresh(made)
    assert contents(made.folder) == before
    toml, today = made.folder / "question.toml", date.today().isoformat()
    toml.write_text(made.settings.replace(f'today = "{today}"', 'today = "2024-12-24"  # Eve'))
    orders.write_text(orders.read_text() + "1,2024-11-11,5\n")
    again = stepladder.refresh(stepladder.Project.open(made.folder))
    assert f'today = "{today}"  # Eve' in again.settings
    assert again.ask.tables["purchases"].cleaned != made.ask.tables["purchases"].cleaned
    assert (made.folder / made.ask.tables["purchases"].cleaned).is_file()
    assert not list(made.folder.rglob("*.partial"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.split("[tables.purchases]")[0], r"no \[tables.purchases\]"),
        (lambda text: text.replace("refunds =", "refnds ="), "choices. cannot be read"),
    ],
)
def test_refresh_says_what_is_missing(tmp_path, orders, change, said):
    made = stepladder.new("retention", str(orders), tmp_path / "shop")
    (made.folder / "question.toml").write_text(change(made.settings))
    with pytest.raises(Problem, match=said):
        stepladder.refresh(stepladder.Project.open(made.folder))


def _ship(made):
    made.record.note(Shipment("retention", "ship", "0" * 64, "r1_mine", "1", "1998-01-01"))


@pytest.fixture(scope="module")
def trial(tmp_path_factory) -> Path:
    """A trial as one leaves it, made twice: a bake-off was begun, and the report written."""
    folder = tmp_path_factory.mktemp("trial") / "try"
    for _ in range(2):
        made = stepladder.try_out("retention", folder)
        assert not (folder / "report.html").exists()
        (folder / "report.html").write_text("made anew")
        made.record.begin_bakeoff("retention", settings="", data_fingerprint="", versions={})
    return folder


@pytest.mark.parametrize(("work", "said"), [
    (lambda made: (made.folder / "rungs" / "r1_mine.sql").write_text("-- Mine."), "rungs/r1_mine.sql"),
    (lambda made: (made.folder / "notes.txt").write_text("mine"), "notes.txt"),
    (lambda made: (made.folder / "question.toml").write_text(made.settings + "\n# mine"), "question.toml"),
    (lambda made: (made.folder / "way").symlink_to("/"), "way"),
    (lambda made: (made.folder / ".stepladder-try").unlink(), "there is no .stepladder-try"),
    (lambda made: made.record.answer("retention", [({"customer": 1}, 2.0)], by="Ada"), "answers"),
    (lambda made: made.record.decide("retention", "r1_mine", by="Ada", because="why"), "decisions"),
    (lambda made: tokens.new(made, "shop", "read"), "tokens"),
    (_ship, "shipments"),
])  # fmt: skip
def test_a_trial_never_deletes_what_somebody_made(trial, tmp_path, work, said):
    copy = shutil.copytree(trial, tmp_path / "try")
    same(stepladder.Project.open(copy))
    made = stepladder.Project.open(copy)
    work(made)
    before = {path: path.lstat().st_size for path in made.folder.rglob("*")}
    with pytest.raises(Problem, match=f"work of yours.*{said}"):
        stepladder.try_out("retention", tmp_path / "try")
    there = {path: path.lstat().st_size for path in made.folder.rglob("*")}
    assert before.items() <= there.items()  # SQLite lays its log beside what it reads


def test_a_report_tells_of_its_own_bakeoff_whatever_was_changed_since(project, page, tmp_path):
    copy = shutil.copytree(project.folder, tmp_path / "copy")
    text = project.settings.replace(f"horizon = {project.ask.horizon}", "horizon = 14")
    (copy / "question.toml").write_text(f"now = 2020-06-01\n{text}")
    changed = stepladder.Project.open(copy)
    assert changed.ask.horizon == 14
    assert stepladder.write_report(changed).read_bytes() == page.read_bytes()
    (copy / project.ask.tables["purchases"].cleaned).unlink()
    with pytest.raises(Problem, match="cleaned table 'purchases' is not there"):
        stepladder.write_report(changed)


def test_a_problem_in_one_rung_stops_the_others_at_once(tmp_path):
    (tmp_path / "r2_slow.sql").write_text("select 1")
    (tmp_path / "r1_full.sql").write_text("select 1")
    ladder = [Rung(tmp_path / "r1_full.sql"), Rung(tmp_path / "r2_slow.sql")]
    stopped = threading.Event()

    def measure(job, *, stop, **_):
        if "full" in job.rung:
            raise Problem("the disk is full", "room", "free some")
        stopped.set() if stop.wait(20) else None
        return SimpleNamespace(status="stopped: by hand", detail="", predictions=None)

    ask = SimpleNamespace(time_box=1, memory_mb=1, model_dump_json=lambda: "{}")
    history = SimpleNamespace(ask=ask, tables={})
    files = SimpleNamespace(tables={}, cases="", newcomers=None)
    holdout = SimpleNamespace(role="choose")
    replay = SimpleNamespace(name="2024-01-01", now="2024-01-01", files=files, holdout=holdout)
    setting = Setting("retention", None, history, ladder, tmp_path, tmp_path, 2, measure)
    with pytest.raises(Problem, match="the disk is full"):
        run_all(setting, [replay], lambda *_: None)
    assert stopped.is_set()


def test_being_terminated_is_an_end_like_any_other():
    program = (
        "import time, stepladder.cli as c\n"
        "def slow(*_, **__):\n"
        "    try: print('on', flush=True), time.sleep(60)\n"
        "    finally: print('tidied', flush=True)\n"
        "c.app = slow\nc.main()"
    )
    running = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "on\n"
    running.send_signal(signal.SIGTERM)
    assert running.communicate(timeout=10)[0] == "tidied\n"
    assert running.returncode == 143


def test_what_a_person_said_last_counts_from_the_day_they_said_it(project, tmp_path, monkeypatch):
    copy = shutil.copytree(project.folder, tmp_path / "copy")
    same(stepladder.Project.open(copy))
    shop, (first, second) = stepladder.Project.open(copy), (date(2021, 3, 1), date(2021, 3, 9))
    customers = everyone(shop.question, shop.history()).slice(0, 3)
    known = customers["customer"].to_pylist()[0]
    for day, number in ((first, 2.0), (second, 5.0)):
        monkeypatch.setattr("stepladder.record.store.now", lambda day=day: f"{day}T12:00:00")
        shop.record.answer("retention", [({"customer": known}, number)], by="Ada")
    rung, history = shop.rung("r0_person"), shop.history(tmp_path)

    def said(day):
        return rung.predict({}, history.at(day), customers)["prediction"].to_pylist()[0]

    assert said(first) is None
    assert said(second) == 2.0
    assert said(second + timedelta(days=1)) == 5.0
