"""Drift of 100,000 rows × 20 columns against a reference of as many: CPU time beside Evidently's preset.

Evidently compares two Parquet files. The watch reads the same rows as one table with days: the reference is
the year before, the others came in the last two weeks, and every week is judged. Each in a fresh process,
in turn; what is counted is all the processor time of the process, once with its imports and once without.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

OURS = """
import sys, time
from datetime import date
from types import SimpleNamespace
from stepladder.core.ask import parse
from stepladder.core.history import History
from stepladder.core.table import TableSpec
from stepladder.watch.drift import drift
began = time.process_time()
question = SimpleNamespace(TABLES=(TableSpec("rows", (), (), "day"),))
ask = parse('question = "retention"\\nhorizon = 28')
history = History(date(2024, 1, 1), ask, {"rows": (sys.argv[3], "day")})
found = drift(history, question, 0.8).inputs
took = time.process_time() - began
print(took, ", ".join(each.words for each in found if each.state == "alarm"), sep=";")
"""
THEIRS = """
import sys, time
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
began = time.process_time()
reference, current = map(pd.read_parquet, sys.argv[1:3])
found = Report([DataDriftPreset()]).run(current, reference).dict()
took = time.process_time() - began
says = found["metrics"][0]["value"]
print(took, says, "", sep=";")
"""


def write(folder: Path) -> list[str]:
    """15 columns of numbers, the first shifted by a fifth of its spread, and five of texts."""
    paths, tables, n = [], [], 100_000
    for name, shift, seed in (("reference", 0.0, 1), ("current", 0.2, 2)):
        rng = np.random.default_rng(seed)
        columns = {
            f"number_{i}": rng.normal(shift * (i == 0), 1, n) * 10 ** (i % 4) for i in range(15)
        }
        for i in range(5):
            values = np.array([f"value {k}" for k in range(4 + 5 * i)])
            columns[f"text_{i}"] = values[rng.integers(0, len(values), n)]
        paths.append(str(folder / f"{name}.parquet"))
        tables.append(pa.table(columns))
        pq.write_table(tables[-1], paths[-1])
    days = np.concatenate([np.arange(n) * 364 // n, 364 + np.arange(n) * 14 // n])
    dated = pa.array(np.datetime64("2024-01-01") - 378 + days)
    paths.append(str(folder / "weeks.parquet"))
    pq.write_table(pa.concat_tables(tables).append_column("day", dated), paths[-1])
    return paths


def run(python: str, program: str, paths: list[str]) -> tuple[float, float, str]:
    """Processor seconds of the whole process, of the comparison alone, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [python, "-W", "ignore", "-c", program, *paths], capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    took, _, said = done.stdout.strip().splitlines()[-1].partition(";")
    return whole, float(took), said


def main() -> None:
    """Print processor seconds of both, and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--evidently", default="/tmp/evidently-venv/bin/python", help="a Python that has it"
    )
    options.add_argument("--runs", type=int, default=5)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = write(Path(folder))
        (
            run(sys.executable, OURS, paths),
            run(asked.evidently, THEIRS, paths),
        )  # files and bytecode warm
        pairs = [
            (run(sys.executable, OURS, paths), run(asked.evidently, THEIRS, paths))
            for _ in range(asked.runs)
        ]
    ours, theirs = (
        np.array([[each[0], each[1]] for each in column]) for column in zip(*pairs, strict=True)
    )
    print(f"medians of {asked.runs} runs in turn, CPU s: with imports, without")
    print("ours     ", *np.median(ours, axis=0).round(2), pairs[0][0][2])
    print("Evidently", *np.median(theirs, axis=0).round(2), pairs[0][1][2])
    print("ratio    ", *np.median(theirs / ours, axis=0).round(1))


if __name__ == "__main__":
    main()
