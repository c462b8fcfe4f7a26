"""A CSV file read, looked at and cleaned, beside DuckDB's own read_csv of all of it with all checks.

    python benchmarks/reading.py --rows 1000000

CPU seconds of both in turns, the best of each. The aim: at most 1.5 times DuckDB's plus two seconds.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from stepladder.questions.retention import TABLES
from stepladder.tables import choose, clean, look
from stepladder.tables.text.records import read_text

DIRT = ("7,2024-01-13\n", ",,,,\n", '"Total",,,9,\n', "8,2024-02-30,x,5,web\n")


def main() -> None:
    """Write a dirty file, read it both ways, print the seconds and their ratio."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--turns", type=int, default=3)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        write(path, given.rows)
        data = path.read_bytes()
        ways = {
            "DuckDB's read_csv": lambda: peer(path),
            "rows and columns": lambda: read_text(data, "orders.csv", None, None, None),
            "look, choose, clean": lambda: ours(path),
        }
        took = {name: min(seconds(way) for _ in range(given.turns)) for name, way in ways.items()}
    for name, one in took.items():
        print(f"{name:20} {one:6.2f} s CPU, {one / took[next(iter(took))]:.2f} x DuckDB's")
    aim = 1.5 * took["DuckDB's read_csv"] + 2
    print(
        f"aim of 1.5 x + 2 s   {aim:6.2f} s: {took['look, choose, clean'] / aim:.2f} of it is used"
    )


def write(path: Path, rows: int) -> None:
    """Orders as a shop exports them: quotes, hours, cents, and a little dirt in between."""
    rng = np.random.default_rng(1)
    customers, days = rng.integers(1, rows // 8 + 2, rows), rng.integers(0, 730, rows)
    cents, kinds = rng.integers(100, 30_000, rows), rng.integers(0, 500, rows)
    first = np.datetime64("2023-01-01")
    with path.open("w") as file:
        file.write("customer_id,order_date,item,amount,source\n")
        for i, (who, day, cent, kind) in enumerate(zip(customers, days, cents, kinds, strict=True)):
            file.write(
                f'{who},{first + day} {i % 24:02}:15:00,"Item {kind}, red",{cent / 100:.2f},web\n'
            )
            if i % 5000 == 4999:
                file.write(DIRT[i // 5000 % len(DIRT)])


def peer(path: Path) -> None:
    """All rows typed by all of the file's rows, wrong ones rejected, in a table."""
    with duckdb.connect() as link:
        link.execute(
            "create table orders as select * from read_csv(?, sample_size=-1, store_rejects=true, "
            "strict_mode=false, null_padding=false)",
            [str(path)],
        )
        link.execute("select count(*) from reject_errors").fetchone()


def ours(path: Path) -> None:
    """What `stepladder new` does with a file before it replays the past."""
    spec = TABLES[0]
    seen = look(str(path), spec, {})
    chosen = choose(seen, ask_user=None, today=date(2025, 6, 1))
    clean(str(path), spec, chosen, seen.raw)


def seconds(work: Callable[[], object]) -> float:
    """The CPU seconds of some work, of all threads."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
