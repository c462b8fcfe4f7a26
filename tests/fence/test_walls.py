"""What a hostile rung reaches: nothing that another left, and nothing of the machine."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.bakeoff.result import RungResult
from stepladder.core.ask import Ask, Source
from stepladder.fence import landlock, namespaces, sandbox
from stepladder.fence.child import Job
from stepladder.fence.left import take
from stepladder.fence.measure import Measured, measure
from stepladder.fence.starter import PROGRAM
from stepladder.terminal import ladder

LINUX = pytest.mark.skipif(landlock.version() == 0, reason="the hook alone stands on this system")
ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="root alone can")
NOW, LATER = date(2024, 3, 1), date(2024, 6, 1)
CUSTOMERS = 20
HONEST = '''"""Everybody buys as often as before."""
import pyarrow as pa

def fit(history):
    return {"known": history.sql("select customer, count(*)::double as n from purchases group by 1")}

def predict(model, history, cases):
    return history.sql("select customer, coalesce(n, 0) as prediction from cases left join known "
                       "using (customer)", cases, known=model["known"])
'''
THIEF = '''"""Leaves what it sees wherever it can, and answers with what it finds there."""
import ctypes, glob, json, os, pyarrow as pa
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
PLACES = ["/dev/shm/left", "/tmp/left", "/var/tmp/left", os.path.dirname(os.__file__) + "/left",
          os.path.dirname(os.environ["TMPDIR"]) + "/left", os.environ["TMPDIR"] + "/out/left"]

def shared(flags):
    room = libc.shmget(4711, 4096, 0o600 | flags)
    return libc.shmat(room, None, 0) if room >= 0 else None

def found():
    for path in [*PLACES, *glob.glob("/tmp/*/left"), *glob.glob("/tmp/*/out/left")]:
        try:
            return json.loads(os.read(libc.open(path.encode(), 0), 9999))
        except (OSError, ValueError):
            pass
    at = shared(0)
    return json.loads(ctypes.string_at(at)) if at else None

def leave(seen):
    text = json.dumps(seen).encode() + b"\\0"
    for path in PLACES:
        handle = libc.open(path.encode(), 0o1102, 0o600)
        if handle >= 0:
            os.write(handle, text[:-1])
    if at := shared(0o1000):
        ctypes.memmove(at, text, len(text))

def fit(history):
    rows = history.sql("select customer, count(*)::double as n, "
                       "count(*) filter (day >= '2024-03-01')::double as late from purchases group by 1")
    stolen = found()
    if any(rows["late"].to_pylist()):
        leave(dict(zip(rows["customer"].to_pylist(), rows["late"].to_pylist())))
    if stolen:
        known = [int(name) for name in stolen]
        return {"known": pa.table({"customer": known, "n": list(stolen.values())})}
    return {"known": rows.select(["customer", "n"])}

def predict(model, history, cases):
    return history.sql("select customer, coalesce(n, 0) as prediction from cases left join known "
                       "using (customer)", cases, known=model["known"])
'''


THEIRS = RungResult("r1_theirs", 1, "", ours=False, status="ok")


def purchases() -> pa.Table:
    """In the past the first customers buy most, later the last ones."""
    rows = [
        (c, NOW - timedelta(days=n + 1)) for c in range(CUSTOMERS) for n in range(CUSTOMERS - c)
    ]
    rows += [(c, NOW + timedelta(days=n)) for c in range(CUSTOMERS) for n in range(c)]
    table = {"customer": [c for c, _ in rows], "day": pa.array([d for _, d in rows], pa.date32())}
    return pa.table({**table, "value": [1.0] * len(rows), "row": list(range(len(rows)))})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    home = tmp_path / "project"
    for folder in ("rungs", "data"):
        (home / folder).mkdir(parents=True)
    table = purchases()
    pq.write_table(table, home / "data" / "purchases.parquet")
    for now in (NOW, LATER):
        (tmp_path / str(now)).mkdir()
        known = table.filter([day < now for day in table["day"].to_pylist()])
        pq.write_table(known, tmp_path / str(now) / "purchases.parquet")
    pq.write_table(pa.table({"customer": list(range(CUSTOMERS))}), tmp_path / "cases.parquet")
    return home


def run(project: Path, code: str, now: date = NOW) -> Measured:
    rung = project / "rungs" / "r1_probe.py"
    rung.write_text(code)
    source = Source(source="orders.csv", cleaned="data/purchases.parquet")
    job = Job(
        question="retention",
        rung=str(rung),
        tables={"purchases": (str(project.parent / str(now) / "purchases.parquet"), "day")},
        cases=str(project.parent / "cases.parquet"),
        now=now.isoformat(),
        ask=Ask(question="retention", horizon=90, tables={"purchases": source}).model_dump_json(),
        out=str(project.parent / "out"),
        project=str(project),
    )
    return measure(job, time_box=60, memory_mb=2000)


def loss(found: Measured) -> float:
    """The mean squared error of what was said of the 90 days after NOW."""
    assert found.status == "ok", found.detail
    said = pq.read_table(found.predictions).sort_by("customer")["prediction"].to_pylist()
    return sum((each - customer) ** 2 for customer, each in enumerate(said)) / CUSTOMERS


@LINUX
def test_a_rung_that_saw_the_future_in_an_earlier_job_knows_nothing_of_it(project: Path) -> None:
    honest = loss(run(project, HONEST))
    run(project, THIEF, LATER)
    assert loss(run(project, THIEF)) == honest > 100


def probes() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "probes.py"
    spec = importlib.util.spec_from_file_location("probes", path)
    assert spec
    assert spec.loader
    found = sys.modules["probes"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@LINUX
def test_every_probe_is_held_where_it_is_promised(capsys: pytest.CaptureFixture[str]) -> None:
    probed = [sys.executable, probes().__file__]
    ran = subprocess.run(probed, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ("walled" if namespaces.possible() else "fenced") in ran.stdout.splitlines()[0]


@LINUX
@ROOT
@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare(1)")
def test_and_where_no_namespace_can_be_made() -> None:
    tool = probes()
    found = tool.started("root", walled=False)
    assert found["level"] == "fenced"
    assert tool.shown([found]) == 0


LEFT = {
    "a link": lambda left, secret: (left / "predictions.parquet").symlink_to(secret),
    "a link to a folder": lambda left, secret: (left / "model").symlink_to(secret.parent),
    "a link in the model": lambda left, secret: (left / "model" / "x.bin").symlink_to(secret),
    "a second name": lambda left, secret: (left / "model" / "x.bin").hardlink_to(secret),
    "a pipe, which nobody fills": lambda left, _: os.mkfifo(left / "outcome.json"),
    "a folder": lambda left, _: (left / "outcome.json").mkdir(),
}


@pytest.mark.parametrize("what", LEFT)
def test_what_is_left_in_the_place_of_an_answer_is_not_taken(tmp_path: Path, what: str) -> None:
    left, out, secret = tmp_path / "left", tmp_path / "out", tmp_path / "secret"
    for folder in (left, out, left / "model"):
        folder.mkdir()
    secret.write_text("hush")
    if what == "a link to a folder":
        (left / "model").rmdir()
    LEFT[what](left, secret)
    assert "link" in take(left, out)
    assert list(out.iterdir()) == []


@LINUX
@ROOT
def test_root_works_in_the_folder_of_somebody_else(project: Path) -> None:
    """Nothing but its closed files needs a privilege there, and then no other is kept."""
    said = run(
        project,
        HONEST.replace("return {", "print(open('/proc/self/status').read())\n    return {", 1),
    )
    assert "CapPrm:\t0000000000000000" in said.detail
    for path in (project, project / "rungs", project / "rungs" / "r1_probe.py"):
        os.chown(path, 65534, 65534)
        path.chmod(0o700)
    said = run(
        project,
        HONEST.replace("return {", "print(open('/proc/self/status').read())\n    return {", 1),
    )
    assert said.status == "ok", said.detail
    assert (said.fence, "CapPrm:\t0000000000000002" in said.detail) == ("fenced", True)


def test_a_starter_without_a_parent_loads_nothing() -> None:
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    nobody = [sys.executable, "-P", "-c", PROGRAM, "1"]
    ran = subprocess.run(nobody, capture_output=True, text=True, env=environment, timeout=60)
    assert ran.returncode == 1
    assert "ctypes" in ran.stderr
    assert "stepladder.fence" not in ran.stderr


def test_the_weakest_level_is_claimed_and_told() -> None:
    assert sandbox.weakest({"walled", "fenced"}) == "fenced"
    assert sandbox.weakest(set()) == ""
    told = {
        fence: ladder.fence(SimpleNamespace(rungs=[THEIRS], fence=fence))
        for fence in ("", *sandbox.LEVELS)
    }
    assert told.pop("") == []  # one recorded before
    assert all(f"Rungs ran {fence}: " in str(line) for fence, (line,) in told.items())
    assert [str(line.style) for (line,) in told.values()] == ["dim", "dim", "yellow", "yellow"]
