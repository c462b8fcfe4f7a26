"""Exponential smoothing of all series under every setting at once, and what each setting counts for.

Level l, trend b, error e, in error correction form (Hyndman, Koehler, Ord and Snyder, 2008, chapter 2):
    e = y − (l + φb),  l ← l + φb + αe,  b ← φb + αβe
Everything is linear in where level and trend begin, so the best beginning is the least squares one, pulled a
little to the first value without a trend. Settings are not picked but averaged, by their likelihood: in short
series several are as good, and which is best by a hair is chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from stepladder.core.stats import Floats
from stepladder.questions.forecast.smoothing.rest import Rest

PULL_LEVEL, PULL_TREND = 0.1, 3.0  # as so many periods' worth of evidence
NOISE = 1e-9  # of a series' sum of squares: nothing fits better than that


@dataclass(frozen=True, eq=False)
class Settings:
    """How fast level (alpha) and trend (beta) forget, how fast the trend fades (phi): a value each."""

    alpha: Floats
    beta: Floats
    phi: Floats


@dataclass(frozen=True)
class Smoothed:
    """Level and trend after the last value and each setting's weight, series × settings."""

    level: Floats
    trend: Floats
    weight: Floats


@dataclass(frozen=True)
class _Beginnings:
    """What follows of a level and a trend of 1 at the beginning: by period, and their sums of products."""

    level: Floats  # periods × settings: how much a forecast is moved
    trend: Floats
    ends: Floats  # periods × 4 × settings: level by level, trend by level, level by trend, trend by trend
    products: Floats  # periods × 3 × settings: level², level · trend, trend²


def smoothed(rest: Rest, settings: Settings) -> Smoothed:
    """Every series under every setting, from its best beginning."""
    begun = _beginnings(rest.values.shape[1], settings)
    level, trend, squares, with_level, with_trend = _from_zero(rest, settings, begun)
    last = rest.lengths - 1
    ll, lt, tt = np.moveaxis(begun.products[last], 1, 0)
    ll, tt = ll + PULL_LEVEL, tt + PULL_TREND
    determinant = ll * tt - lt * lt
    level0 = (with_level * tt - with_trend * lt) / determinant
    trend0 = (with_trend * ll - with_level * lt) / determinant
    a, b, c, d = np.moveaxis(begun.ends[last], 1, 0)
    return Smoothed(
        level + a * level0 + c * trend0,
        trend + b * level0 + d * trend0,
        _weights(squares - level0 * with_level - trend0 * with_trend, rest),
    )


def _from_zero(rest: Rest, settings: Settings, begun: _Beginnings) -> Floats:
    """From level and trend 0: both at the end, sums of squared errors, and of errors × beginnings."""
    out = np.zeros((5, len(rest.values), len(settings.alpha)))
    alpha, phi, both = settings.alpha, settings.phi, settings.alpha * settings.beta
    going = len(rest.values) - np.searchsorted(
        rest.lengths[::-1], np.arange(1, rest.values.shape[1] + 1)
    )
    for t, n in enumerate(going):  # the longest series come first: n still go on
        level, trend, squares, with_level, with_trend = out[:, :n]
        trend *= phi
        level += trend
        error = rest.values[:n, t, None] - level
        level += alpha * error
        trend += both * error
        with_level += error * begun.level[t]
        with_trend += error * begun.trend[t]
        error *= error
        squares += error
    return out


@lru_cache(4)
def _beginnings(periods: int, settings: Settings) -> _Beginnings:
    """The same for all series, so worked out once for many chunks of them."""
    alpha, phi, both = settings.alpha, settings.phi, settings.alpha * settings.beta
    n = len(alpha)
    moves, ends, products = (np.empty((periods, k, n)) for k in (2, 4, 3))
    state = np.array([[np.ones(n), np.zeros(n)], [np.zeros(n), np.ones(n)]])  # of level, of trend
    for t in range(periods):
        (level, trend), (by_trend, own) = state
        moved = np.array([level + phi * trend, by_trend + phi * own])
        moves[t] = moved
        state = np.array(
            [
                [move - alpha * move, phi * b - both * move]
                for move, b in zip(moved, (trend, own), strict=True)
            ]
        )
        ends[t] = state.reshape(4, n)
        products[t] = moved[0] ** 2, moved[0] * moved[1], moved[1] ** 2
    return _Beginnings(moves[:, 0], moves[:, 1], ends, products.cumsum(axis=0))


def _weights(squares: Floats, rest: Rest) -> Floats:
    """Each setting's likelihood, normal errors of unknown size, as a share of all."""
    noise = NOISE * (rest.values**2).sum(axis=1, keepdims=True) + 1e-30
    likelihood = -0.5 * rest.lengths[:, None] * np.log(np.maximum(squares, 0.0) + noise)
    weight = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))
