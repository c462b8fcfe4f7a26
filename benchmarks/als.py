"""ALS against the library `implicit` on a matrix of MovieLens-25M's shape, one thread, the same loss.

    pip install implicit      # the peer, not one of ours
    python benchmarks/als.py /tmp/als [--entries 25000000] [--exact]

CPU seconds per round and the training loss after each; then how much CPU ours takes to reach the loss
that `implicit` (conjugate gradients, 3 steps) has after 10 rounds. Each solver runs in a process of its
own, so that peak memory is its own; the matrix itself is counted in both.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import time
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import numpy as np
from als_world import ENTRIES, ITEMS, PERSONS, likes, stored

FACTORS, WEIGHT, PENALTY = 64, 10.0, 10.0


def clocks() -> tuple[float, float]:
    """CPU and wall seconds so far."""
    return time.process_time(), time.perf_counter()


def report(name: str, done: int, took: tuple[float, float], total: float) -> None:
    """One line of the table."""
    print(
        f"{name:22} round {done:2}  {took[0]:7.2f} CPU s  {took[1]:7.2f} s  loss {total:,.0f}",
        flush=True,
    )


def ours(folder: Path, entries: int, rounds: int, threads: int, out: Any) -> None:
    """Our rounds; the first includes the head start on a sample."""
    from stepladder.questions.recommend.als import fit, loss
    from stepladder.questions.recommend.als.fit import head_start, start
    from stepladder.questions.recommend.als.half_step import Penalty

    matrix = _matrix(folder, entries)
    fit(likes(5000, 1000, 30_000, 2), 1000, iterations=1, compiled=True)  # compile once
    items, found, used = _items(entries), [], (0.0, 0.0)
    begun = clocks()
    for i, (x, y) in enumerate(
        head_start(
            matrix, start(items, FACTORS, 1), Penalty(PENALTY, WEIGHT, 0.0), rounds, 1, threads
        )
    ):
        took = tuple(now - then for now, then in zip(clocks(), begun, strict=True))
        used = (used[0] + took[0], used[1] + took[1])
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        total = loss(matrix, x, y, regularization=PENALTY, weight=WEIGHT, scaling=0.0)
        report(f"ours, {threads} thread(s)", i + 1, took, total)
        found.append((*used, total, memory))
        begun = clocks()
    out.put(found)


def peer(folder: Path, entries: int, rounds: int, threads: int, conjugate: bool, out: Any) -> None:
    """The rounds of `implicit`."""
    import scipy.sparse as sp
    from implicit.cpu.als import AlternatingLeastSquares

    from stepladder.questions.recommend.als import loss

    matrix = _matrix(folder, entries)
    data = (1 + np.float32(WEIGHT) * matrix.data, matrix.indices, matrix.indptr)
    rows = sp.csr_matrix(data, shape=(matrix.rows, _items(entries)))
    model = AlternatingLeastSquares(
        factors=FACTORS, regularization=PENALTY, alpha=1.0, use_cg=conjugate, iterations=rounds,
        num_threads=threads, random_state=1,
    )  # fmt: skip
    found, state = [], {"begun": clocks(), "used": (0.0, 0.0)}
    name = f"implicit {'CG-3' if conjugate else 'Cholesky'}, {threads}"

    def after(i: int, *_: object) -> None:
        took = tuple(now - then for now, then in zip(clocks(), state["begun"], strict=True))
        state["used"] = (state["used"][0] + took[0], state["used"][1] + took[1])
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        total = loss(matrix, model.user_factors, model.item_factors,
                     regularization=PENALTY, weight=WEIGHT, scaling=0.0)  # fmt: skip
        report(name, i + 1, took, total)
        found.append((*state["used"], total, memory))
        state["begun"] = clocks()

    model.fit(rows, show_progress=False, callback=after)
    out.put(found)


def _items(entries: int) -> int:
    return int(ITEMS * min(1.0, 4 * entries / ENTRIES))


def _matrix(folder: Path, entries: int) -> Any:
    return stored(folder, int(PERSONS * entries / ENTRIES), _items(entries), entries)


def alone(function: Any, *arguments: object) -> list[tuple[float, float, float, float]]:
    """What the function finds in a process of its own."""
    fresh = multiprocessing.get_context("spawn")
    out = fresh.Queue()
    process = fresh.Process(target=function, args=(*arguments, out))
    process.start()
    found: list[tuple[float, float, float, float]] = out.get()
    process.join()
    return found


def main() -> None:
    """Run both, print the ratios."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--entries", type=int, default=ENTRIES)
    options.add_argument(
        "--exact", action="store_true", help="also implicit's exact solver, one round"
    )
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    _matrix(given.folder, given.entries)
    theirs = alone(peer, given.folder, given.entries, 10, given.threads, True)
    mine = alone(ours, given.folder, given.entries, 6, given.threads)
    goal = theirs[-1][2]
    reached = next((round_ for round_ in mine if round_[2] <= goal), None)
    if reached:
        print(f"implicit's loss after 10 rounds, {goal:,.0f}: implicit {theirs[-1][0]:.1f} CPU s, "
              f"{theirs[-1][1]:.1f} s; ours {reached[0]:.1f} CPU s, {reached[1]:.1f} s: "
              f"{theirs[-1][0] / reached[0]:.1f} times less CPU")  # fmt: skip
    print(f"peak memory: implicit {theirs[-1][3]:.2f} GB, ours {mine[-1][3]:.2f} GB")
    if given.exact:
        exact = alone(peer, given.folder, given.entries, 1, given.threads, False)
        each = (mine[-1][0] - mine[0][0]) / (len(mine) - 1)
        print(f"an exact round: implicit {exact[0][0]:.1f} CPU s, ours {each:.1f}: "
              f"{exact[0][0] / each:.1f} times less")  # fmt: skip


if __name__ == "__main__":
    main()
