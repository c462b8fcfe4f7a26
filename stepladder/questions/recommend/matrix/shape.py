"""What is done to the matrix before anything is learnt from it: strengths, heavy persons, fewer items."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.recommend.als.csr import Csr

RECENCY = 3.0


def strength(age: NDArray[Any], horizon: int, recency: float) -> NDArray[np.float32]:
    """How much an interaction says: 1 for a very old one, up to 1 + recency for today's.

    The extra halves with every horizon of age (days). Never below 1, whatever the values are: stars
    used as a confidence turn a weight negative wherever they are few. How often somebody took an item
    is left out on purpose: on a shop's invoices it made every rung worse, the age made every one better.
    """
    fresh = np.exp2(-np.maximum(age, 0) / np.float32(max(horizon, 1)), dtype=np.float32)
    return np.asarray(1 + np.float32(recency) * fresh, np.float32)


def latest(rows: Csr, age: NDArray[np.int32], most: int) -> Csr:
    """At most so many items of each person, the latest: pairs grow with the square of a long row."""
    lengths = rows.lengths
    if not len(lengths) or lengths.max() <= most:
        return rows
    owner = np.repeat(np.arange(rows.rows), lengths)
    heavy = np.flatnonzero((lengths > most)[owner])
    # of one day's items none is favoured for its place in the catalogue
    shuffled = (rows.indices[heavy].astype(np.uint64) * np.uint64(2654435761)) & np.uint64(
        0xFFFFFFFF
    )
    order = heavy[np.lexsort((shuffled, age[heavy], owner[heavy]))]
    first = np.cumsum(np.where(lengths > most, lengths, 0)) - lengths
    nth = np.arange(len(order)) - first[owner[order]]
    keep = np.ones(len(owner), bool)
    keep[order[nth >= most]] = False
    return _kept(rows, keep)


def within(rows: Csr, columns: NDArray[np.int64], items: int) -> tuple[Csr, NDArray[np.bool_]]:
    """The same rows with these (sorted) columns only, numbered anew, and which entries were kept."""
    place = np.full(items, -1, np.int32)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    mapped = place[rows.indices]
    return _kept(Csr(rows.indptr, mapped, rows.data), mapped >= 0), mapped >= 0


def _kept(rows: Csr, keep: NDArray[np.bool_]) -> Csr:
    before = np.concatenate([[0], np.cumsum(keep)])
    return Csr(before[rows.indptr], rows.indices[keep], rows.data[keep])


def scipy_of(rows: Csr, items: int) -> Any:
    """The same rows as SciPy's sparse matrix, which multiplies them."""
    from scipy.sparse import csr_array

    return csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.rows, items))
