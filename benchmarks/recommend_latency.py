"""How long one person's list takes once their rows are at hand: 62,423 items, 64 factors, one thread.

    python benchmarks/recommend_latency.py

Random factors and likes of a heavy-tailed popularity; reading the rows from disk is not in it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import numpy as np

from stepladder.questions.recommend import als, r3_ease, r3_item_neighbours, r4_als
from stepladder.questions.recommend.matrix import Csr
from stepladder.questions.recommend.matrix.lists import top

ITEMS, FACTORS, RATINGS, TIMES, NEIGHBOURS, EASE_ITEMS = 62_423, 64, 100, 2_000, 50, 5_000


def rows(rng: Any, items: int, n: int) -> list[Csr]:
    """Persons with 100 likes each."""
    fame = 1 / (np.arange(items) + 20.0)
    ends = np.array([0, RATINGS])
    out = []
    for _ in range(n):
        liked = np.sort(rng.choice(items, RATINGS, replace=False, p=fame / fame.sum()))
        out.append(Csr(ends, liked.astype(np.int32), rng.uniform(1, 4, RATINGS).astype(np.float32)))
    return out


def clock(name: str, work: Callable[[Any], object], over: list[Any]) -> None:
    """Print the median and the 99th percentile in milliseconds."""
    for one in over[:20]:
        work(one)
    took = []
    for i in range(TIMES):
        before = time.perf_counter()
        work(over[i % len(over)])
        took.append(1e3 * (time.perf_counter() - before))
    median, high = np.percentile(took, [50, 99])
    print(f"  {name:52} median {median:6.2f} ms   99th percentile {high:6.2f} ms", flush=True)


def main() -> None:
    """Time each part."""
    rng = np.random.default_rng(1)
    figures = rng.standard_normal((ITEMS, FACTORS)).astype(np.float32) * 0.1
    gram = figures.T.astype(float) @ figures
    model = {"figures": figures, "gram": gram, "weight": 1.0, "shrink": 0.005}
    people = rows(rng, ITEMS, 200)
    axes = als.axes(figures)
    clock("ALS: a new person's figures from 100 likes", lambda r: r4_als.taste(model, r, 0), people)
    clock("  the same by als.fold_in", lambda r: als.fold_in(figures, r, known_axes=axes), people)
    scored = [r4_als.score(model, r) for r in people[:50]]
    clock(
        "ALS: top 10 of 62,423 items, figures known", lambda s: top(_again(figures, s), 10), scored
    )
    clock("ALS: both", lambda r: top(r4_als.score(model, r), 10), people)
    near = {
        "indptr": np.arange(ITEMS + 1) * NEIGHBOURS,
        "indices": rng.integers(0, ITEMS, ITEMS * NEIGHBOURS).astype(np.int32),
        "likeness": rng.random(ITEMS * NEIGHBOURS).astype(np.float32),
    }
    clock("item neighbours: both", lambda r: top(r3_item_neighbours.score(near, r), 10), people)
    ease = {"weights": rng.standard_normal((EASE_ITEMS, EASE_ITEMS)).astype(np.float32)}
    clock(
        "EASE, 5,000 items: both",
        lambda r: top(r3_ease.score(ease, r), 10),
        rows(rng, EASE_ITEMS, 200),
    )


def _again(figures: Any, scores: Any) -> Any:
    """The product with all items once more, for a person whose figures are known."""
    scores.quick[:] = figures[0] @ figures.T
    return scores


if __name__ == "__main__":
    main()
