"""Averages over a beta distribution, by Gauss quadrature fitted to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def beta_nodes(a: ArrayLike, b: ArrayLike, count: int) -> tuple[Floats, Floats]:
    """Nodes and weights of the beta(a, b) distributions, each (distributions, count).

    Golub & Welsch (1969) with the recurrence of the Jacobi polynomials moved to (0, 1): exact for
    polynomials up to degree 2 count - 1, for any a, b > 0.
    """
    n = np.arange(1, count)[None, :]
    a, b = np.broadcast_arrays(np.atleast_1d(a)[:, None], np.atleast_1d(b)[:, None])
    total = a + b
    # c = 2 n + A + B with A = b - 1, B = a - 1; the first terms are written out, for 0/0 hides there
    c = 2.0 * n + total - 2.0
    middle = 0.5 + 0.5 * (a - b) * (total - 2.0) / (c * (c + 2.0))
    diagonal = np.concatenate([a / total, middle], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        square = n * (n + b - 1.0) * (n + a - 1.0) * (n + total - 2.0)
        square = square / (c**2 * (c + 1.0) * (c - 1.0))
    square[:, 0] = (a * b / (total**2 * (total + 1.0)))[:, 0]
    matrix = np.zeros((len(a), count, count))
    rows = np.arange(count)
    matrix[:, rows, rows] = diagonal
    matrix[:, rows[1:], rows[:-1]] = np.sqrt(np.maximum(square, 0.0))
    nodes, vectors = np.linalg.eigh(matrix)
    return np.clip(nodes, 0.0, 1.0), vectors[:, 0, :] ** 2
