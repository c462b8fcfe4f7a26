"""The numerics of ALS against the formula written out, and its two paths against each other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from stepladder.questions.recommend.als import Csr, fit, loss
from stepladder.questions.recommend.als.fit import head_start, rounds, start
from stepladder.questions.recommend.als.half_step import Penalty, axes, solve

PERSONS, ITEMS, FACTORS, PENALTY, WEIGHT = 60, 40, 8, 0.7, 3.0


@pytest.fixture(scope="module")
def likes() -> Csr:
    """Rows of every length: empty, shorter than the factors, one with everything."""
    rng = np.random.default_rng(3)
    there = rng.random((PERSONS, ITEMS)) < rng.uniform(0.02, 0.6, (PERSONS, 1))
    there[0], there[1] = False, True
    indptr = np.concatenate([[0], np.cumsum(there.sum(1))]).astype(np.int64)
    strength = rng.integers(1, 4, indptr[-1]).astype(np.float32)
    return Csr(indptr, np.nonzero(there)[1].astype(np.int32), strength)


def dense(likes: Csr) -> tuple[np.ndarray, np.ndarray]:
    """Confidence and preference of every pair."""
    confidence, liked = np.ones((PERSONS, ITEMS)), np.zeros((PERSONS, ITEMS))
    for row in range(PERSONS):
        part = slice(likes.indptr[row], likes.indptr[row + 1])
        confidence[row, likes.indices[part]] += WEIGHT * likes.data[part]
        liked[row, likes.indices[part]] = 1
    return confidence, liked


def persons(items: np.ndarray, rows: Csr, penalty: Penalty, compiled: bool = False) -> np.ndarray:
    """The half step of every round: each row's factors, the items' held."""
    vectors, sizes = axes(items)
    found = solve(items @ vectors, sizes, rows, penalty, len(items), compiled=compiled)
    return found @ vectors.T


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("scaling", [0.0, 1.0])
def test_a_half_step_solves_the_equation_of_each_row(likes, compiled, scaling):
    items = np.random.default_rng(1).standard_normal((ITEMS, FACTORS)).astype(np.float32)
    found = persons(items, likes, Penalty(PENALTY, WEIGHT, scaling), compiled)
    confidence, liked = dense(likes)
    y = items.astype(float)
    for row in range(PERSONS):
        extra = (confidence[row] - 1)[liked[row] > 0].sum()
        penalty = PENALTY * (ITEMS + extra) ** scaling
        left = y.T @ (confidence[row][:, None] * y) + penalty * np.eye(FACTORS)
        exact = np.linalg.solve(left, y.T @ (confidence[row] * liked[row]))
        np.testing.assert_allclose(found[row], exact, rtol=2e-4, atol=2e-5)
    assert not found[0].any()


def test_the_loss_is_the_formula(likes):
    rng = np.random.default_rng(2)
    x, y = (rng.standard_normal((n, FACTORS)).astype(np.float32) for n in (PERSONS, ITEMS))
    confidence, liked = dense(likes)
    off = (confidence * (liked - x.astype(float) @ y.astype(float).T) ** 2).sum()
    whole = off + PENALTY * ((x.astype(float) ** 2).sum() + (y.astype(float) ** 2).sum())
    assert loss(likes, x, y, regularization=PENALTY, weight=WEIGHT, scaling=0.0) == pytest.approx(
        whole, rel=1e-6
    )


@pytest.mark.parametrize("scaling", [0.0, 1.0])
def test_the_loss_never_rises(likes, scaling):
    penalty = Penalty(0.05, WEIGHT, scaling)
    losses = [
        loss(likes, x, y, regularization=0.05, weight=WEIGHT, scaling=scaling)
        for x, y in rounds(likes, start(ITEMS, FACTORS, 1), penalty, 12)
    ]
    assert all(later <= earlier * (1 + 1e-6) for earlier, later in itertools.pairwise(losses))
    assert losses[-1] < 0.9 * losses[0]


def test_compiled_is_plain_and_threads_change_no_byte(likes):
    settings = {"factors": FACTORS, "weight": WEIGHT, "iterations": 4, "seed": 5}
    plain = fit(likes, ITEMS, **settings, compiled=False)
    one, two = (fit(likes, ITEMS, **settings, compiled=True, threads=n) for n in (1, 2))
    assert one.tobytes() == two.tobytes()
    predicted = [
        persons(items, likes, Penalty(0.003, WEIGHT, 1.0)) @ items.T for items in (plain, one)
    ]
    np.testing.assert_allclose(*predicted, atol=2e-3)


def test_extremes_stay_finite():
    """A row with one entry, one with very many, weights of a million."""
    indptr = np.array([0, 1, 50_001], np.int64)
    indices = np.concatenate([[7], np.arange(50_000)]).astype(np.int32)
    rows = Csr(indptr, indices, np.full(50_001, 1e6, np.float32))
    found = fit(rows, 50_000, factors=16, iterations=2, compiled=False)
    assert np.isfinite(found).all()
    assert np.isfinite(persons(found, rows, Penalty(0.003, 10.0, 1.0))).all()


@pytest.mark.parametrize("compiled", [False, True])
def test_rows_with_fewer_entries_than_factors_and_more_agree(likes, compiled):
    """More factors than any row has entries: the small form; few factors: the large one."""
    for factors in (2, 64):
        items = np.random.default_rng(1).standard_normal((ITEMS, factors)).astype(np.float32)
        found = persons(items, likes, Penalty(PENALTY, WEIGHT, 1.0), compiled)
        confidence, liked = dense(likes)
        y, total = items.astype(float), confidence.sum(1)
        for row in range(PERSONS):
            left = y.T @ (confidence[row][:, None] * y)
            left += PENALTY * total[row] * np.eye(factors)
            exact = np.linalg.solve(left, y.T @ (confidence[row] * liked[row]))
            np.testing.assert_allclose(found[row], exact, atol=2e-5)


def test_a_sample_first_where_there_are_many_persons():
    """Three rounds on an eighth of the persons bring the first on all much further."""
    rng = np.random.default_rng(4)
    taste = rng.integers(0, 8, 40_000)[:, None] * 8
    there = np.zeros((40_000, 64), bool)
    there[np.arange(40_000)[:, None], taste + rng.integers(0, 8, (40_000, 4))] = True
    indptr = np.concatenate([[0], np.cumsum(there.sum(1))]).astype(np.int64)
    data = np.ones(indptr[-1], np.float32)
    rows = Csr(indptr, np.nonzero(there)[1].astype(np.int32), data)
    penalty, first = Penalty(1.0, 10.0, 0.0), start(64, 8, 1)
    with_sample = next(head_start(rows, first, penalty, 1, 1))
    without = next(rounds(rows, first, penalty, 1))
    with_loss, without_loss = (
        loss(rows, x, y, regularization=1.0, weight=10.0, scaling=0.0)
        for x, y in (with_sample, without)
    )
    assert with_loss < 0.9 * without_loss


def test_no_likes_at_all_is_no_accident():
    nobody = Csr(np.zeros(4, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert not fit(nobody, 5, factors=4, iterations=2).any()
