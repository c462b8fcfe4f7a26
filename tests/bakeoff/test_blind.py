"""The sequence by which two rungs are compared blind: at every look, and over all of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from stepladder.bakeoff.blind import ALIKE, ENDLESS, SAME, WON, keeps, standing

LOOKS, WORLDS = 1_000, 4_000


def judged(share: float, seed: int) -> np.ndarray:
    """How often one of the two was chosen by each look, in many worlds: worlds × looks."""
    return (np.random.default_rng(seed).random((WORLDS, LOOKS)) < share).cumsum(axis=1)


def test_whoever_looks_a_thousand_times_is_seldom_fooled():
    won, n = judged(0.5, 1), np.arange(1, LOOKS + 1.0)
    false = 1 - keeps(n, won, np.array(0.5)).all(axis=1).mean()
    assert 0.015 < false <= 0.05  # 3.1 % by the published simulation
    low, high = binom.ppf(0.025, n, 0.5), binom.ppf(0.975, n, 0.5)
    naive = ((won < low) | (won > high))[:, 9:].any(axis=1).mean()
    assert naive > 0.3  # what is right at one look is not right at all of them


def test_a_true_difference_ends_it():
    won, n = judged(0.62, 2), np.arange(1, LOOKS + 1.0)
    left = ~keeps(n, won, np.array(0.5))
    assert left.any(axis=1).mean() > 0.99
    assert 115 <= np.median(left.argmax(axis=1) + 1) <= 137
    true = keeps(n, won, np.array(0.62))
    assert true.all(axis=1).mean() >= 0.95  # what is so is kept, at every look


@pytest.mark.parametrize("share", [0.05, 0.4, 0.5, 0.62, 0.9])
@pytest.mark.parametrize("n", [0, 7, 126, 900])
def test_the_range_holds_what_was_seen_and_nothing_that_is_thrown_out(n, share):
    found = standing(n, round(n * share))
    assert 0 <= found.low < found.high <= 1
    if n:
        assert found.low <= round(n * share) / n <= found.high
    for p in (found.low - 0.002, found.high + 0.002):
        if 0 < p < 1:
            assert not keeps(np.array(n), np.array(round(n * share)), np.array(p))


def test_why_it_ends():
    assert standing(0, 0).why == ""
    assert standing(60, 31).why == ""
    assert standing(60, 50).why == WON == standing(60, 10).why
    assert standing(200, 100, most=200).why == ENDLESS
    found = standing(6_000, 3_000, most=10_000)
    assert found.why == SAME
    assert ALIKE[0] <= found.low < found.high <= ALIKE[1]
