"""Two years of days backfilled over data of CDNOW's size, interrupted by kill −9, and no day done twice.

python benchmarks/backfill.py --days 730 --interruptions 3

Prints the seconds a day takes, by step and by what bounds them.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.csv

import stepladder
from stepladder.questions.retention import toy
from stepladder.record import Step
from stepladder.release.ship import ship


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--days", type=int, default=730)
    options.add_argument("--interruptions", type=int, default=3)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--rung", default="r3_bg_nbd")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as room:
        project = made(Path(room), given.rung)
        until = project.now()
        since = until - timedelta(days=given.days - 1)
        command = [sys.executable, "-m", "stepladder", "run", "--project", str(project.folder),
                   "--from", str(since), "--to", str(until), "--workers", str(given.workers),
                   "--wait", "60"]  # fmt: skip
        start, before = time.monotonic(), cpu()
        for n in range(given.interruptions):
            interrupted(project, command, (n + 1) * given.days // (given.interruptions + 1))
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        said(project, given.days, time.monotonic() - start, cpu() - before)


def made(room: Path, rung: str) -> stepladder.Project:
    """A shop with as many customers as CDNOW and three years of orders."""
    world = replace(toy.World(), weeks=156, arrivals=40)
    rows = toy.simulate(world, 23_570, 4)[0].sort_by([("day", "ascending"), ("row", "ascending")])
    pyarrow.csv.write_csv(rows.drop_columns(["row"]), room / "orders.csv")
    print(f"{rows.num_rows:,} purchases of 23,570 customers")
    project = stepladder.new("retention", str(room / "orders.csv"), room / "shop")
    project.record.decide("retention", rung, by="a benchmark", because="to time it")
    ship(project)
    return project


def interrupted(project: stepladder.Project, command: list[str], days: int) -> None:
    """Start, and kill as soon as so many days are published."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)
    published = project.folder / "published"
    while len(list(published.glob("*.parquet"))) < days:
        assert process.poll() is None, "it ended by itself"
        time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    print(f"killed after {len(list(published.glob('*.parquet')))} days", flush=True)


def said(project: stepladder.Project, days: int, clock: float, spent: float) -> None:
    """What a day takes, and whether any was done twice."""
    done = [one for one in project.record.noted(Step) if one.status == "done"]
    twice = [key for key, n in Counter((one.step, one.day) for one in done).items() if n > 1]
    published = len(list((project.folder / "published").glob("*.parquet")))
    assert published == days, published
    print(f"{days} days in {clock:,.0f} s by the clock, {spent:,.0f} CPU s:")
    print(f"{clock / days:.2f} s, {spent / days:.2f} CPU s a day; steps done twice: {len(twice)}")
    for step in ("check", "fit", "predict", "publish", "watch"):
        mine = [one.seconds for one in done if one.step == step]
        print(
            f"  {step}: {len(mine)} times, {sum(mine) / max(len(mine), 1):.2f} s each by the clock"
        )
    size = sum(f.stat().st_size for f in project.folder.rglob("*") if f.is_file()) / 1e6
    print(f"  on disk: {size:,.0f} MB, {size / days:.2f} MB a day")
    shutil.rmtree(project.folder)


def cpu() -> float:
    """CPU seconds of everything that was started and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
