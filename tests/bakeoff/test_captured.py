"""What the best so many held: against brute force where many are tied, and its range against the truth."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from stepladder.bakeoff.captured import curve, held


@pytest.mark.parametrize("seed", range(6))
def test_tied_cases_share_the_last_places_as_if_drawn_at_random(seed):
    """The mean over every order of the tied; forecasts of nothing, or less, have places too."""
    rng = np.random.default_rng(seed)
    expected = rng.integers(-1, 3, 6).astype(float)
    actual = rng.integers(0, 9, 6).astype(float) + 1
    orders = [sorted(order, key=lambda i: -expected[i]) for order in permutations(range(6))]
    for places in range(1, 7):
        brute = np.mean([actual[order[:places]].sum() for order in orders]) / actual.sum()
        assert held(expected, actual, places) == pytest.approx(brute)


def test_the_range_holds_the_truth_of_other_customers():
    """Worlds whose customers' worth is known but for chance; the tenth that is forecast most."""
    rng = np.random.default_rng(5)

    def world(n):
        mean = np.exp(rng.normal(0, 0.6, n))
        return np.round(mean, 1), mean * rng.exponential(1, n)

    truth = held(*world(400_000), 40_000)
    found = []
    for seed in range(100):
        one = curve(*world(600), np.arange(600), (60,), seed)
        found.append(one.low[0] <= truth <= one.high[0])
    assert 0.86 <= np.mean(found) <= 0.99


def test_where_one_of_a_few_paid_the_range_is_of_what_was_held_and_a_number():
    """In a third of the draws nothing came: these say nothing of a share."""
    one = curve(np.arange(12.0), np.eye(12)[11] * 30, np.arange(12), (1, 6, 12), 1)
    assert np.isfinite([one.share, one.low, one.high]).all()
    assert (one.share[-1], one.low[-1], one.high[-1]) == (1, 1, 1)


def test_rows_of_one_unit_stay_together():
    """Everybody there twice is no more evidence than everybody there once."""
    rng = np.random.default_rng(1)
    expected, actual = rng.random(200), rng.exponential(1, 200)
    once = curve(expected, actual, np.arange(200), (20,), 1)
    twice = curve(*np.tile([expected, actual], 2), np.tile(np.arange(200), 2), (40,), 1)
    assert twice.share[0] == pytest.approx(once.share[0])
    assert twice.high[0] - twice.low[0] == pytest.approx(once.high[0] - once.low[0], rel=0.15)
