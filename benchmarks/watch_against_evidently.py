"""Drift of 100,000 rows × 20 columns against a reference of as many: CPU time beside Evidently's preset.

Both read the same two Parquet files in a fresh process of their own, in turn; what is counted is all the
processor time of the process, once with its imports and once without.
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
from stepladder.watch.between import drift_between
began = time.process_time()
found = drift_between(*sys.argv[1:])
took = time.process_time() - began
print(took, ",".join(d.column for d in found if d.beyond_chance), f"{found[0].psi:.3f}", sep=";")
"""
THEIRS = """
import sys, time
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
began = time.process_time()
reference, current = map(pd.read_parquet, sys.argv[1:])
found = Report([DataDriftPreset()]).run(current, reference).dict()
took = time.process_time() - began
says = found["metrics"][0]["value"]
print(took, says, "", sep=";")
"""


def write(folder: Path) -> list[str]:
    """15 columns of numbers, the first shifted by a fifth of its spread, and five of texts."""
    paths = []
    for name, shift, seed in (("reference", 0.0, 1), ("current", 0.2, 2)):
        rng, n = np.random.default_rng(seed), 100_000
        columns = {
            f"number_{i}": rng.normal(shift * (i == 0), 1, n) * 10 ** (i % 4) for i in range(15)
        }
        for i in range(5):
            values = np.array([f"value {k}" for k in range(4 + 5 * i)])
            columns[f"text_{i}"] = values[rng.integers(0, len(values), n)]
        paths.append(str(folder / f"{name}.parquet"))
        pq.write_table(pa.table(columns), paths[-1])
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
