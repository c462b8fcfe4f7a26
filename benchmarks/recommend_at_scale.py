"""The whole bake-off on 25 million interactions of MovieLens-25M's shape: how long, and how much memory.

    python benchmarks/recommend_at_scale.py /tmp/scale [--entries 25000000]

Persons arrive over a year and take their items evenly from then on; the project stands at two cutoffs.
"""

from __future__ import annotations

import argparse
import os
import resource
import threading
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from als_world import ITEMS, PERSONS, stored

import stepladder
from stepladder.core.errors import Problem

YEAR = 400
SETTINGS = """
k = 10
cutoffs = [2020-12-10, 2021-01-07]
memory_mb = 6000
time_box = 900
[rules]
min_support = 5
"""


def interactions(folder: Path, entries: int) -> Path:
    """Everybody's likes with a time, in the order of time, as a Parquet file."""
    path = folder / f"likes-{entries}.parquet"
    if path.exists():
        return path
    scale = entries / 25_000_000
    likes = stored(folder, int(PERSONS * scale), int(ITEMS * min(1, scale * 4)), entries)
    rng = np.random.default_rng(1)
    persons = len(likes.indptr) - 1
    who = np.repeat(np.arange(persons, dtype=np.int64), np.diff(likes.indptr))
    arrival = rng.uniform(0, YEAR, persons) * (rng.random(persons) < 0.7)
    day = arrival[who] + rng.random(len(who)) * (YEAR - arrival[who])
    order = np.argsort(day)
    seconds = (day[order] * 86_400).astype("timedelta64[s]")
    when = np.datetime64("2020-01-01", "us") + seconds
    table = {
        "person": who[order] + 1,
        "item": likes.indices[order].astype(np.int64) + 1,
        "time": pa.array(when, pa.timestamp("us")),
    }
    pq.write_table(pa.table(table), path)
    return path


class Peak:
    """The most memory that this process and its children hold together, looked at ten times a second."""

    def __init__(self) -> None:
        self.bytes = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join()

    def _watch(self) -> None:
        me = psutil.Process()
        while not self.stopped.wait(0.1):
            held = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    held += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.bytes = max(self.bytes, held)


def main() -> None:
    """Make the project if it is not there, run the bake-off, print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--entries", type=int, default=25_000_000)
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    given.folder.mkdir(exist_ok=True)
    home = given.folder / f"project-{given.entries}"
    try:
        project = stepladder.Project.open(home)
    except Problem:
        start = time.monotonic()
        with Peak() as peak:
            source = str(interactions(given.folder, given.entries))
            project = stepladder.new("recommend", source, home, settings=SETTINGS)
        print(f"cleaned in {time.monotonic() - start:.0f} s, {peak.bytes / 1e9:.1f} GB")
    start = time.monotonic()
    with Peak() as peak:
        result = stepladder.run_bakeoff(project, workers=given.workers, progress=print)
    used = sum(resource.getrusage(who)[0] + resource.getrusage(who)[1]
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # fmt: skip
    print(
        f"{time.monotonic() - start:.0f} s by the clock, {used:.0f} CPU s, {peak.bytes / 1e9:.1f} GB"
    )
    for rung in result.rungs:
        loss = f"{rung.choose.loss:.4f}" if rung.choose else rung.status
        cost = rung.cost and f"fit {rung.cost.fit_s:.0f} s, {rung.cost.memory_mb:,.0f} MB"
        print(f"{rung.rung:24} {loss} {cost or ''}")


if __name__ == "__main__":
    main()
