"""Intervals hold what they promise, for rare heavy buyers too; resampling keeps a unit's rows together."""

from __future__ import annotations

import numpy as np

from stepladder.core.stats import apply_bins, bootstrap_sums, calibration, group_means, learn_bins


def test_the_bootstrap_finds_the_standard_error_of_a_mean():
    rng = np.random.default_rng(1)
    values = np.column_stack([rng.gamma(0.5, 2, 5000), np.ones(5000)])
    for bags in (20_000, 1000):
        draws = bootstrap_sums(values, seed=2, bags=bags)
        means = draws[:, 0] / draws[:, 1]
        expected = values[:, 0].std() / 5000**0.5
        assert abs(means.std() / expected - 1) < 0.1


def test_it_is_seeded():
    values = np.random.default_rng(1).random((300, 3))
    np.testing.assert_array_equal(bootstrap_sums(values, 5), bootstrap_sums(values, 5))
    assert not np.array_equal(bootstrap_sums(values, 5), bootstrap_sums(values, 6))


def test_low_and_high_cover_in_every_bin_also_the_heavy_buyers():
    rng = np.random.default_rng(3)
    mean = rng.gamma(0.3, 2, 40_000)
    past, later = rng.poisson(mean).astype(float), rng.poisson(mean).astype(float)
    bins = learn_bins(mean, past)
    assert bins is not None
    low, high = apply_bins(bins, mean)
    assert (low == np.floor(low)).all()
    rows = calibration(mean, later, low, high)
    assert min(row.covered for row in rows) > 0.92
    assert min(row.cases for row in rows) >= 100
    assert len(rows) > 5
    for row in rows:  # twenty outcomes that occurred, smallest first, on either side of the average
        assert len(row.came) == 20
        assert list(row.came) == sorted(np.floor(row.came))
        assert row.came[0] <= round(row.actual) <= row.came[-1]


def test_too_little_past_teaches_no_interval():
    assert learn_bins(np.ones(99), np.ones(99)) is None


def test_small_groups_are_pulled_to_everyone():
    means = group_means(np.array([0] * 95 + [1] * 5), np.array([0.0] * 95 + [10.0] * 5))
    assert means[1] == (50 + 5 * 0.5) / 10
    assert means[0] == (0 + 5 * 0.5) / 100
