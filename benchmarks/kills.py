"""kill −9 at random moments of every verb that writes: what is left is whole, a second run ends alike.

python benchmarks/kills.py --kills 200

Each round copies a small project, starts the command (new, bakeoff, ship, run, forget, report), kills it
(the program alone, or all its processes) at a moment drawn from its whole undisturbed time, sees that
nothing it started is alive two seconds later, looks at every file that is there, and starts it again, until
it was let through. Then every output is compared with an undisturbed one, byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import pyarrow.parquet as pq

import stepladder
from stepladder.core.cases import everyone
from stepladder.questions.retention import toy
from stepladder.record import Shipment


@dataclass
class Killed:
    """What is killed: a command, how long it takes at most, and what an undisturbed one leaves."""

    name: str
    words: list[str]
    seconds: float
    outputs: dict[str, str]
    before: dict[str, str]


OUTPUTS = ("runs", "published", "releases", "models", "bakeoffs", "fresh", "report.html")
# the time stands in them, or in the record a random id
LEAVE = ("lock", "runs.html", "stepladder.db", "stepladder.db-wal", "stepladder.db-shm")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    chance, kills, rounds = random.Random(given.seed), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as room:
        template = project(Path(room))
        commands = {
            name: Killed(
                name, words, *undisturbed(Path(room), template, name, words), files(template, name)
            )
            for name, words in commands_of(template).items()
        }
        for one in commands.values():
            print(
                f"{one.name}: {one.seconds:.1f} s undisturbed, {len(one.outputs)} files", flush=True
            )
        while kills.total() < given.kills:
            name = chance.choices(list(commands), (6, 3, 1, 4, 4, 4))[0]
            copy = Path(room) / "copy"
            shutil.copytree(template, copy)
            cli(copy, ["record", "--same"])
            killed = disturbed(copy, commands[name], chance)
            outputs = commands[name].outputs
            assert files(copy, name) == outputs, differences(files(copy, name), outputs)
            assert tables(copy) == tables(Path(room) / name), name
            kills[name] += killed
            rounds[name] += 1
            shutil.rmtree(copy)
            print(f"{kills.total()} kills", end="\r", flush=True)
    for name in commands:
        print(f"{name}: {kills[name]} kills in {rounds[name]} rounds; every file whole at every kill, "
              "every output the same bytes in the end")  # fmt: skip


def project(room: Path) -> Path:
    """A toy shop, decided on, with a table to publish to; its bake-off has been run."""
    import pyarrow.csv

    rows = toy.tables(3)["purchases"].slice(0, 6000).drop_columns(["row"])
    pyarrow.csv.write_csv(rows, room / "orders.csv")
    made = stepladder.new("retention", str(room / "orders.csv"), room / "template")
    text = (
        made.settings + '\n[nightly]\nrefit = 2\npublish = ["sqlite:///out.db?table=predictions"]\n'
    )
    (made.folder / "question.toml").write_text(text)
    made = stepladder.Project.open(made.folder)
    stepladder.run_bakeoff(made)
    stepladder.decide(made, "r2_rfm_quintiles", by="Ada", because="we can read it")
    cli(made.folder, ["ship"])
    day = str(stepladder.Project.open(made.folder).now())
    cli(made.folder, ["run", "--from", day, "--to", day])
    return made.folder


def commands_of(template: Path) -> dict[str, list[str]]:
    """What is killed: a backfill of three days, a ship, a bake-off, a new project, an erasure, a page."""
    opened = stepladder.Project.open(template)
    now, somebody = opened.now(), everyone(opened.question, opened.history())["customer"][0].as_py()
    return {
        "run": ["run", "--from", str(now - timedelta(days=2)), "--to", str(now), "--wait", "60"],
        "ship": ["ship", "--rung", "r3_bg_nbd", "--force", "a trial"],
        "bakeoff": ["bakeoff"],
        "new": ["new", "retention", "--from", str(template.parent / "orders.csv")],
        "forget": ["forget", str(somebody)],
        "report": ["report"],
    }


def undisturbed(
    room: Path, template: Path, name: str, command: list[str]
) -> tuple[float, dict[str, str]]:
    """How long it takes, and what it leaves."""
    shutil.copytree(template, room / name)
    cli(room / name, ["record", "--same"])
    start = time.monotonic()
    cli(room / name, command)
    return time.monotonic() - start, files(room / name, name)


def disturbed(copy: Path, one: Killed, chance: random.Random) -> int:
    """Start and kill up to six times, then let it through; how often it was killed."""
    killed = 0
    for _ in range(6):
        began, process = time.monotonic(), start(copy, one.words)
        try:
            process.wait(chance.uniform(0.05, one.seconds))
            one.seconds = min(one.seconds, max(time.monotonic() - began, 1.0))  # it was faster
            break
        except subprocess.TimeoutExpired:
            everybody = chance.random() < 0.5
            (os.killpg if everybody else os.kill)(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
            nobody_left(copy)
            whole(copy, one)
    else:
        cli(copy, one.words)
    return killed


def nobody_left(copy: Path) -> None:
    """Two seconds after, no process is alive that the killed one had started."""
    end = time.monotonic() + 2
    while left := [p for p in psutil.process_iter() if str(copy / "tmp") in environment(p)]:
        assert time.monotonic() < end, f"left running: {left}"
        time.sleep(0.05)


def environment(process: psutil.Process) -> str:
    """What a process was started with; nothing of one that is gone."""
    try:
        return " ".join(process.environ().values()) if process.status() != "zombie" else ""
    except psutil.Error:
        return ""


def whole(copy: Path, one: Killed) -> None:
    """Every file that is there can be read, and is as it was, or as an undisturbed run leaves it."""
    for path, digest in files(copy, one.name).items():
        known = (one.outputs.get(path), one.before.get(path))
        assert digest in known, f"half-written or different: {path}"
    for path in copy.rglob("*.parquet"):
        if ".partial" not in str(path):
            pq.read_table(path)
    with sqlite3.connect(copy / "stepladder.db") as record:
        assert record.execute("pragma integrity_check").fetchone() == ("ok",)


def files(folder: Path, name: str) -> dict[str, str]:
    """Every output with the hash of its bytes; a bake-off's number depends on how often it was begun."""
    found = {}
    for room in OUTPUTS:
        for path in sorted([folder / room, *(folder / room).rglob("*")]):
            inside = path.relative_to(folder)
            hidden = any(part.startswith(".") for part in inside.parts)
            if path.is_file() and not hidden and path.name not in LEAVE:
                parts = inside.parts
                if room == "bakeoffs" and name == "bakeoff" and parts[1] != "1":
                    parts = (room, "second", *parts[2:])
                found["/".join(parts)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def tables(folder: Path) -> list[object]:
    """What was published to the database, and what the record says, without when and how often."""
    rows: list[object] = []
    if (folder / "out.db").exists():
        with sqlite3.connect(folder / "out.db") as out:
            rows = out.execute("select * from predictions order by as_of, customer").fetchall()
    opened = stepladder.Project.open(folder)
    stored = [(s.as_of, s.path, s.sha256) for s in opened.record.predictions("retention")
              if s.bakeoff is None]  # fmt: skip
    shipped = {s.release for s in opened.record.noted(Shipment)}
    return [rows, stored, shipped]


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(path for path in {*one, *other} if one.get(path) != other.get(path))


def start(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    said = subprocess.DEVNULL
    (folder / "tmp").mkdir(exist_ok=True)  # by which whatever it starts is known
    there = ["--project", place(folder, command)]
    return subprocess.Popen(
        [sys.executable, "-m", "stepladder", *command, *there],
        stdout=said,
        stderr=said,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder / "tmp")},
    )


def cli(folder: Path, command: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "stepladder", *command, "--project", place(folder, command)],
        capture_output=True, text=True,
    )  # fmt: skip
    again = "nothing is known of" in ran.stderr  # erased already, when the kill came late
    again |= command[0] == "new" and "exists already" in ran.stderr
    assert ran.returncode in (0, 1) or again, ran.stderr


def place(folder: Path, command: list[str]) -> str:
    """Where a command works: a new project gets a folder of its own."""
    return str(folder / "fresh" if command[0] == "new" else folder)


if __name__ == "__main__":
    main()
