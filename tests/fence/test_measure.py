"""A rung in its child process: what it may do, what it costs, and how every misdeed ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.ask import Ask, Source
from stepladder.fence.child import Job
from stepladder.fence.landlock import version
from stepladder.fence.measure import Measured, measure
from stepladder.fence.starter import FORKS

NOW = date(2024, 7, 1)
CUSTOMERS = 50
HONEST = '''"""Everybody buys as often as the average customer did."""
import pyarrow as pa

def fit(history):
    n = history.sql("select count(*)::double / count(distinct customer) as n from purchases")
    return {"mean": n["n"][0].as_py()}

def predict(model, history, cases):
    return pa.table({"customer": cases["customer"], "prediction": [model["mean"]] * len(cases)})
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with everything that came in data/ and, elsewhere, what was known at the cutoff."""
    home = tmp_path_factory.mktemp("project")
    days = [NOW - timedelta(days=int(d)) for d in np.random.default_rng(1).integers(-90, 300, 600)]
    rows = {
        "customer": pa.array(range(600), pa.int64()),
        "day": pa.array(days, pa.date32()),
        "value": pa.array([10.0] * 600),
        "row": pa.array(range(600), pa.int64()),
    }
    table = pa.table({**rows, "customer": pa.array([i % CUSTOMERS for i in range(600)])})
    for folder in ("data", "rungs", "known"):
        (home / folder).mkdir()
    pq.write_table(table, home / "data" / "purchases.parquet")
    pq.write_table(table.filter([day < NOW for day in days]), home / "known" / "purchases.parquet")
    (home / "orders.csv").write_text("customer,day\n1,2024-12-24\n")
    known = sorted({row["customer"] for row in table.to_pylist() if row["day"] < NOW})
    pq.write_table(pa.table({"customer": known}), home / "known" / "cases.parquet")
    return home


def job(project: Path, name: str, code: str) -> Job:
    rung = project / "rungs" / name
    rung.write_text(code)
    source = Source(source=str(project / "orders.csv"), cleaned="data/purchases.parquet")
    ask = Ask(question="retention", horizon=30, tables={"purchases": source})
    return Job(
        question="retention",
        rung=str(rung),
        tables={"purchases": (str(project / "known" / "purchases.parquet"), "day")},
        cases=str(project / "known" / "cases.parquet"),
        now=NOW.isoformat(),
        ask=ask.model_dump_json(),
        out=str(project / "out" / rung.stem),
        project=str(project),
    )


def run(
    project: Path, name: str, code: str, time_box: float = 60, memory_mb: int = 2000
) -> Measured:
    return measure(job(project, name, code), time_box=time_box, memory_mb=memory_mb)


def spoilt(body: str, honest: str = HONEST) -> str:
    """The honest rung, but doing something first."""
    return honest.replace("def fit(history):\n", f"def fit(history):\n    {body}\n")


def test_an_honest_rung_is_measured(project: Path) -> None:
    code = spoilt("import warnings; warnings.warn('Values rise with frequency.')")
    found = run(project, "r1_average.py", code + "\nprint('hello')\n")
    assert found.status == "ok", found.detail
    assert found.cases == CUSTOMERS
    assert pq.read_table(found.predictions)["prediction"][0].as_py() > 1
    assert 0 < found.fit_s < 30
    assert 20 < found.memory_mb < 2000
    assert found.model_bytes > 10
    assert found.warnings == ("Values rise with frequency.",)
    assert "hello" in found.detail
    written = sorted(path.name for path in (project / "out" / "r1_average").iterdir())
    assert written == ["model", "outcome.json", "predictions.parquet"]
    again = run(project, "r1_average.py", code)
    assert again.model_hash == found.model_hash


def test_a_rung_may_learn_from_less_than_it_knows_when_it_is_asked(project: Path) -> None:
    counts = """-- How many rows it learnt from, and how many it knows.
    create table model_learnt as select count(*) as n from purchases;
    select customer, n + 1000.0 * total as prediction from cases cross join model_learnt
      cross join (select count(*) as total from purchases) as known"""
    whole = pq.read_table(project / "known" / "purchases.parquet")
    some = sorted(whole["customer"].to_pylist())[:77]
    held = f"customer <= {some[-1]}"
    learnt = sum(customer <= some[-1] for customer in whole["customer"].to_pylist())
    asked = replace(job(project, "r2_counts.sql", counts), learn_from={"purchases": held})
    found = measure(asked, time_box=60, memory_mb=2000)
    assert found.status == "ok", found.detail
    said = pq.read_table(found.predictions)["prediction"].to_pylist()
    assert said == [learnt + 1000.0 * whole.num_rows] * CUSTOMERS


SQL = "-- As often as before.\nselect customer, count(*) as prediction\nfrom purchases group by 1"
FULL = "data/purchases.parquet"
MISDEEDS = {
    "raises": (spoilt("raise ValueError('no such luck')"),
               "failed: ValueError: no such luck (line 5 of rungs/r1_bad.py)"),
    "cannot": (spoilt("from stepladder.core.errors import CannotStand; "
                      "raise CannotStand('needs two years of past')"), "needs two years of past"),
    "syntax": ("def fit(history)\n", "failed: SyntaxError: expected ':' (line 1 of"),
    "no fit": ("def predict(model, history, cases): return cases\n", "has no function `fit`"),
    "few": (HONEST.replace("len(cases)})", "len(cases)}).slice(9)"),
            "failed: its answer has 9 of 50 cases missing"),
    "columns": (HONEST.replace('"prediction":', '"predicted":'), "no column `prediction`"),
    "nan": (HONEST.replace("[model", "[float('nan') + model"), "NaN or infinite"),
    "nothing": (HONEST.replace("return pa.table(", "a = ("), "failed: its answer has a NoneType"),
    "library": (spoilt("raise ModuleNotFoundError(name='lightgbm')"),
                "not run: needs `pip install 'lightgbm>=4.5'`"),
    "stranger": (spoilt("import nosuchthing.deep"), "not run: needs the library nosuchthing"),
    "exits": (spoilt("raise SystemExit(0)"), "failed: SystemExit: 0 (line 5"),
    "vanishes": (spoilt("import os; os._exit(0)"), "failed: it ended by itself with exit code 0"),
    "crashes": (spoilt("import ctypes; ctypes.string_at(0)"), "failed: it crashed"),
    "open": (spoilt(f"open('{{home}}/{FULL}', 'rb').read()"), f"tried to open {{home}}/{FULL};"),
    "relative": (spoilt(f"open('{FULL}', 'rb').read()"), f"tried to open {FULL};"),
    "source": (spoilt("open('orders.csv').read()"), "tried to open orders.csv;"),
    "package": (spoilt("import stepladder; from pathlib import Path; "
                       "p = Path(stepladder.__file__).with_name('questions'); "
                       "(p / 'retention' / 'cdnow.parquet').read_bytes()"), "cdnow.parquet;"),
    "history": (spoilt(f"history.sql(\"select * from read_parquet('{{home}}/{FULL}')\")"),
                "the query asks for read_parquet(…)"),
    "writes": (spoilt("open('rungs/r1_bad.py', 'w')"), "tried to open rungs/r1_bad.py;"),
    "program": (spoilt("import subprocess; subprocess.run(['cat', 'a.csv'])"), "the program cat;"),
    "network": (spoilt("import socket; socket.create_connection(('127.0.0.1', 9))"),
                "the network address ('127.0.0.1', 9);"),
}  # fmt: skip


LEAVES = """
import json, os
from pathlib import Path

import pyarrow.parquet as pq

from stepladder.core import predictions
from stepladder.questions import retention

job = json.loads((Path(os.environ["TMPDIR"]) / "job.json").read_text())
out = Path(job["out"])
said = {"status": "ok", "fit_s": 1.0, "predict_s": 1.0, "cases": 50, "fence": "walled"}
found = pa.table({"customer": cases["customer"], "prediction": [1.0] * len(cases)})
found = predictions.check(found, retention, cases)
WHAT
(out / "model").mkdir(exist_ok=True)
pq.write_table(found, out / "predictions.parquet")
AND
(out / "outcome.json").write_text(said if isinstance(said, str) else json.dumps(said))
os._exit(0)
"""
LEFT = {  # what a rung leaves itself, beside or after what it is to leave
    "as it should be": ("", "", "ok"),
    "a list": ("said = []", "", "what it wrote of how it went"),
    "deep": ("said = '[' * 100_000", "", "what it wrote of how it went"),
    "no word": ("said = '\\x00'", "", "what it wrote of how it went"),
    "unknown keys": ("said |= {'predictions': '/etc/passwd'}", "", "what it wrote of how it went"),
    "wrong kinds": ("said |= {'fit_s': 'fast'}", "", "what it wrote of how it went"),
    "no end": ("said |= {'fit_s': float('inf')}", "", "what it wrote of how it went"),
    "a key missing": ("del said['status']", "", "what it wrote of how it went"),
    "too few": ("found = found.slice(9)", "", "9 of 50 cases missing"),
    "nan": ("found = found.set_column(1, 'prediction', pa.array([float('nan')] * 50))", "",
            "NaN or infinite"),
    "strangers": ("found = found.set_column(0, 'customer', pa.array(range(900, 950)))", "", "missing"),
    "another type": ("found = found.set_column(1, 'prediction', pa.array([1] * 50))", "", "not in the order"),
    "another order": ("found = found.take(list(range(49, -1, -1)))", "", "not in the order"),
    "no table": ("", "(out / 'predictions.parquet').write_bytes(b'PAR1')", "cannot be read"),
    "none": ("", "os.remove(out / 'predictions.parquet')", "it left no answers"),
    "no model": ("", "(out / 'model').rename(out / 'gone')", "it left no model"),
    "small, and large once read": (
        "found = pa.table({'x': pa.array(['x' * 10_000_000] * 30)})", "", "more than 33 MB"),
    "nothing printed": ("os.remove(os.environ['TMPDIR'] + '/printed.txt')", "", "ok"),
}  # fmt: skip


@pytest.mark.parametrize("what", LEFT)
def test_what_a_rung_writes_itself_is_not_believed(project: Path, what: str) -> None:
    before, after, status = LEFT[what]
    body = LEAVES.replace("WHAT", before).replace("AND", after).replace("\n", "\n    ")
    code = HONEST.replace("    return pa.table(", body + "\n    return pa.table(")
    found = run(project, "r1_leaves.py", code)
    assert status in found.status, found.detail
    if status != "ok":
        assert found.status.startswith("failed: ")
        assert found.predictions is None


def test_a_name_for_its_model_is_not_taken_from_a_rung(project: Path) -> None:
    body = LEAVES.replace("WHAT", "said['model_hash'] = '../data'").replace("AND", "")
    code = HONEST.replace(
        "    return pa.table(", body.replace("\n", "\n    ") + "\n    return pa.table("
    )
    found = run(project, "r1_leaves.py", code)
    assert len(found.model_hash) == 64, found.detail


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_a_misdeed_is_a_row_that_says_so(project: Path, misdeed: str) -> None:
    code, status = (text.replace("{home}", str(project)) for text in MISDEEDS[misdeed])
    found = run(project, "r1_bad.py", code)
    assert status in found.status, found.detail
    assert "\n" not in found.status
    assert misdeed == "cannot" or (len(found.problem) == 3 and all(found.problem))
    assert found.predictions is None
    assert list((project / "out" / "r1_bad").iterdir()) == []


@pytest.mark.skipif(version() == 0, reason="this system has no Landlock: the hook alone stands")
@pytest.mark.parametrize(
    "read",
    [
        "import duckdb; duckdb.connect().execute(\"from read_parquet('{file}')\").fetchall()",
        "import duckdb; duckdb.connect().execute(\"from read_parquet('{relative}')\").fetchall()",
        "import pyarrow.parquet as pq; pq.read_table('{file}')",
        "import pyarrow as pa; pa.memory_map('{file}')",
        "import ctypes; assert ctypes.CDLL(None).open(b'{file}', 0) >= 0, 'Permission denied'",
    ],
    ids=["duckdb", "duckdb relative", "parquet", "memory map", "libc"],
)
def test_libraries_in_c_are_fenced_too(project: Path, read: str) -> None:
    found = run(project, "r1_bad.py", spoilt(read.format(file=f"{project}/{FULL}", relative=FULL)))
    assert found.status.startswith("stopped: it tried to open"), found.detail
    assert found.status.endswith("a rung may read only its history")


def test_sql_rungs(project: Path) -> None:
    assert run(project, "r2_count.sql", SQL).status == "ok"
    wrong = run(project, "r2_count.sql", SQL.replace("group by 1", "grupo by 1"))
    assert wrong.status.startswith("failed: Parser Error: syntax error at or near"), wrong.detail
    assert wrong.status.endswith("(line 3 of rungs/r2_count.sql)")
    other = run(project, "r2_count.sql", f"-- All.\nselect * from '{project}/{FULL}'")
    assert f"the query reads {project}/{FULL}, and there is no such table" in other.status


def test_libraries_still_load_inside(project: Path) -> None:
    body = """import lightgbm, numba, scipy.optimize, numpy as np, tempfile
    tempfile.NamedTemporaryFile().write(b'x')
    f = numba.njit(cache=True)(lambda x: x + 1)
    assert f(1) == 2
    lightgbm.train({'verbose': -1, 'min_data': 1}, lightgbm.Dataset(np.eye(9), np.arange(9)), 2)"""
    found = run(project, "r4_libraries.py", spoilt(body))
    assert found.status == "ok", found.detail


def test_limits_of_time_and_memory(project: Path) -> None:
    start = time.monotonic()
    slow = run(project, "r1_slow.py", spoilt("import time; time.sleep(60)"), time_box=3)
    assert slow.status == "stopped: out of its time box of 3 s"
    assert time.monotonic() - start < 10
    body = "import numpy as np; a = [np.ones(10_000_000) for _ in range(1000)]"
    fat = run(project, "r1_fat.py", spoilt(body), memory_mb=600)
    assert fat.status == "stopped: used more than 600 MB"
    assert 600 < fat.memory_mb < 1500
    assert not list((project / "out" / "r1_fat").iterdir())


def marked(text: str) -> list[psutil.Process]:
    """Every process that has this in its environment, as a rung has the folder it may write to."""
    return [p for p in psutil.process_iter() if text in _commands(p)]


def _commands(process: psutil.Process) -> str:
    try:
        return " ".join(process.environ().values()) if process.status() != "zombie" else ""
    except psutil.Error:
        return ""


STRAYS = """import ctypes, os, time
    fork = ctypes.CDLL(None).fork
    child = fork()
    assert child >= 0, 'Permission denied'
    if child == 0:
        os.setsid()
        if fork() == 0:
            os.environ['X'] = 'y'
            time.sleep(600)
        os._exit(0)"""


@pytest.mark.parametrize("end", ["", "\n    time.sleep(600)"], ids=["then ends", "then sleeps"])
def test_a_grandchild_that_would_outlive_is_not_born_or_is_killed(
    project: Path, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = run(project, "r1_forks.py", spoilt(STRAYS + end), time_box=4 if end else 60)
    killed = "stopped: out of its time box of 4 s" if end else "ok"
    unborn = "stopped: it tried to open something outside; a rung may read only its history"
    assert found.status == (unborn if FORKS else killed), found.detail
    assert marked(str(tmp_path)) == []


SHARES = """import os, stepladder.core.history as shared
    assert not hasattr(shared, 'left') and 'LEFT' not in os.environ
    shared.left = os.environ['LEFT'] = 'here'
    print(os.getpid(), os.getppid())"""


def test_no_job_runs_where_another_ran(project: Path) -> None:
    """One starter for all threads in turn, without threads that a copy would lack; a process for each job."""

    def one(_: int) -> tuple[str, str, int]:
        found = run(project, "r1_shares.py", spoilt(SHARES))
        assert found.status == "ok", found.detail
        job, starter = found.detail.split()
        return job, starter, psutil.Process(int(starter)).num_threads()

    found = []
    for _ in range(2):  # what the first thread left when it ended, the next goes on with
        with ThreadPoolExecutor(1) as pool:
            found += pool.map(one, range(2))
    jobs, starters, threads = zip(*found, strict=True)
    assert set(threads) == {1}
    assert len({*jobs, *starters}) == 5
    assert not any(psutil.pid_exists(int(pid)) for pid in jobs)


def test_a_starter_that_knows_another_environment_is_not_asked(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its libraries were found by the old one: by PYTHONPATH, or $STEPLADDER_QUESTIONS."""
    tells = spoilt("import os; print(os.getppid(), os.environ.get('LC_X'))")
    before = run(project, "r1_tells.py", tells).detail.split()
    monkeypatch.setenv("LC_X", "other")
    now = run(project, "r1_tells.py", tells).detail.split()
    assert now[0] != before[0]
    assert (before[1], now[1]) == ("None", "other")
    assert not psutil.pid_exists(int(before[0]))


def test_a_rung_that_kills_what_started_it_fails_alone(project: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        body = spoilt("import os; os.kill(os.getppid(), 9)")
        bad = pool.submit(run, project, "r1_kills.py", body).result()
        good = pool.submit(run, project, "r1_average.py", HONEST).result()
    assert bad.status.startswith(("failed: something killed it", "stopped:"))
    assert good.status == "ok", good.detail


def test_stopped_by_hand(project: Path) -> None:
    stop = threading.Event()
    threading.Timer(1.5, stop.set).start()
    asked = job(project, "r1_slow.py", spoilt("import time; time.sleep(60)"))
    found = measure(asked, time_box=60, memory_mb=2000, stop=stop)
    assert found.status == "stopped: by hand"


@pytest.mark.parametrize(
    ("how", "processes", "after_s"),
    [(signal.SIGINT, 3, 1), (signal.SIGKILL, 3, 1), (signal.SIGKILL, 3, 0), (signal.SIGKILL, 2, 0)],
    ids=["Ctrl-C", "killed", "as the job starts", "as the libraries load"],
)
def test_no_child_outlives_its_parent(
    project: Path, tmp_path: Path, how: signal.Signals, processes: int, after_s: float
) -> None:
    asked = job(project, "r1_slow.py", spoilt("import time; time.sleep(600)"))
    code = (
        # a shell that starts this in the background has it ignore Ctrl-C
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import json, sys; from stepladder.fence.measure import Job, measure\n"
        "measure(Job(**json.loads(sys.argv[1])), time_box=60, memory_mb=2000)"
    )
    told = {"TMPDIR": str(tmp_path), "LC_X": str(tmp_path)}  # a starter has no folder of a job
    environment = {**os.environ, **told}
    command = [sys.executable, "-c", code, json.dumps(asked.__dict__)]
    parent = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(marked(str(tmp_path))) == processes)
    time.sleep(after_s)
    parent.send_signal(how)
    parent.wait(30)
    wait_until(lambda: not marked(str(tmp_path)))


def wait_until(true: object) -> None:
    end = time.monotonic() + 90  # where other programs are at work too
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


def test_secrets_do_not_reach_the_rung(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "hush")
    monkeypatch.setenv("STEPLADDER_RECORD", "postgresql://ann:hush@host/db")
    monkeypatch.setenv("SOME_TOKEN", "hush")
    monkeypatch.setenv("LC_TIME", "C")
    body = """import os; assert 'hush' not in str(os.environ) and os.environ['LC_TIME'] == 'C'
    a = history.ask
    assert (a.tables, a.record, a.cutoffs, a.now, a.horizon) == ({}, '', (), None, 30), a"""
    found = run(project, "r1_nosy.py", spoilt(body))
    assert found.status == "ok", found.detail
