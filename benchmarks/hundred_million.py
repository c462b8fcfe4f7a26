"""From a hundred million purchases to every customer's future: time and memory against a bare scan.

Generates purchases in date order (customers as under Pareto/NBD, ids in random order, spend as
under Gamma–Gamma), then, each in a process of its own on one thread: DuckDB's scan of the three
columns; and the histories counted, the fits, and for two parts of all customers (500,000 each, as the
night asks) the probability of being alive, expected purchases and value. Everything printed is measured
in this run, what a terabyte takes is computed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

START, WEEKS, ENTRY = date(2022, 1, 1), 104, 52
ROW_BYTES = 8 + 4 + 8
TRUTH = {"r": 0.8, "alpha": 3.9, "s": 0.6, "beta": 20.0}
PER_CUSTOMER, PART = 10, 1_000_000
MEMORY, PARTS = 2000, 2  # MB that the rung may take; parts of all customers that are answered
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def generate(path: Path, rows: int, seed: int) -> None:
    """Write the Parquet file: parts of the customers sorted by day, then merged day by day."""
    customers, parts = rows // PER_CUSTOMER, []
    ids = np.random.default_rng(seed).permutation(customers)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        for number, first in enumerate(range(0, customers, PART)):
            part = purchases(np.random.default_rng([seed, number]), ids[first : first + PART])
            for name, values in part.items():
                np.save(Path(folder) / f"{name}{number}.npy", values)
            parts.append(
                {n: np.load(Path(folder) / f"{n}{number}.npy", mmap_mode="r") for n in part}
            )
        merge(path, parts)


def purchases(rng: np.random.Generator, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Purchases of some customers in date order, and where each day ends."""
    many = len(ids)
    first = rng.integers(0, ENTRY * 7, many)
    rate = rng.gamma(TRUTH["r"], 1.0 / TRUTH["alpha"], many) / 7.0
    stay = rng.exponential(size=many) / np.maximum(
        rng.gamma(TRUTH["s"], 1 / TRUTH["beta"], many), 1e-12
    )
    seen = np.minimum(stay * 7.0, WEEKS * 7 - first)
    who = np.repeat(np.arange(many), rng.poisson(rate * seen))
    day = np.concatenate([first, (first[who] + rng.random(len(who)) * seen[who]).astype(np.int64)])
    who = np.concatenate([np.arange(many), who])
    order = np.argsort(day.astype(np.uint16), kind="stable")
    who, day = who[order], day[order]
    mean = 15.4 / rng.gamma(3.74, 1.0, many)
    value = np.round(rng.gamma(6.25, 1.0, len(who)) * mean[who], 2)
    ends = np.searchsorted(day, np.arange(1, WEEKS * 7 + 1))
    return {"who": ids[who], "value": value, "ends": ends}


def merge(path: Path, parts: list[dict[str, np.ndarray]]) -> None:
    """All parts into one file, a few days at a time."""
    schema = pa.schema([("customer", pa.int64()), ("day", pa.date32()), ("value", pa.float64())])
    origin = (START - date(1970, 1, 1)).days
    with pq.ParquetWriter(path, schema, compression="zstd") as out:
        for day in range(WEEKS * 7):
            ranges = [slice(p["ends"][day - 1] if day else 0, p["ends"][day]) for p in parts]
            who = np.concatenate([p["who"][r] for p, r in zip(parts, ranges, strict=True)])
            value = np.concatenate([p["value"][r] for p, r in zip(parts, ranges, strict=True)])
            days = pa.array(np.full(len(who), origin + day, np.int32)).cast(pa.date32())
            out.write_table(pa.table([pa.array(who), days, pa.array(value)], schema=schema))


def scan(path: str) -> dict[str, Any]:
    """DuckDB reads the three columns on one thread and adds them up."""
    con = duckdb.connect(config={"threads": 1})
    query = "select count(*), sum(customer), max(day), sum(value) from read_parquet(?)"
    con.execute(query, [path]).fetchall()
    return {"steps": {}}


def ladder(path: str) -> dict[str, Any]:
    """The way of the rung itself: histories counted, fits, then everybody's answers, part after part."""
    from stepladder.core.ask import Ask
    from stepladder.core.cases import parts
    from stepladder.core.history import History
    from stepladder.questions import retention
    from stepladder.questions.retention import r3_pareto_nbd
    from stepladder.questions.retention.btyd import pareto_nbd
    from stepladder.questions.retention.btyd.counts import counts
    from stepladder.questions.retention.btyd.spending import learnt_from, spending

    now = START + timedelta(weeks=WEEKS)
    ask = Ask.model_construct(question="retention", horizon=91, seed=1, memory_mb=MEMORY)
    history = History(now, ask, {"purchases": (path, "day")})
    steps, clock = {}, Clock()
    known = counts(history)
    steps["histories counted"] = clock.lap()
    model = pareto_nbd.fit(known.x, known.t_x, known.T, known.weight)
    steps["Pareto/NBD fit"] = clock.lap()
    model |= spending(learnt_from(history, known.customers))
    steps["Gamma–Gamma fit"] = clock.lap()
    good, many = True, 0
    for cases in itertools.islice(parts(retention, history), PARTS):
        answers = r3_pareto_nbd.predict(model, history, cases)
        good &= all(answers[name].null_count == 0 for name in ("prediction", "value"))
        many += cases.num_rows
    steps[f"the future of {many:,}"] = clock.lap()
    fitted = {name: model[name] for name in (*pareto_nbd.NAMES, "spend_p", "spend_q", "spend_v")}
    return {
        "steps": steps, "customers": known.customers, "histories": len(known.x), "finite": good,
        "model": fitted,
    }  # fmt: skip


class Clock:
    """CPU seconds since the last lap."""

    def __init__(self) -> None:
        self.last = time.process_time()

    def lap(self) -> float:
        """CPU seconds since the lap before."""
        before, self.last = self.last, time.process_time()
        return self.last - before


def apart(what: str, path: Path) -> dict[str, Any]:
    """Run one of the two in a process of its own; CPU seconds and peak memory of all of it."""
    command = [sys.executable, __file__, "--run", what, "--path", str(path)]
    alone = {**os.environ, **dict.fromkeys(THREADS, "1")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=alone)
    if done.returncode:
        sys.exit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measured(what: str, path: str) -> None:
    """What a child process does: run, measure itself, say it as JSON."""
    out = {"scan": scan, "ladder": ladder}[what](path)
    used = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1 if sys.platform == "darwin" else 1024
    out |= {"cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * unit}
    print(json.dumps(out))


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000_000, help="about as many purchases")
    parser.add_argument(
        "--path", type=Path, default=Path(tempfile.gettempdir()) / "purchases.parquet"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--keep", action="store_true", help="use the file if it is there, and keep it"
    )
    parser.add_argument("--run", choices=["scan", "ladder"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        measured(given.run, str(given.path))
        return
    if not (given.keep and given.path.exists()):
        generate(given.path, given.rows, given.seed)
    rows = pq.read_metadata(given.path).num_rows
    runs = [apart("scan", given.path) for _ in range(3)]
    bare, whole = min(run["cpu"] for run in runs), apart("ladder", given.path)
    print(
        f"{rows:,} purchases of {whole['customers']:,} customers "
        f"({whole['histories']:,} histories), {rows * ROW_BYTES / 1e9:.2f} GB in memory, "
        f"{given.path.stat().st_size / 1e9:.2f} GB as Parquet; one thread"
    )
    print(f"bare scan of three columns  {bare:7.2f} s CPU, process start included (best of 3)")
    for step, seconds in whole["steps"].items():
        print(f"  {step:26}{seconds:7.2f} s")
    print(
        f"all, imports included       {whole['cpu']:7.2f} s CPU = {whole['cpu'] / bare:.1f} x the scan"
    )
    print(
        f"peak memory                 {whole['peak'] / 1e9:7.2f} GB; all answers finite: {whole['finite']}"
    )
    print(
        "truth ",
        TRUTH,
        "spend 6.25 3.74 15.4\nfitted",
        {k: round(v, 4) for k, v in whole["model"].items()},
    )
    speed = rows * ROW_BYTES / 1e9 / whole["cpu"]
    print(
        f"{speed:.3f} GB/s per core; 1 TB of such rows, computed (linear in rows, parted by customer):"
    )
    for cores in (1, 8, 64):
        print(f"  {cores:3d} cores {1000.0 / speed / cores / 60.0:8.1f} minutes")
    if not given.keep:
        given.path.unlink()


if __name__ == "__main__":
    main()
