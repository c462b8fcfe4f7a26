"""One side of the factors solved exactly while the other side is held.

With Y held, row r's factors minimise the loss where

    (Yᵀ Y + λ_r I + Σ w y yᵀ) x = Σ (1 + w) y          (sums over the row's entries, w = weight·data).

Y is first turned into the axes of its own Gram matrix, in which Yᵀ Y + λ_r I is diagonal for every
λ_r at once. Dividing by its root leaves (I + Bᵀ B) u = Bᵀ t with one line of B per entry, or, for a
row with fewer entries than factors, the smaller (I + B Bᵀ) c = t with u = Bᵀ c. Both are never
worse than the identity, so single precision is enough however large the weights are.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.recommend.als.csr import Csr

WORTH_COMPILING = 2_000_000  # entries; below, loading the compiled code costs more than it saves


class Axes(NamedTuple):
    """The axes of a Gram matrix and its size along each."""

    vectors: NDArray[np.float32]
    sizes: NDArray[np.float32]


class Penalty(NamedTuple):
    """How strongly factors are drawn to zero, and how much more a like weighs than no like.

    An entry of strength s has confidence 1 + weight·s, everything else 1. A row's penalty is
    strength · (its confidences added up)^scaling: scaling 0 is the same for all, 1 in proportion.
    """

    strength: float
    weight: float
    scaling: float

    def of(self, rows: Csr, columns: int) -> NDArray[np.float32]:
        """Each row's penalty."""
        if self.scaling == 0.0:
            return np.full(rows.rows, self.strength, np.float32)
        total = columns + self.weight * rows.sums()
        return (self.strength * total**self.scaling).astype(np.float32)


def axes(factors: NDArray[np.float32]) -> Axes:
    """The axes in which these factors are uncorrelated."""
    sizes, vectors = np.linalg.eigh((factors.T @ factors).astype(np.float64))
    return Axes(vectors.astype(np.float32), np.maximum(sizes, 0.0).astype(np.float32))


def solve(
    turned: NDArray[np.float32],
    sizes: NDArray[np.float32],
    rows: Csr,
    penalty: Penalty,
    columns: int,
    threads: int = 1,
    compiled: bool | None = None,
) -> NDArray[np.float32]:
    """Every row's exact factors, in the axes the other side's factors are turned to.

    Each row is computed alone, so the bytes do not depend on the number of threads.
    """
    out = np.zeros((rows.rows, len(sizes)), np.float32)
    lambdas = penalty.of(rows, columns)
    solver, pieces = _path(rows, len(sizes), compiled)

    def work(piece: NDArray[np.int64]) -> None:
        solver(rows, piece, turned, sizes, lambdas, np.float32(penalty.weight), out)

    if threads == 1:
        for piece in pieces:
            work(piece)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, pieces))
    return out


def _path(
    rows: Csr, factors: int, compiled: bool | None
) -> tuple[Callable[..., None], Iterator[NDArray[np.int64]]]:
    """The compiled solver where there is much to do and numba is installed, else plain numpy."""
    if compiled is None:
        large = len(rows.indices) >= WORTH_COMPILING
        compiled = large and importlib.util.find_spec("numba") is not None
    if compiled:
        from stepladder.questions.recommend.als import kernels

        return kernels.solve, kernels.pieces(rows, factors)
    from stepladder.questions.recommend.als import plain

    return plain.solve, plain.pieces(rows)
