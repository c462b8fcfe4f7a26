"""The one training loss by which all solvers, ours and others', are measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.recommend.als.csr import Csr
from stepladder.questions.recommend.als.half_step import Penalty

CHUNK = 50_000  # entries at a time


def loss(
    by_person: Csr,
    persons: NDArray[np.float32],
    items: NDArray[np.float32],
    *,
    regularization: float = 0.003,
    weight: float = 10.0,
    scaling: float = 1.0,
) -> float:
    """What fitting makes small: how far predictions are off, weighted, plus the penalties."""
    penalty = Penalty(regularization, weight, scaling)
    by_item = by_person.transposed(len(items)) if scaling else by_person
    total = 0.0
    for rows, columns, factors in (
        (by_person, len(items), persons),
        (by_item, by_person.rows, items),
    ):
        lambdas = penalty.of(rows, columns) if scaling else np.full(len(factors), regularization)
        total += float(lambdas.astype(np.float64) @ np.square(factors.astype(np.float64)).sum(1))
    return total + _off(by_person, persons, items, weight)


def _off(
    by_person: Csr, persons: NDArray[np.float32], items: NDArray[np.float32], weight: float
) -> float:
    """Squared predictions over all pairs, put right where something was liked."""
    x, y = persons.astype(np.float64), items.astype(np.float64)
    total = float(((x.T @ x) * (y.T @ y)).sum())
    owner = np.repeat(np.arange(by_person.rows, dtype=np.int32), by_person.lengths)
    for start in range(0, len(owner), CHUNK):
        part = slice(start, start + CHUNK)
        pairs = persons[owner[part]], items[by_person.indices[part]]
        predicted = np.einsum("nk,nk->n", *pairs).astype(np.float64)
        confidence = 1 + weight * by_person.data[part].astype(np.float64)
        total += float((confidence * (1 - predicted) ** 2 - predicted**2).sum())
    return total
