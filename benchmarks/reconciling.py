"""Levels made to agree: 20,000 series and 500 sums of them, 18 steps; the time, and what the bounds cost.

    python benchmarks/reconciling.py [--bottom 20000] [--upper 500] [--steps 18]

CPU seconds of making forecasts of all levels agree, once freely and once with no forecast below zero; and,
up to a few thousand series, how far from the dense formula.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import numpy as np
from scipy.sparse import csr_matrix

from stepladder.questions.forecast.reconcile import Structure, reconciled

DENSE = 3000  # series, up to which the dense formula is worked out too


def world(bottom: int, upper: int, steps: int) -> tuple[Any, Any, Structure]:
    """Forecasts of series in shops in regions, and of their sums, that do not agree."""
    rng = np.random.default_rng(1)
    regions = max((upper - 1) // 10, 1)
    shops = upper - 1 - regions
    shop = np.arange(bottom) % shops
    above = np.r_[np.zeros(bottom, int), 1 + shop % regions, 1 + regions + shop]
    adds = csr_matrix((np.ones(3 * bottom), (above, np.tile(np.arange(bottom), 3))))
    mean = rng.lognormal(0.0, 1.5, (bottom, 1)) * np.ones((1, steps))
    below = mean * (1 + rng.normal(0.0, 0.6, mean.shape))
    sums = adds @ mean
    said = sums * (1 + rng.normal(0.0, 0.05, sums.shape))
    strays = (0.6 * mean[:, 0]) ** 2, (0.05 * sums[:, 0]) ** 2
    return below, said, Structure(adds, *strays, np.full(bottom, -np.inf))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, usual in (("bottom", 20_000), ("upper", 500), ("steps", 18)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    given = parser.parse_args()
    below, said, free = world(given.bottom, given.upper, given.steps)
    for name, least in (("free", -np.inf), ("none below zero", 0.0)):
        known = free._replace(least=np.full(given.bottom, least))
        began = time.process_time()
        found = reconciled(below, said, known)
        took = time.process_time() - began
        off = np.abs(below - found).sum() / np.abs(below).sum()
        print(
            f"{name:16} {took:6.2f} CPU s, {(found == 0).sum():6,} at zero, moved by {off:.1%} in all"
        )
        if given.bottom <= DENSE and name == "free":
            print(
                f"{'':16} from the dense formula: {np.abs(found - dense(below, said, known)).max():.1e}"
            )


def dense(below: Any, said: Any, known: Structure) -> Any:
    """(S'W⁻¹S)⁻¹ S'W⁻¹ ŷ, as it is written."""
    every = np.vstack([known.adds.toarray(), np.eye(known.adds.shape[1])])
    weight = 1 / np.r_[known.above, known.below]
    left = every.T @ (weight[:, None] * every)
    return np.linalg.solve(left, (every.T * weight) @ np.vstack([said, below]))


if __name__ == "__main__":
    main()
