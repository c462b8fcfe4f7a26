"""Factors of persons who need not have been there when the items' factors were found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.recommend.als.csr import Csr
from stepladder.questions.recommend.als.half_step import Axes, Penalty, axes, solve


def fold_in(
    item_factors: NDArray[np.float32],
    rows: Csr,
    *,
    regularization: float = 0.003,
    weight: float = 10.0,
    scaling: float = 1.0,
    known_axes: Axes | None = None,
    threads: int = 1,
    compiled: bool | None = None,
) -> NDArray[np.float32]:
    """Each row's exact factors given the items', known person and late-comer alike.

    An empty row's factors are zero. For single rows pass `known_axes`, `axes(item_factors)`, once
    computed: the rest takes well under a millisecond.
    """
    vectors, sizes = known_axes if known_axes is not None else axes(item_factors)
    columns = len(item_factors)
    if len(rows.indices) < columns:  # turn only the items that occur
        occurring, places = np.unique(rows.indices, return_inverse=True)
        item_factors = item_factors[occurring]
        rows = rows._replace(indices=places.astype(np.int32))
    penalty = Penalty(regularization, weight, scaling)
    found = solve(item_factors @ vectors, sizes, rows, penalty, columns, threads, compiled)
    return found @ vectors.T
