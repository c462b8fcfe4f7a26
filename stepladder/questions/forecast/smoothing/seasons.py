"""The season taken out of each series, and put back: by ratios where all values are above zero, else by sums.

Deviations from a centred moving average, averaged by phase, the latest seasons counting most, and pulled to
no season at all as far as chance alone would make them differ (James and Stein; for seasonal factors Miller
and Williams, 2003, "Shrinkage estimators of time series seasonal factors"). A series without a season keeps
next to none of it, so no test has to decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stepladder.core.stats import Floats
from stepladder.questions.forecast.smoothing.gaps import by_season, filled, spans

Bools = NDArray[np.bool_]
FADING = 0.9  # what a season counts beside the next
FAR = 5.0  # a logarithm: what lies a hundredfold above or below the average is no season
LEAST = 2  # seasons that must be known


@dataclass(frozen=True)
class Seasons:
    """Series with their seasonal factors by phase, the first the period right ahead; `ratios`: or sums."""

    values: Floats  # series × periods, without gaps
    factors: Floats  # series × phases
    ratios: Bools  # series

    @classmethod
    def of(cls, values: Floats, season: int) -> Seasons:
        """What the season is in each series, gaps filled."""
        full, above = filled(values, season), np.nanmin(values, axis=1) > 0
        factors = np.where(above, 1.0, 0.0)[:, None] * np.ones((1, season))
        if season > 1 and values.shape[1] >= LEAST * season:
            around = _shrunk(by_season(_deviations(values, full, above, season), season))
            first, last = spans(values)
            around[last - first + 1 < LEAST * season] = 0.0  # however long others are
            ratios = np.exp(np.where(above[:, None], around, 0.0))
            factors = np.where(above[:, None], ratios / ratios.mean(axis=1, keepdims=True), around)
        return cls(full, factors, above)

    def without(self) -> Floats:
        """The series with their season taken out, series × periods."""
        phase = np.arange(-self.values.shape[1], 0) % self.factors.shape[1]
        factors, above = self.factors[:, phase], self.ratios[:, None]
        return np.where(above, self.values / np.where(above, factors, 1.0), self.values - factors)

    def again(self, level: Floats) -> Floats:
        """Forecasts with their season put back, series × steps; not below zero where nothing ever was."""
        factors = self.factors[:, np.arange(level.shape[1]) % self.factors.shape[1]]
        above = self.ratios[:, None]
        return np.where(above, np.maximum(level, 0.0) * factors, level + factors)


def _deviations(values: Floats, full: Floats, above: Bools, season: int) -> Floats:
    """How far each value lies from the moving average around it, as a logarithm where ratios are taken."""
    trend, above = _around(full, season), above[:, None]
    ratio = np.where(above, values, 1.0) / np.where(above, trend, 1.0)
    return np.where(above, np.clip(np.log(ratio), -FAR, FAR), values - trend)


def _around(full: Floats, season: int) -> Floats:
    """The centred moving average over one season; NaN where it does not reach."""
    half = season // 2
    width = full.shape[1] - 2 * half
    total = np.zeros((len(full), width))
    for lag in range(2 * half + 1):
        part = 0.5 if season % 2 == 0 and lag in (0, season) else 1.0
        total += part * full[:, lag : lag + width]
    trend = np.full_like(full, np.nan)
    trend[:, half : half + width] = total / season
    return trend


def _shrunk(found: Floats) -> Floats:
    """The weighted mean by phase, pulled to zero; of series × seasons × phases, series × phases."""
    there = ~np.isnan(found)
    weight = there * FADING ** np.arange(found.shape[1] - 1, -1, -1)[None, :, None]
    total = np.maximum(weight.sum(axis=1), 1e-9)
    usual = np.where(there, found * weight, 0.0).sum(axis=1) / total
    rest = np.where(there, found - usual[:, None, :], 0.0)
    freedom = np.maximum(there.sum(axis=(1, 2)) - found.shape[2], 1)
    chance = (
        (rest**2).sum(axis=(1, 2)) / freedom * ((weight**2).sum(axis=1) / total**2).mean(axis=1)
    )
    usual -= usual.mean(axis=1, keepdims=True)
    size = (usual**2).sum(axis=1)
    pull = max(found.shape[2] - 3, 1) * chance / np.where(size > 0, size, 1.0)
    known = (there.sum(axis=1) > 0).all(axis=1)
    return usual * np.where(known & (size > 0), np.clip(1 - pull, 0.0, 1.0), 0.0)[:, None]
