"""Levels made to agree: the dense formula's answer, bounds kept, time spent, and what it is good for."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import tourism
from scipy.sparse import csr_matrix

from stepladder.core.cases import everyone
from stepladder.questions import forecast
from stepladder.questions.forecast.levels import Tree
from stepladder.questions.forecast.matrix import wide
from stepladder.questions.forecast.r3_reconciled import agreed
from stepladder.questions.forecast.reconcile import Structure, reconciled, structural
from stepladder.questions.forecast.smoothing import forecast as smooth


def world(bottom: int, upper: int, seed: int = 0, steps: int = 18):
    """Forecasts of series in shops, and of their sums, that do not agree; plain ones of large shops."""
    rng = np.random.default_rng(seed)
    shop = np.arange(bottom) % (upper - 1) + 1
    places = np.r_[np.zeros(bottom, int), shop], np.tile(np.arange(bottom), 2)
    adds = csr_matrix((np.ones(2 * bottom), places), (upper, bottom))
    mean = rng.lognormal(1.0, 1.5, (bottom, 1)) * np.ones((1, steps))
    below = mean * (1 + rng.normal(0.0, 0.5, mean.shape))
    above = (adds @ mean) * (1 + rng.normal(0.0, 0.05, (upper, steps)))
    known = Structure(
        adds, (0.5 * mean[:, 0]) ** 2, (0.05 * (adds @ mean)[:, 0]) ** 2, np.full(bottom, -np.inf)
    )
    return below, above, known


def test_it_is_the_dense_formula():
    """b = (S'W⁻¹S)⁻¹ S'W⁻¹ ŷ (Wickramasuriya, Athanasopoulos and Hyndman, 2019), to 1e-9."""
    below, above, known = world(2000, 50)
    every = np.vstack([known.adds.toarray(), np.eye(2000)])
    weight = 1 / np.r_[known.above, known.below]
    dense = np.linalg.solve(
        every.T @ (weight[:, None] * every), (every.T * weight) @ np.vstack([above, below])
    )
    found = reconciled(below, above, known)
    assert (found < 0).any()
    np.testing.assert_allclose(found, dense, atol=1e-9, rtol=1e-9)


def test_bounds_hold_and_nothing_allowed_is_nearer():
    """The conditions of Karush, Kuhn and Tucker: no slope where free, none that leads inwards at a bound."""
    below, above, known = world(2000, 50)
    bounded = known._replace(least=np.where(np.arange(2000) % 3, 0.0, -np.inf))
    found = reconciled(below, above, bounded)
    slope = (
        found
        - below
        + known.below[:, None]
        * (known.adds.T @ ((known.adds @ found - above) / known.above[:, None]))
    )
    held = found == bounded.least[:, None]
    assert 100 < held.sum() < (below < 0).sum()
    assert (found >= bounded.least[:, None]).all()
    assert np.abs(slope[~held]).max() < 1e-8
    assert slope[held].min() > -1e-8


def test_twenty_thousand_series_take_no_time():
    below, above, known = world(20_000, 500)
    began = time.process_time()
    found = reconciled(below, above, known._replace(least=np.zeros(20_000)))
    assert time.process_time() - began < 5
    assert (found == 0).any()
    assert (found >= 0).all()


def test_forecasts_that_agree_stay_and_vast_numbers_do_no_harm():
    below, _, known = world(200, 5)
    below = np.abs(below)
    for size in (1.0, 1e12):
        big = Structure(known.adds, known.below * size**2, known.above * size**2, np.zeros(200))
        np.testing.assert_allclose(
            reconciled(below * size, big.adds @ (below * size), big), below * size, rtol=1e-9
        )
    nothing = np.zeros_like(below)
    said = reconciled(nothing, known.adds @ nothing, structural(known.adds, np.zeros(200)))
    assert (said == 0).all()


@tourism.here
def test_tourism_is_forecast_nearer_than_from_the_bottom_up(tmp_path):
    """At six moments, paired by series and by level: at the bottom by little, further up by more."""
    history = tourism.history(tmp_path)
    off = []
    for holdout in forecast.holdouts(history):
        past = holdout.past
        cases = everyone(forecast, past)
        known = wide(past, cases, 400)
        width, tree = known.values.shape[1], Tree.of(cases, history.ask.settings.levels)
        came = wide(history.at(holdout.later.now), cases, 400).values[:, width:]
        scale = np.abs(known.values[:, 4:] - known.values[:, :-4]).mean(axis=1)
        up = smooth(known.values, known.season, known.steps)
        both = [agreed(known, tree), up]
        bottom = [(np.abs(said - came).mean(axis=1) / scale).mean() for said in both]
        upper = [np.abs(tree.sums(said - came)).sum() for said in both]
        off.append([bottom[0] - bottom[1], np.log(upper[0] / upper[1])])
    least, above = np.array(off).mean(axis=0)
    assert least < 0
    assert above < 0
