"""Damped trend: a level and a trend that fades.

Gardner and McKenzie (1985), "Forecasting trends in time series".
"""

from __future__ import annotations

import numpy as np

from stepladder.core.stats import Floats
from stepladder.questions.forecast.smoothing.grid import Settings, smoothed
from stepladder.questions.forecast.smoothing.rest import Rest

ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)
BETAS = (0.02, 0.05, 0.1, 0.2, 0.4)
PHIS = (0.8, 0.9, 0.95, 0.98)
SETTINGS = Settings(*(each.ravel() for each in np.meshgrid(ALPHAS, BETAS, PHIS, indexing="ij")))


def forecast(rest: Rest, steps: int) -> Floats:
    """The damped trend's forecasts of series without their season, series × steps."""
    found, ahead = smoothed(rest, SETTINGS), rest.ahead(steps)
    said = (found.weight * found.level).sum(axis=1)[:, None] + np.zeros(ahead.shape)
    rise = found.weight * found.trend
    for phi in PHIS:
        far = phi * (1 - phi**ahead) / (1 - phi)  # φ + φ² + … + φʰ
        said += rise[:, phi == SETTINGS.phi].sum(axis=1)[:, None] * far
    return said
