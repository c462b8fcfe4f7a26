"""Demand that is zero in most periods: how likely there is any, and how much it then is, each smoothed.

TSB: Teunter, Syntetos and Babai (2011), "Intermittent demand: linking forecasting to inventory obsolescence".
Croston (1972) smooths the time between demands instead: he is biased (Syntetos and Boylan, 2005), and goes on
forecasting what nobody buys any more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stepladder.core.stats import Floats
from stepladder.questions.forecast.smoothing.gaps import by_season, spans

MOSTLY = (
    0.5  # of its periods have a demand of zero: the formulas of demand that is always there fail
)
USUAL = 4.0  # demands a phase, by which its share is pulled to that of all


def dominated(values: Floats) -> NDArray[np.bool_]:
    """Whether zeros dominate a series that is never below zero, from its first demand on."""
    known = (~np.isnan(values)) & (np.cumsum(np.nan_to_num(values) != 0, axis=1) > 0)
    zeros = (known & (values == 0)).sum(axis=1)
    return ~(values < 0).any(axis=1) & (zeros > MOSTLY * known.sum(axis=1))


def tsb(values: Floats, alpha: float, beta: float) -> tuple[Floats, Floats]:
    """Each series' demand a period, and its mean squared error one period ahead; each has a value.

    alpha: how fast the chance of a demand is learnt, beta: how fast its size.
    """
    any_ = np.where(np.isnan(values), np.nan, values > 0)
    n, demands = (~np.isnan(values)).sum(axis=1), np.nansum(any_, axis=1)
    size = np.nansum(values, axis=1) / np.maximum(demands, 1)
    chance, first = demands / n, spans(values)[0]
    squares, size = np.zeros(len(values)), size.copy()
    for t, now in enumerate(values.T):
        there = ~np.isnan(now) & (t >= first)
        squares += np.where(there, now - chance * size, 0.0) ** 2
        size += np.where(there & (now > 0), beta * (now - size), 0.0)
        chance += np.where(there, alpha * (any_[:, t] - chance), 0.0)
    return chance * size, squares / n


def phases(values: Floats, season: int) -> Floats:
    """How much more often than usual there is a demand in each phase, series × phases, the next one first.

    Where few demands are known all phases are nearly alike.
    """
    cut = by_season(values, season)
    known, demands = (~np.isnan(cut)).sum(axis=1), (cut > 0).sum(axis=1)
    rate = demands.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    share = (demands + USUAL) / (known * rate + USUAL)
    return np.asarray(share / share.mean(axis=1, keepdims=True))
