"""Somebody's own rung that stays: what it answers, and how every misdeed of it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core import rooms
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.rung import Rung
from stepladder.fence.fenced import Fenced
from stepladder.fence.starter import FORKS
from stepladder.questions.question_toml import parse
from stepladder.questions.retention import toy

MOODY = '''"""Answers with what a customer paid in all; some amounts make it misbehave."""
import os
import sys
import threading
import time

import numpy as np
import pyarrow as pa

from stepladder.core.errors import CannotStand

KEPT, TICKS = [], [0]
HEADS = {
    9011: b"[]",
    9012: b'{"sizes": 5}',
    9013: b"[" * 100_000,
    9014: b'{"sizes": [], "status": "no", "problem": 5}',
    9015: b'{"sizes": [], "status": ["ok"]}',
    9016: b'{"sizes": [' + b"9" * 5000 + b"]}",
    9017: b" " * 30,
}


def fit(history):
    return {"factor": 2.0}


def grow():
    while True:
        TICKS[0] += 1
        time.sleep(0.001)


def predict(model, history, cases):
    said = history.sql(
        "select customer, coalesce(sum(value), 0.0) as prediction "
        "from cases left join purchases using (customer) group by customer", cases)
    mood = int(max(said["prediction"].to_pylist(), default=0))
    if mood == 9001:
        time.sleep(600)
    if mood == 9002:
        KEPT.extend(np.ones(10_000_000) for _ in range(100))
    if mood == 9003:
        os._exit(0)
    if mood == 9004:
        print("x" * 100_000, flush=True)
        os.write(1, bytes(100_000))
        sys.stderr.write("y" * 100_000)
    if mood == 9005:
        for line in range(3, 200):
            try:
                os.write(line, bytes([255]) * 1000)
            except OSError:
                pass
    if mood == 9006:
        raise ValueError("no such luck")
    if mood == 9007:
        raise CannotStand("it needs two years of past")
    if mood == 9008:
        threading.Thread(target=grow, daemon=True).start()
    if mood == 9009:
        said = said.set_column(1, "prediction", pa.array([float(TICKS[0])] * len(said)))
    if mood == 9010:
        return "no table"
    if mood in HEADS:
        head = HEADS[mood]
        for line in range(3, 200):
            try:
                os.write(line, len(head).to_bytes(4, "little") + head)
            except OSError:
                pass
        time.sleep(600)
    if mood == 9020:
        return pa.table({"x": pa.array([bytes(50_000_000)])})
    if mood == 9021:
        return pa.table({"x": pa.nulls(100_000_000)})
    if mood == 9022:
        for path in os.listdir(os.environ["TMPDIR"]):
            if path == "printed.txt":
                os.remove(os.environ["TMPDIR"] + "/" + path)
    if mood == 9023:
        time.sleep(2)
    return said


def why(model, history, answers):
    rows = pa.array([[1, 2]] * answers.num_rows, pa.list_(pa.int64()))
    return answers.select(["customer"]).append_column("why", rows)
'''


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """What is known of a toy world's customers, in a file that has the future too."""
    path = tmp_path_factory.mktemp("known") / "purchases.parquet"
    pq.write_table(toy.tables(1)["purchases"], path)
    return History(toy.NOW, parse(toy.ASK), {"purchases": (str(path), "day")})


@pytest.fixture
def rung(tmp_path: Path) -> Iterator[Fenced]:
    """The moody one, behind the fence, its folders below the test's."""
    with moody(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fenced]:
    """One for all misdeeds: whoever answers after one is there to commit the next."""
    with moody(tmp_path_factory.mktemp("standing")) as made:
        yield made


@contextlib.contextmanager
def moody(home: Path) -> Iterator[Fenced]:
    """The moody one in a folder, which leaves nothing behind there."""
    (home / "tmp").mkdir()
    (home / "r3_moody.py").write_text(MOODY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(home / "tmp"))
        made = Fenced(home / "r3_moody.py", project=home, seconds=60)
        yield made
        made.end()
        assert set((home / "tmp").iterdir()) <= {rooms.spill()}  # of this process itself
    assert marked(home) == []


MODEL = {"factor": 2.0}


def asked(rung: Rung, history: History, value: float, model: dict = MODEL) -> float:
    """What it says of a newcomer who paid so much."""
    rows = {
        "customer": [-1],
        "day": [history.now - timedelta(days=1)],
        "value": [value],
        "row": [1],
    }
    kinds = pq.read_schema(history.tables["purchases"][0])
    table = pa.table({name: pa.array(rows[name], kinds.field(name).type) for name in kinds.names})
    cases = table.select(["customer"])
    return rung.predict(model, history.plus(purchases=table), cases)["prediction"][0].as_py()


def marked(folder: Path) -> list[int]:
    """The processes that may write below the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            there = str(folder) in " ".join(process.environ().values())
            if there and process.status() != "zombie" and process.pid != os.getpid():
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def wait_until(true: object) -> None:
    end = time.monotonic() + 30
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


def pid(rung: Fenced) -> int:
    (behind,) = rung._behind
    return behind.worker.pid


def test_it_answers_as_it_would_here_by_one_process(rung: Fenced, history: History) -> None:
    here = Rung(rung.path, free="a test's own")
    cases = history.sql("select distinct customer from purchases order by customer")
    direct, fenced = (one.predict(MODEL, history, cases) for one in (here, rung))
    said, other = (one.sort_by("customer").to_pylist() for one in (fenced, direct))
    assert said == [{**row, "prediction": pytest.approx(row["prediction"])} for row in other]
    first = pid(rung)
    assert asked(rung, history, 12.5) == 12.5
    assert rung.why(MODEL, history, cases.slice(0, 2))["why"].to_pylist() == [[1, 2]] * 2
    assert pid(rung) == first
    earlier = history.at(
        history.now - timedelta(days=30)
    )  # something else is known: another process
    assert rung.predict(MODEL, earlier, cases).num_rows == cases.num_rows
    assert pid(rung) != first


def test_its_files_lack_what_comes_later(rung: Fenced, history: History) -> None:
    asked(rung, history, 1.0)
    (known,) = Path(tempfile.gettempdir()).glob("*/known/*.parquet")
    days = pq.read_table(known)["day"].to_pylist()
    assert (
        max(days)
        < history.now
        <= max(pq.read_table(history.tables["purchases"][0])["day"].to_pylist())
    )


MISDEEDS = {
    "hangs": (9001, "gave no answer within 2 s"),
    "eats memory": (9002, "used more than 700 MB"),
    "ends its process": (9003, "ended its process instead of answering"),
    "writes on every line": (9005, "r3_moody.py"),
    "raises": (9006, "ValueError: no such luck"),
    "cannot": (9007, "it needs two years of past"),
    "no table": (9010, "its answer is a str"),
    **{f"nonsense {mood}": (mood, "answered what is no table") for mood in range(9011, 9018)},
    "too much": (9020, "answered with more than 32 MB"),
    "rows without end": (9021, "answered what is no table"),
}


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_a_misdeed_is_told_in_three_parts_and_the_next_is_answered(
    standing: Fenced, history: History, misdeed: str
) -> None:
    rung, (value, words) = standing, MISDEEDS[misdeed]
    ask = history.ask.model_copy(update={"memory_mb": 700})
    history = History(history.now, ask, history.tables)
    assert asked(rung, history, 1.0) == 1.0
    object.__setattr__(rung, "seconds", 2 if misdeed == "hangs" else 60)
    begun = time.monotonic()
    with pytest.raises(Problem) as told:
        asked(rung, history, value)
    assert words in str(told.value)
    assert all(told.value.parts())
    assert time.monotonic() - begun < 30
    object.__setattr__(rung, "seconds", 60)
    assert asked(rung, history, 2.0) == 2.0


def test_after_ctrl_c_the_next_ask_hears_its_own_answer(rung: Fenced, history: History) -> None:
    assert asked(rung, history, 1.0) == 1.0
    first = pid(rung)
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        asked(rung, history, 9023)
    wait_until(lambda: not psutil.pid_exists(first))
    assert asked(rung, history, 2.0) == 2.0


def test_who_ended_long_ago_is_signalled_no_more(
    rung: Fenced, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(rung, history, 1.0) == 1.0
    (behind,) = rung._behind
    os.kill(pid(rung), signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(behind.worker.pid))
    signalled: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, which: signalled.append(group))
    behind.worker.kill()
    rung.end()
    assert signalled == []


def test_what_it_prints_is_no_answer(rung: Fenced, history: History) -> None:
    assert asked(rung, history, 9004) == 9004
    assert asked(rung, history, 3.0) == 3.0
    (printed,) = Path(tempfile.gettempdir()).glob("*/scratch/printed.txt")
    assert printed.stat().st_size < 1_000  # what it printed of others does not pile up
    assert asked(rung, history, 9022) == 9022
    assert asked(rung, history, 4.0) == 4.0  # also where it took the file away


@pytest.mark.skipif(not FORKS, reason="it is halted where something would end it all the same")
def test_nothing_of_it_runs_while_nobody_asks(rung: Fenced, history: History) -> None:
    asked(rung, history, 9008)
    wait_until(lambda: psutil.Process(pid(rung)).status() == "stopped")
    first = asked(rung, history, 9009)
    time.sleep(2)
    assert asked(rung, history, 9009) - first < 500


def test_somebody_who_kills_it_ends_one_answer(rung: Fenced, history: History) -> None:
    assert asked(rung, history, 1.0) == 1.0
    os.kill(pid(rung), signal.SIGKILL)
    with pytest.raises(Problem, match="ended its process"):
        asked(rung, history, 1.0)
    assert asked(rung, history, 2.0) == 2.0


def test_it_goes_with_whoever_held_it(rung: Fenced, history: History, tmp_path: Path) -> None:
    other = Fenced(rung.path, project=tmp_path, seconds=60)
    assert asked(other, history, 1.0) == 1.0
    gone = pid(other)
    del other
    wait_until(lambda: not psutil.pid_exists(gone))  # until whoever adopts the dead has looked
    assert set((tmp_path / "tmp").iterdir()) <= {rooms.spill()}


OUTLIVED = """import sys; sys.path[:0] = sys.argv[1:2]
from test_fenced import *
from pathlib import Path
home = Path(sys.argv[2])
known = {"purchases": (sys.argv[3], "day")}
rung = Fenced(home / "r3_moody.py", project=home, seconds=60)
print(asked(rung, History(toy.NOW, parse(toy.ASK), known), 1.0), flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not FORKS, reason="only Linux ends what was started together with its parent")
def test_it_dies_with_its_parent(rung: Fenced, history: History, tmp_path: Path) -> None:
    given = [str(Path(__file__).parent), str(tmp_path), history.tables["purchases"][0]]
    command = [sys.executable, "-c", OUTLIVED, *given]
    home = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    parent = subprocess.Popen(command, env=home, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "1.0\n"
    assert len(marked(tmp_path)) == 3  # itself, the starter, the rung
    parent.kill()
    parent.communicate()
    wait_until(lambda: not marked(tmp_path))
    for left in (tmp_path / "tmp").iterdir():  # swept by the next run
        subprocess.run(["rm", "-r", str(left)], check=True)
