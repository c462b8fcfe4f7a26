"""Theta: the mean of a series' straight line and of a line bent twice as much, smoothed (the winner of M3).

Assimakopoulos and Nikolopoulos (2000), "The theta model: a decomposition approach to forecasting"; it is
exponential smoothing that drifts by half the line's slope (Hyndman and Billah, 2003).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stepladder.core.stats import Floats
from stepladder.questions.forecast.smoothing.grid import Settings, smoothed
from stepladder.questions.forecast.smoothing.rest import Rest

ALPHAS = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
SETTINGS = Settings(ALPHAS, np.zeros_like(ALPHAS), np.zeros_like(ALPHAS))  # a level without a trend


def forecast(rest: Rest, steps: int) -> Floats:
    """Theta's forecasts of series without their season, series × steps."""
    middle, slope = line(rest)
    nth = np.arange(rest.values.shape[1]) - (rest.lengths[:, None] - 1) / 2
    straight = middle[:, None] + slope[:, None] * nth
    bent = np.where(nth < rest.lengths[:, None] / 2, 2 * rest.values - straight, 0.0)
    found = smoothed(replace(rest, values=bent), SETTINGS)
    level = (found.weight * found.level).sum(axis=1)
    at = (rest.lengths[:, None] - 1) / 2 + rest.ahead(steps)
    return 0.5 * (middle[:, None] + slope[:, None] * at) + 0.5 * level[:, None]


def line(rest: Rest) -> tuple[Floats, Floats]:
    """The least squares line of each series: its height in the middle, and its rise a period."""
    nth = np.arange(rest.values.shape[1])
    from_middle = nth - (rest.lengths[:, None] - 1) / 2
    from_middle = np.where(nth < rest.lengths[:, None], from_middle, 0.0)
    spread = (from_middle**2).sum(axis=1)
    rise = (from_middle * rest.values).sum(axis=1) / np.where(spread > 0, spread, 1.0)
    return rest.values.sum(axis=1) / rest.lengths, rise
