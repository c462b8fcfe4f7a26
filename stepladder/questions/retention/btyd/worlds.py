"""Draws customers who buy and leave as the models say, to try the models on a known truth.

Times are whole days, in weeks: a purchase on the day of the one before it is not a second one only
where the last would fall on the first day; otherwise the draws are exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pareto_world(
    rng: np.random.Generator, r: float, alpha: float, s: float, beta: float, T: Floats
) -> tuple[Floats, Floats]:
    """(x, t_x) of customers observed for T weeks, under Pareto/NBD; arrays (customers,)."""
    rate = rng.gamma(r, 1.0 / alpha, len(T))
    stay = rng.exponential(size=len(T)) / np.maximum(rng.gamma(s, 1.0 / beta, len(T)), 1e-300)
    seen = np.minimum(stay, T)
    x = rng.poisson(rate * seen).astype(float)
    last = seen * rng.random(len(T)) ** (1.0 / np.maximum(x, 1.0))
    return x, whole_days(x, last, T)


def bg_world(
    rng: np.random.Generator, r: float, alpha: float, a: float, b: float, T: Floats
) -> tuple[Floats, Floats]:
    """(x, t_x) of customers observed for T weeks, under BG/NBD; arrays (customers,)."""
    rate = rng.gamma(r, 1.0 / alpha, len(T))
    leaving = np.maximum(rng.beta(a, b, len(T)), 1e-12)
    arrivals = rng.poisson(rate * T).astype(float)
    x = np.minimum(arrivals, rng.geometric(leaving).astype(float))
    share = rng.beta(np.maximum(x, 1.0), np.maximum(arrivals - x + 1.0, 1.0))
    return x, whole_days(x, T * share, T)


def whole_days(x: Floats, last: Floats, T: Floats) -> Floats:
    """The day of the last purchase, in weeks; zero for those without, never the first day."""
    return np.where(x > 0, np.clip(np.rint(last * 7.0), 1.0, np.maximum(T * 7.0, 1.0)) / 7.0, 0.0)
