"""Exact factors of many rows in plain numpy: rows of like length are solved as one stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.recommend.als.csr import Csr

ENTRIES = 4096  # a stack's, padding included: 1 MB of 64 factors stays in the cache
PADDING = 1.05  # a stack's longest row over its shortest


def pieces(rows: Csr) -> Iterator[NDArray[np.int64]]:
    """Stacks of rows of like length; empty rows are left out, their factors are zero."""
    order = np.argsort(rows.lengths, kind="stable")
    lengths = rows.lengths[order]
    start = int(np.searchsorted(lengths, 1))
    while start < len(order):
        stop = int(np.searchsorted(lengths, int(lengths[start] * PADDING), side="right"))
        stop = min(stop, start + max(1, ENTRIES // int(lengths[stop - 1])))
        yield order[start:stop]
        start = stop


def solve(
    rows: Csr,
    chosen: NDArray[np.int64],
    turned: NDArray[np.float32],
    sizes: NDArray[np.float32],
    lambdas: NDArray[np.float32],
    weight: np.float32,
    out: NDArray[np.float32],
) -> None:
    """Write the chosen rows' factors; see half_step for the two forms."""
    at, real = _entries(rows, chosen)
    extra = np.where(real, weight * rows.data[at], 0)
    root = np.sqrt(extra)
    target = np.divide(1 + extra, root, out=np.zeros_like(root), where=root > 0)[..., None]
    scale = 1 / np.sqrt(sizes + lambdas[chosen, None])
    lines = turned.take(rows.indices[at], axis=0)
    lines *= root[..., None]
    lines *= scale[:, None, :]
    across = lines.transpose(0, 2, 1)
    if at.shape[1] < len(sizes):
        found = across @ _plus_identity_solved(lines @ across, target)
    else:
        found = _plus_identity_solved(across @ lines, across @ target)
    out[chosen] = found[..., 0] * scale


def _entries(rows: Csr, chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each chosen row's entries are, side by side; False where a shorter row has ended."""
    first = rows.indptr[chosen, None]
    ends = rows.indptr[chosen + 1, None]
    at = first + np.arange((ends - first).max())
    return np.where(at < ends, at, first), at < ends


def _plus_identity_solved(square: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    diagonal = np.arange(square.shape[1])
    square[:, diagonal, diagonal] += 1
    return np.linalg.solve(square, right)
