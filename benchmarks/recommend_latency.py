"""One person at a time over MovieLens-25M's 62,423 items: folding in 100 likes, and the ten best, by ALS.

    python benchmarks/recommend_latency.py

CPU milliseconds of the rung's own functions; reading the person's rows comes on top.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import numpy as np
from als_world import ITEMS

from stepladder.questions.recommend import r4_als
from stepladder.questions.recommend.als import Csr
from stepladder.questions.recommend.matrix.lists import top

FACTORS, LIKES, PERSONS, WARM = 64, 100, 1000, 20


def main() -> None:
    """Time both, print the median and the 99th percentile."""
    rng = np.random.default_rng(1)
    figures = (rng.standard_normal((ITEMS, FACTORS)) * 0.1).astype(np.float32)
    gram = figures.T.astype(float) @ figures
    model = {"figures": figures, "gram": gram, "weight": 10.0, "shrink": 0.002}
    folded, listed = [], []
    for _ in range(PERSONS + WARM):
        liked = np.sort(rng.choice(ITEMS, LIKES, replace=False)).astype(np.int32)
        row = Csr(np.array([0, LIKES]), liked, np.ones(LIKES, np.float32))
        folded.append(seconds(lambda row=row: r4_als.taste(model, row, 0)))
        listed.append(seconds(lambda row=row, liked=liked: ten(model, row, liked)))
    for name, took in (("folding in 100 likes", folded), ("that and the ten best", listed)):
        middle, late = np.percentile(np.array(took[WARM:]) * 1000, [50, 99])
        print(f"{name:22} p50 {middle:.2f} ms, p99 {late:.2f} ms")


def ten(model: dict, row: Csr, liked: np.ndarray) -> object:
    """The person's ten best of what they do not have."""
    scores = r4_als.score(model, row)
    scores.quick[0, liked] = -np.inf
    return top(scores, 10)


def seconds(work: Callable[[], object]) -> float:
    """The CPU seconds of some work."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
