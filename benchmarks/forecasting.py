"""Theta and damped trend beside the library `statsforecast`: CPU seconds, and accuracy on public series.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install statsforecast 'pandas<3' pyarrow
    python benchmarks/forecasting.py /tmp/peers/bin/python ../shared/data/forecast [--without-ets]

Series: M1 (yearly, quarterly, monthly; its own test part), Australian tourism (quarterly, the last 8), US
employment (monthly, the last 12). Peers run in a process of their own, one thread, once before the clock
starts so that nothing is compiled under it. Accuracy: MASE and sMAPE, and the difference to `Theta` with a
95 % interval over series. Then 1,428 monthly series × 18 steps as a whole rung, and 100,000.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

os.environ |= dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

PEERS = ("Theta", "DynamicOptimizedTheta", "AutoETS")
SLOW = "AutoETS"
SETS = (("YEARLY", 1), ("QUARTERLY", 4), ("MONTHLY", 12))
PEER = """
import sys, time, numpy as np, statsforecast, statsforecast.models as models
given = np.load(sys.argv[1])
train, steps, season = given["train"], int(given["steps"]), int(given["season"])
rows = [row[~np.isnan(row)] for row in train]
model = getattr(models, sys.argv[3])(season_length=season)
model.forecast(rows[0], steps)
began = time.process_time()
said = np.array([model.forecast(row, steps)["mean"] for row in rows])
np.savez(sys.argv[2], said=said, took=time.process_time() - began, version=statsforecast.__version__)
"""


def matrix(rows: list[np.ndarray]) -> np.ndarray:
    """Series side by side, their ends together, NaN before they begin."""
    out = np.full((len(rows), max(map(len, rows))), np.nan)
    for i, row in enumerate(rows):
        out[i, -len(row) :] = row
    return out


def groups(table: pa.Table, by: list[str], order: str, value: str) -> list[np.ndarray]:
    """Each series' values in the order of time."""
    table = table.filter(pc.is_valid(table[value])).sort_by(
        [(name, "ascending") for name in (*by, order)]
    )
    keys = np.array([" / ".join(row.values()) for row in table.select(by).to_pylist()])
    starts = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    return np.split(table[value].to_numpy(), starts)


def sets(folder: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray, int]]:
    """Name, past, what came, season."""
    m1 = pq.read_table(folder / "m1_long.parquet")
    for period, season in SETS:
        rows = m1.filter(pc.equal(m1["period"], period))
        parts = [
            groups(rows.filter(pc.equal(rows["part"], part)), ["series_id"], "t", "y")
            for part in ("train", "test")
        ]
        yield f"M1 {period.lower()}", matrix(parts[0]), np.array(parts[1]), season
    trips = pq.read_table(folder / "australian_tourism_304_quarterly.parquet")
    rows = groups(trips, ["Region", "State", "Purpose"], "Quarter", "Trips")
    yield "Australian tourism", matrix(rows)[:, :-8], matrix(rows)[:, -8:], 4
    work = pq.read_table(folder / "us_employment_148_monthly.parquet")
    months = [datetime.strptime(text, "%Y %b") for text in work["Month"].to_pylist()]
    work = work.append_column("month", pa.array(months))
    rows = groups(work, ["Series_ID"], "month", "Employed")
    yield "US employment", matrix(rows)[:, :-12], matrix(rows)[:, -12:], 12


def peer(
    python: str, name: str, train: np.ndarray, steps: int, season: int
) -> tuple[np.ndarray, float]:
    """A model's forecasts and CPU seconds."""
    with tempfile.TemporaryDirectory() as room:
        given, told = f"{room}/given.npz", f"{room}/told.npz"
        np.savez(given, train=train, steps=steps, season=season)
        subprocess.run([python, "-W", "ignore", "-c", PEER, given, told, name], check=True)
        with np.load(told) as found:
            return found["said"], float(found["took"])


def ours(train: np.ndarray, steps: int, season: int) -> tuple[np.ndarray, float]:
    """The mean of theta and damped trend, and CPU seconds."""
    from stepladder.questions.forecast.smoothing import forecast

    began = time.process_time()
    return forecast(train, season, steps), time.process_time() - began


def errors(
    said: np.ndarray, train: np.ndarray, came: np.ndarray, season: int
) -> tuple[np.ndarray, np.ndarray]:
    """MASE and sMAPE of each series; NaN where it never moved."""
    moved = np.abs(train[:, season:] - train[:, :-season])
    scale = np.where(np.isnan(moved), 0, moved).sum(axis=1) / np.maximum(
        (~np.isnan(moved)).sum(axis=1), 1
    )
    off = np.abs(said - came)
    mase = off.mean(axis=1) / np.where(scale > 0, scale, np.nan)
    return mase, (200 * off / np.maximum(np.abs(said) + np.abs(came), 1e-12)).mean(axis=1)


def between(one: np.ndarray, other: np.ndarray) -> str:
    """The mean difference over series with its 95 % interval."""
    apart = (one - other)[np.isfinite(one - other)]
    half = 1.96 * apart.std(ddof=1) / len(apart) ** 0.5
    return f"{apart.mean():+.3f} [{apart.mean() - half:+.3f}, {apart.mean() + half:+.3f}]"


def compared(python: str, folder: Path, names: tuple[str, ...]) -> None:
    """A line a set and model: CPU seconds, accuracy, difference to Theta."""
    print(
        f"{'set':20} {'model':22} {'CPU s':>8} {'× ours':>7} {'MASE':>6} {'sMAPE':>6}  difference to Theta"
    )
    for title, train, came, season in sets(folder):
        said, took = ours(train, came.shape[1], season)
        found = {"stepladder": (said, took)}
        found |= {name: peer(python, name, train, came.shape[1], season) for name in names}
        theta = errors(found["Theta"][0], train, came, season)
        for name, (said, seconds) in found.items():
            mase, smape = errors(said, train, came, season)
            told = (
                ""
                if name == "Theta"
                else f"  MASE {between(mase, theta[0])}  sMAPE {between(smape, theta[1])}"
            )
            print(
                f"{title:20} {name:22} {seconds:8.2f} {seconds / took:7.1f} {np.nanmean(mase):6.3f} "
                f"{smape.mean():6.2f}{told}",
                flush=True,
            )


def whole(values: np.ndarray, steps: int) -> None:
    """The whole rung over so many monthly series, read from a file: fit, forecast, made fit for use."""
    from stepladder import questions
    from stepladder.core import periods
    from stepladder.core.cases import everyone
    from stepladder.core.history import History
    from stepladder.core.rung import ladder
    from stepladder.questions.question_toml import parse

    begins = periods.starts(np.arange(600 - values.shape[1], 600), "month").astype("datetime64[D]")
    series, month = np.nonzero(~np.isnan(values))
    question = questions.load("forecast")
    days = round(steps * periods.DAYS["month"])
    ask = parse(
        f'question = "forecast"\nhorizon = {days}\nseed = 1\n[forecast]\nevery = "month"\nseason = 12\n'
    )
    rung = next(r for r in ladder(questions.folder("forecast")) if r.name == "r3_smoothed")
    with tempfile.TemporaryDirectory() as room:
        rows = {"series": series, "time": begins[month], "value": values[series, month]}
        pq.write_table(pa.table({**rows, "row": np.arange(len(series))}), f"{room}/series.parquet")
        now, views = periods.day_of(600, "month"), tuple(question.views(ask).items())
        history = History(now, ask, {"series": (f"{room}/series.parquet", "time")}, views=views)
        cases = everyone(question, history)
        began = time.process_time()
        said = rung.predict(rung.fit(history), history, cases)
        told = time.process_time() - began
        done = question.complete(said, lambda: said, history, cases).predictions
        question.scale(history, cases)
    took = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{len(values):,} monthly series × {steps} steps: {told:.2f} CPU s for the rung, {took:.2f} with "
        f"rows made fit for use and scales for intervals; {done.num_rows:,} rows, peak {memory:.2f} GB",
        flush=True,
    )


def main() -> None:
    """Accuracy and time beside the peers, then the whole rung."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("python", help="the interpreter of an environment that has statsforecast")
    parser.add_argument("folder", type=Path, help="where the three files of series lie")
    parser.add_argument("--without-ets", action="store_true", help="leave the slowest peer out")
    given = parser.parse_args()
    names = tuple(name for name in PEERS if not (given.without_ets and name == SLOW))
    ours(np.ones((1, 30)), 2, 12)  # imports
    compared(given.python, given.folder, names)
    monthly = next(train for title, train, *_ in sets(given.folder) if title == "M1 monthly")
    for n in (1_428, 100_000):
        whole(monthly[np.arange(n) % len(monthly)], 18)


if __name__ == "__main__":
    sys.exit(main())
