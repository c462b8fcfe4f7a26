"""Low and high from scaled errors: promised coverage where origins share shocks and errors grow."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stepladder.core.stats import learn_bins
from stepladder.core.strays import Scale, apply_strays, from_plain, learn_strays, levels

ORIGINS, EXAMS, SERIES, STEPS = 5, 4, 60, 14
KINDS = (1.0, 3.0)  # how many times its scale the second kind strays more than the first


def scaled(size, kind=0, step=0, least=np.nan, whole=False) -> Scale:
    size = np.asarray(size, float)
    parts = (np.broadcast_to(part, size.shape).copy() for part in (kind, step, least, whole))
    return Scale(size, *parts)


def paths(rng, many: int) -> np.ndarray:
    """Errors of heavy tails that remember the step before; many × steps, with variance 1."""
    fresh = rng.standard_t(5, (many, STEPS)) / np.sqrt(5 / 3)
    for step in range(1, STEPS):
        fresh[:, step] = 0.7 * fresh[:, step - 1] + np.sqrt(0.51) * fresh[:, step]
    return fresh


def world(rng, origins: int, volatility: np.ndarray, series: int = SERIES):
    """Predicted, actual and scale of series at some origins: two kinds, one shock for all of an origin."""
    shock, alone = paths(rng, origins)[:, None], paths(rng, origins * series)
    both = 0.4 * shock + np.sqrt(0.84) * alone.reshape(origins, series, STEPS)
    kind = np.arange(series) % 2
    far = np.arange(1, STEPS + 1) ** 0.4
    wide = (volatility * np.take(KINDS, kind))[:, None] * far
    predicted = rng.uniform(50, 60, both.shape)
    where = [np.broadcast_to(part, both.shape).ravel() for part in (
        volatility[:, None], kind[:, None], np.arange(1, STEPS + 1))]  # fmt: skip
    return predicted.ravel(), (predicted + wide * both).ravel(), scaled(*where)


@pytest.mark.parametrize("series", [8, 60])
def test_as_many_lie_between_as_were_meant_to_in_each_quartile_of_volatility(series):
    rng, inside = np.random.default_rng(1), {95: [], 80: []}
    for _ in range(30):
        volatility = np.exp(rng.normal(0, 1, series))
        past, now = (world(rng, n, volatility, series) for n in (ORIGINS, EXAMS))
        strays = learn_strays(*past, (95, 80))
        for level, found in inside.items():
            low, high = apply_strays(strays, now[0], now[2], level)
            rank = np.argsort(np.argsort(volatility)) * 4 // series
            covered = ((now[1] >= low) & (now[1] <= high)).reshape(EXAMS, series, STEPS)
            found.append([covered[:, rank == quarter].mean() for quarter in range(4)])
    for level, found in inside.items():
        quarters = 100 * np.mean(found, axis=0)
        assert quarters.mean() == pytest.approx(level, abs=2)
        assert quarters == pytest.approx([level] * 4, abs=5)


def test_a_later_step_is_never_surer_and_a_kind_of_few_goes_by_all():
    rng = np.random.default_rng(2)
    predicted, actual, scale = world(rng, ORIGINS, np.ones(SERIES))
    few = np.flatnonzero(scale.kind == 0)[:99]  # of the calm kind
    scale.kind[few] = 2
    strays = learn_strays(predicted, actual, scale, (95, 80))
    assert set(strays.kinds) == {0, 1}
    for radii in (strays.all, *strays.kinds.values()):
        assert all((np.diff(radii.at[level]) >= 0).all() for level in (95, 80))
        assert (radii.at[80] <= radii.at[95]).all()
    one = np.zeros(4)
    low, high = apply_strays(strays, one, scaled(one + 1, [0, 2, 9, 1], [3, 3, 3, 3]))
    calm, pooled, unheard, wild = high
    assert calm < pooled == unheard < wild
    assert (low == -high).all()
    _, far = apply_strays(strays, one, scaled(one + 1, 0, [1, STEPS, STEPS + 9, -1]))
    assert far[0] == far[3] < far[1] == far[2]  # further ahead than ever before: as the furthest


def test_the_radius_is_the_error_of_its_rank():
    errors = np.random.default_rng(3).permutation(np.arange(1.0, 120.0))
    strays = learn_strays(np.zeros(119), errors, scaled(np.ones(119)), (80, 95, 99))
    found = [strays.all.at[level][0] for level in (80, 95, 99)]
    assert found == [96, 114, 119]  # of 119: ⌈120 · 0.8⌉, ⌈120 · 0.95⌉, and no more than there are
    assert learn_strays(np.zeros(99), errors[:99], scaled(np.ones(99))) is None
    unknown = np.where(np.arange(119) < 20, [[0.0], [np.nan]], 1.0)
    for size in unknown:  # a case that cannot stray, or of which nobody knows how, teaches nothing
        assert learn_strays(np.zeros(119), errors, scaled(size)) is None


def test_bounds_are_kept_and_what_has_no_scale_has_no_low_and_high():
    strays = learn_strays(np.zeros(200), np.ones(200), scaled(np.ones(200)))
    size = np.array([0.5, 1e12, 0.5, np.nan, 0.0, 3.0])
    least = [np.nan, 0, 0, 0, 0, 0]
    whole = [True, False, False, True, True, True]
    said = np.array([7.2, 3e12, 0.2, 1.0, 1.0, -9.0])
    low, high = apply_strays(strays, said, scaled(size, least=least, whole=whole))
    assert low.tolist()[:3] == [6.0, 2e12, 0.0]
    assert high.tolist()[:3] == [8.0, 4e12, 0.7]
    assert np.isnan([low[3:5], high[3:5]]).all()
    assert (low[5], high[5]) == (0.0, 0.0)  # never above high


def test_what_was_learnt_survives_json_as_what_older_releases_learnt():
    rng = np.random.default_rng(4)
    predicted, actual, scale = world(rng, ORIGINS, np.ones(SERIES))
    strays = learn_strays(predicted, actual, scale, (95, 80))
    again = from_plain(json.loads(json.dumps(strays.plain())))
    for level in (95, 80):
        before, after = (apply_strays(each, predicted, scale, level) for each in (strays, again))
        assert np.array_equal(before, after)
    bins = learn_bins(np.abs(predicted), np.abs(actual))
    old = json.loads(json.dumps(bins.plain()))
    assert from_plain(old).plain() == bins.plain()
    assert from_plain({**old, "scaled": True}) is None  # distances of another kind


def test_levels_are_those_that_have_both_ends():
    found = levels({"low80": "number", "high80": "number", "low50": "number", "lower": "text"})
    assert [tuple(each) for each in found] == [(95, "low", "high"), (80, "low80", "high80")]
