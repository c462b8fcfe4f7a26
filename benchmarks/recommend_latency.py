"""One person at a time over MovieLens-25M's 62,423 items: folding in 100 likes, and the ten best, by ALS.

    python benchmarks/recommend_latency.py

CPU milliseconds of the functions themselves, without reading the person's rows.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import numpy as np
from als_world import ITEMS

from stepladder.questions.recommend.als import Csr, axes, fold_in
from stepladder.questions.recommend.matrix.lists import Scores, top

FACTORS, LIKES, PERSONS, WARM = 64, 100, 1000, 20


def main() -> None:
    """Time both, print the median and the 99th percentile."""
    rng = np.random.default_rng(1)
    items = (rng.standard_normal((ITEMS, FACTORS)) * 0.1).astype(np.float32)
    known, exact = axes(items), items.astype(float)
    folded, listed = [], []
    for _ in range(PERSONS + WARM):
        liked = np.sort(rng.choice(ITEMS, LIKES, replace=False)).astype(np.int32)
        row = Csr(np.array([0, LIKES]), liked, np.ones(LIKES, np.float32))

        def fold(row: Csr = row) -> np.ndarray:
            return fold_in(
                items, row, regularization=1.0, weight=10.0, scaling=0.0, known_axes=known
            )

        taste, took = timed(fold)
        folded.append(took)

        def ten(taste: np.ndarray = taste, liked: np.ndarray = liked) -> object:
            quick = taste @ items.T
            quick[0, liked] = -np.inf
            mine = taste.astype(float)
            return top(Scores(quick, lambda a, b: (mine[a] * exact[b]).sum(1)), 10)

        listed.append(timed(ten)[1])
    for name, took_ in (("folding in 100 likes", folded), ("the ten best", listed)):
        middle, late = np.percentile(np.array(took_[WARM:]) * 1000, [50, 99])
        print(f"{name:22} p50 {middle:.2f} ms, p99 {late:.2f} ms")


def timed(work: Callable[[], object]) -> tuple[object, float]:
    """What the work gives and the CPU seconds it took."""
    begun = time.process_time()
    found = work()
    return found, time.process_time() - begun


if __name__ == "__main__":
    main()
