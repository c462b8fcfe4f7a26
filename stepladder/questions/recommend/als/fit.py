"""Factors of persons and items from what was liked (Hu, Koren and Volinsky, 2008).

Minimised over persons' factors x and items' factors y, over all pairs, liked or not:

    Σ c (p − x·y)² + Σ λ_u |x_u|² + Σ λ_i |y_i|²,    p = 1 where liked, else 0,

with c = 1 + weight·strength where liked, else 1. The library `implicit` minimises the same with
confidences passed as data, so the two agree if it is given 1 + weight·strength, `alpha=1`, and the
penalties here have scaling 0. Scaling 1 is the penalty of "Revisiting the performance of iALS"
(Rendle et al., RecSys 2022). Both sides are solved exactly in turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.recommend.als.csr import Csr
from stepladder.questions.recommend.als.half_step import Penalty, axes, solve

Factors = NDArray[np.float32]
SAMPLE, LEAST_PERSONS, HEAD_START = 8, 4_000, 3  # one person in 8, if that many, for 3 rounds


def fit(
    by_person: Csr,
    items: int,
    *,
    factors: int = 64,
    regularization: float = 0.003,
    weight: float = 10.0,
    scaling: float = 1.0,
    iterations: int = 15,
    seed: int = 0,
    threads: int = 1,
    compiled: bool | None = None,
) -> Factors:
    """The items' factors: items liked by the same persons point the same way."""
    penalty = Penalty(regularization, weight, scaling)
    found = start(items, factors, seed)
    steps = head_start(by_person, found, penalty, iterations, seed, threads, compiled)
    for persons, found in steps:  # noqa: B007 the last are handed back
        del persons  # or the next round would hold two of them
    return found


def start(items: int, factors: int, seed: int) -> Factors:
    """Small random factors, as likely positive as negative."""
    drawn = np.random.default_rng(seed).standard_normal((items, factors), dtype=np.float32)
    return drawn * np.float32(0.1 / np.sqrt(factors))


def head_start(
    by_person: Csr,
    found: Factors,
    penalty: Penalty,
    iterations: int,
    seed: int,
    threads: int = 1,
    compiled: bool | None = None,
) -> Iterator[tuple[Factors, Factors]]:
    """Persons' and items' factors round by round, begun on a sample where there are many persons.

    The first rounds only find out roughly which items go together, for which a sample will do.
    """
    if by_person.rows // SAMPLE >= LEAST_PERSONS:
        drawn = np.random.default_rng(seed).permutation(by_person.rows)
        few = by_person.chosen(np.sort(drawn[: by_person.rows // SAMPLE]))
        found = deque(rounds(few, found, penalty, HEAD_START, threads, compiled), 1)[0][1]
        del few, drawn
    yield from rounds(by_person, found, penalty, iterations, threads, compiled)


def rounds(
    by_person: Csr,
    found: Factors,
    penalty: Penalty,
    iterations: int,
    threads: int = 1,
    compiled: bool | None = None,
) -> Iterator[tuple[Factors, Factors]]:
    """Persons' and items' factors after each round; the loss never rises."""
    by_item = by_person.transposed(len(found))
    for _ in range(iterations):
        vectors, sizes = axes(found)
        turned = found @ vectors  # turning both sides alike changes no prediction
        persons = solve(turned, sizes, by_person, penalty, len(found), threads, compiled)
        vectors, sizes = axes(persons)
        for part in range(0, len(persons), 16_384):  # in place: there are many persons
            persons[part : part + 16_384] = persons[part : part + 16_384] @ vectors
        found = solve(persons, sizes, by_item, penalty, by_person.rows, threads, compiled)
        yield persons, found
        del persons, turned  # likewise
