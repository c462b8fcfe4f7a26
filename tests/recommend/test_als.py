"""Matrix factorisation: exact against brute force, one answer on every path, steady at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from stepladder.questions.recommend.als import Csr, axes, fit, fold_in, loss
from stepladder.questions.recommend.als.fit import head_start, start
from stepladder.questions.recommend.als.half_step import Penalty, solve


def some_likes(persons=60, items=40, share=0.2, seed=3):
    rng = np.random.default_rng(seed)
    dense = (rng.random((persons, items)) < share) * rng.integers(1, 4, (persons, items))
    dense[0], dense[1, 1:], dense[2] = 0, 0, 1  # nothing, at most one, everything
    return sparse(dense), dense


def sparse(dense):
    who, what = np.nonzero(dense)
    indptr = np.searchsorted(who, np.arange(len(dense) + 1)).astype(np.int64)
    return Csr(indptr, what.astype(np.int32), dense[who, what].astype(np.float32))


def brute_force_factors(dense, y, strength, weight, scaling):
    found = []
    for row in dense:
        c = 1.0 + weight * row
        left = (y.T * c) @ y + strength * c.sum() ** scaling * np.eye(y.shape[1])
        found.append(np.linalg.solve(left, y.T @ (c * (row > 0))))
    return np.array(found)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("strength", "scaling"), [(0.5, 0.0), (0.01, 1.0)])
@pytest.mark.parametrize("factors", [3, 8, 24])
def test_a_half_step_is_the_exact_minimum(factors, strength, scaling, compiled):
    if compiled:
        pytest.importorskip("numba")
    rows, dense = some_likes()
    y = np.random.default_rng(1).standard_normal((40, factors)).astype(np.float32)
    kept = {"regularization": strength, "weight": 7.0, "scaling": scaling}
    found = fold_in(y, rows, **kept, compiled=compiled)
    expected = brute_force_factors(dense, y.astype(float), strength, 7.0, scaling)
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert not found[0].any()
    np.testing.assert_allclose(
        fold_in(y, rows, **kept, known_axes=axes(y), compiled=compiled), found, atol=1e-7
    )


@pytest.mark.parametrize("scaling", [0.0, 1.0])
def test_loss_is_the_sum_over_all_pairs(scaling):
    rows, dense = some_likes()
    rng = np.random.default_rng(2)
    x, y = (rng.standard_normal((n, 5)).astype(np.float32) for n in dense.shape)
    c = 1.0 + 4.0 * dense
    expected = (c * ((dense > 0) - x.astype(float) @ y.T.astype(float)) ** 2).sum()
    for factors, total in ((x, c.sum(1)), (y, c.sum(0))):
        expected += (0.3 * total**scaling * np.square(factors.astype(float)).sum(1)).sum()
    got = loss(rows, x, y, regularization=0.3, weight=4.0, scaling=scaling)
    assert got == pytest.approx(expected, rel=1e-6)


def test_the_loss_never_rises_and_both_paths_walk_the_same_way():
    pytest.importorskip("numba")
    rows, _ = some_likes(300, 80)
    penalty, walked = Penalty(0.01, 10.0, 1.0), {}
    for compiled in (False, True):
        steps = head_start(rows, start(80, 16, 1), penalty, 6, 1, 1, compiled)
        walked[compiled] = [
            loss(rows, *step, regularization=0.01, weight=10.0, scaling=1.0) for step in steps
        ]
        assert (np.diff(walked[compiled]) < 0).all()
    np.testing.assert_allclose(walked[True], walked[False], rtol=1e-4)


@pytest.mark.parametrize("compiled", [False, True])
def test_same_bytes_on_one_thread_and_two(compiled):
    if compiled:
        pytest.importorskip("numba")
    rows, _ = some_likes(2_000, 300, 0.3)
    found = [
        fit(rows, 300, factors=16, iterations=2, seed=5, threads=n, compiled=compiled).tobytes()
        for n in (1, 2, 1)
    ]
    assert found[0] == found[1] == found[2]


def test_folding_in_a_person_who_was_there_gives_what_fitting_gave():
    rows, _ = some_likes(200, 60)
    penalty = Penalty(0.02, 5.0, 1.0)
    *_, (persons, items) = head_start(rows, start(60, 8, 1), penalty, 60, 1)
    folded = fold_in(items, rows, regularization=0.02, weight=5.0, scaling=1.0)
    np.testing.assert_allclose(folded @ items.T, persons @ items.T, atol=2e-3)


def test_a_sample_first_where_there_are_many_persons(monkeypatch):
    """Three rounds on an eighth of the persons bring one round on all further."""
    from stepladder.questions.recommend.als.fit import rounds

    rng = np.random.default_rng(4)
    taste = rng.integers(0, 8, 40_000)
    dense = np.zeros((40_000, 64), np.int8)
    dense[np.arange(40_000)[:, None], (taste[:, None] * 8 + rng.integers(0, 8, (40_000, 4)))] = 1
    rows, penalty = sparse(dense), Penalty(1.0, 10.0, 0.0)
    first = {
        walk.__name__: loss(
            rows, *next(walk(rows, start(64, 8, 1), penalty, 1, *seed)),
            regularization=1.0, weight=10.0, scaling=0.0,
        )
        for walk, seed in ((head_start, (1,)), (rounds, ()))
    }  # fmt: skip
    assert first["head_start"] < 0.9 * first["rounds"]


@pytest.mark.parametrize("compiled", [False, True])
def test_long_rows_and_huge_weights_stay_finite(compiled):
    if compiled:
        pytest.importorskip("numba")
    lengths = np.array([0, 1, 50_000, 15, 16, 17])
    rng = np.random.default_rng(0)
    chosen = [np.sort(rng.choice(60_000, n, replace=False)) for n in lengths]
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    data = np.ones(lengths.sum(), np.float32)
    rows = Csr(indptr, np.concatenate(chosen).astype(np.int32), data)
    y = rng.standard_normal((60_000, 16)).astype(np.float32)
    for weight in (1e-6, 1.0, 1e6):
        turned, sizes = y @ axes(y).vectors, axes(y).sizes
        found = solve(turned, sizes, rows, Penalty(1e-6, weight, 0.0), 60_000, 1, compiled)
        assert np.isfinite(found).all()
        assert found[1:].any(axis=1).all()
        liked_all = np.median(turned[chosen[2]] @ found[2])
        assert weight < 1e5 or abs(np.mean(turned[chosen[1]] @ found[1]) - 1) < 0.05
        assert np.isfinite(liked_all)


def test_no_likes_at_all_is_no_accident():
    nobody = Csr(np.zeros(4, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert not fit(nobody, 5, factors=4, iterations=2).any()
    assert fold_in(np.ones((5, 4), np.float32), nobody).shape == (3, 4)
