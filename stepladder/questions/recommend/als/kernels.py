"""Exact factors of many rows, compiled: a row's lines stay in the cache from reading to solving.

Imported only where the data are large. The products are BLAS calls of a size that its kernels for
small matrices take; longer rows are added up in chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from stepladder.questions.recommend.als.csr import Csr

ONE = np.float32(1)
OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": True, "error_model": "numpy"}
PIECE = 200_000  # entries; enough to keep a thread busy, few enough to share out evenly


def pieces(rows: Csr, factors: int) -> Iterator[NDArray[np.int64]]:
    """Runs of rows with about equal work; an empty row costs nothing and stays zero."""
    work = np.cumsum(rows.lengths + factors)
    last = int(work[-1]) if rows.rows else 0
    cuts = np.searchsorted(work, np.arange(PIECE, last, PIECE))
    yield from np.split(np.arange(rows.rows), cuts)


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
    chunk = int(np.clip(1_000_000 // len(sizes) ** 2, max(len(sizes), 64), 512))
    _rows(*rows, chosen, turned, sizes, lambdas, weight, out, chunk)


def _cholesky(A: Any, b: Any) -> None:
    """Solve A x = b in place, A at least the identity: so is every pivot, but for rounding."""
    for i in range(len(b)):
        Li = A[i]
        for j in range(i):
            Lj = A[j]
            s = np.float32(0)
            for m in range(j):
                s += Li[m] * Lj[m]
            Li[j] = (Li[j] - s) * Lj[j]  # the diagonal holds reciprocals
        s = np.float32(0)
        t = np.float32(0)
        for m in range(i):
            s += Li[m] * Li[m]
            t += Li[m] * b[m]
        Li[i] = ONE / np.sqrt(max(Li[i] - s, ONE))
        b[i] = (b[i] - t) * Li[i]
    for i in range(len(b) - 1, -1, -1):
        Li = A[i]
        b[i] *= Li[i]
        for m in range(i):
            b[m] -= b[i] * Li[m]


def _gather(indices: Any, extra: Any, turned: Any, scale: Any, lines: Any, target: Any) -> None:
    for j in range(len(indices)):
        root = np.sqrt(extra[j])
        target[j] = (ONE + extra[j]) / root
        y, line = turned[indices[j]], lines[j]
        for i in range(len(scale)):
            line[i] = root * y[i] * scale[i]


def _add_lines(lines: Any, factor: Any, into: Any) -> None:
    for j in range(len(lines)):
        line, f = lines[j], factor[j]
        for i in range(len(into)):
            into[i] += f * line[i]


def _short(lines: Any, target: Any, room: Any, found: Any) -> None:
    """Fewer entries than factors: one unknown for each entry."""
    n = len(lines)
    square = room[: n * n].reshape(n, n)
    np.dot(lines, lines.T, square)
    for i in range(n):
        square[i, i] += ONE
    _cholesky_(square, target)
    _add_lines_(lines, target, found)


def _rows(
    indptr: Any,
    indices: Any,
    data: Any,
    chosen: Any,
    turned: Any,
    sizes: Any,
    lambdas: Any,
    weight: Any,
    out: Any,
    chunk: int,
) -> None:
    k = len(sizes)
    lines, target = np.empty((chunk, k), np.float32), np.empty(chunk, np.float32)
    room, part = np.empty(k * k, np.float32), np.empty((k, k), np.float32)
    square = room.reshape(k, k)
    for r in chosen:
        start, end = indptr[r], indptr[r + 1]
        if start == end:
            continue
        found = out[r]
        scale = ONE / np.sqrt(sizes + lambdas[r])
        if end - start < k:
            n = end - start
            extra = weight * data[start:end]
            _gather_(indices[start:end], extra, turned, scale, lines, target)
            _short_(lines[:n], target[:n], room, found)
        else:
            square[:] = 0
            for i in range(k):
                square[i, i] = ONE
            for at in range(start, end, chunk):
                n = min(chunk, end - at)
                extra = weight * data[at : at + n]
                _gather_(indices[at : at + n], extra, turned, scale, lines, target)
                _add_lines_(lines[:n], target[:n], found)
                np.dot(lines[:n].T, lines[:n], part)
                square += part
            _cholesky_(square, found)
        for i in range(k):
            found[i] *= scale[i]


# Named apart from their Python sources so that those stay readable and testable as they are.
_cholesky_: Any = numba.njit(**OPTIONS)(_cholesky)
_gather_: Any = numba.njit(**OPTIONS)(_gather)
_add_lines_: Any = numba.njit(**OPTIONS)(_add_lines)
_short_: Any = numba.njit(**OPTIONS)(_short)
_rows = numba.njit(**OPTIONS)(_rows)
