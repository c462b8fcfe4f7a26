"""A whole bake-off of the question forecast: 6 cutoffs × all built-in rungs × 1,000 monthly series.

    python benchmarks/forecasting_bakeoff.py [--series 1000] [--months 144]

Series are made up: a level, a trend that bends, a season, noise; each tenth is mostly zero. Told are CPU
seconds of all processes, and seconds by the clock, which mean something on an idle machine alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BEND = 0.6  # of the past; from then on nothing grows


def series(many: int, months: int) -> pa.Table:
    """So many series, one reading a month: series, month, value."""
    rng = np.random.default_rng(1)
    nth = np.arange(months)
    season = np.exp(rng.normal(0, 0.2, (many, 12)))[:, nth % 12]
    pace = rng.normal(0.2, 0.4, (many, 1)) * np.minimum(nth, BEND * months) / months
    value = rng.lognormal(4, 1, (many, 1)) * np.exp(pace) * season
    value = np.round(value * np.exp(rng.normal(0, 0.15, value.shape)))
    value[::10] = rng.poisson(0.3 * season[::10])
    begins = np.datetime64("2012-01") + nth
    names = pa.array([f"article {i:05d}" for i in range(many)])
    return pa.table(
        {
            "series": names.take(pa.array(np.repeat(np.arange(many), months))),
            "month": pa.array(np.tile(begins.astype("datetime64[D]"), many)),
            "value": value.ravel(),
        }
    )


def spent(*words: str) -> tuple[float, float, str]:
    """CPU seconds of a command and all that it starts, seconds by the clock, and what it printed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [str(Path(sys.executable).with_name("stepladder")), *words]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, took, said


def main() -> None:
    """Make the project, run its bake-off, tell what both took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--series", type=int, default=1_000)
    parser.add_argument("--months", type=int, default=144)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        pq.write_table(series(given.series, given.months), f"{room}/series.parquet")
        project = f"{room}/project"
        cpu, took, _ = spent(
            "new", "forecast", "--from", f"{room}/series.parquet", "--project", project
        )
        print(f"new: {cpu:.1f} CPU s, {took:.0f} s by the clock", flush=True)
        cpu, took, said = spent("bakeoff", "--project", project, "--json")
        found = json.loads(said)
        for rung in found["rungs"]:
            cost = rung.get("cost") or {}
            print(f"  {rung['rung']:18} {rung['status'][:40]:40} {json.dumps(cost)[:120]}")
        print(
            f"bake-off: {given.series:,} series × {given.months} months, {len(found['windows'])} cutoffs, "
            f"{len(found['rungs'])} rungs: {cpu:.1f} CPU s, {took:.0f} s by the clock",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
