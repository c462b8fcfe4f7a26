"""Rows that hold few entries, side by side: the one shape all numerics here read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Csr(NamedTuple):
    """A sparse matrix row by row: row r owns the entries indptr[r] to indptr[r + 1]."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.float32]

    @property
    def rows(self) -> int:
        """How many rows there are, empty ones included."""
        return len(self.indptr) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many entries each row has."""
        return np.diff(self.indptr)

    def sums(self) -> NDArray[np.float64]:
        """The sum of each row's entries, 0 for an empty row."""
        out = np.zeros(self.rows)
        filled = self.lengths > 0
        if filled.any():
            out[filled] = np.add.reduceat(self.data, self.indptr[:-1][filled], dtype=np.float64)
        return out

    def transposed(self, columns: int) -> Csr:
        """The same entries column by column; within a column the rows ascend."""
        from scipy.sparse import csr_matrix

        other = csr_matrix((self.data, self.indices, self.indptr), (self.rows, columns)).tocsc()
        indices = other.indices.astype(np.int32, copy=False)  # a quarter of the memory in use
        return Csr(other.indptr.astype(np.int64), indices, other.data)

    def chosen(self, rows: NDArray[np.int64]) -> Csr:
        """Only these rows, in this order."""
        lengths = self.lengths[rows]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], lengths)
        return Csr(indptr, self.indices[at], self.data[at])
