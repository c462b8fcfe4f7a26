"""Many series forecast at once by smoothing: theta and damped trend, each averaged over how fast it forgets.

All of it works on a matrix, series × periods, the last column the period before now, NaN where nothing is
known. A row's forecast depends on that row alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stepladder.core.stats import Floats
from stepladder.questions.forecast.smoothing import damped, theta
from stepladder.questions.forecast.smoothing.rest import Rest
from stepladder.questions.forecast.smoothing.seasons import Seasons

Method = Callable[[Rest, int], Floats]
CHUNK = 256  # series at a time: what is worked on stays near the processor
METHODS: tuple[Method, ...] = (theta.forecast, damped.forecast)


def past(season: int) -> int:
    """How many periods back are looked at: thirty seasons if that is not too long; older ones say little."""
    return max(240, min(30 * season, 840), 2 * season)


def forecast(
    values: Floats, season: int, steps: int, methods: tuple[Method, ...] = METHODS
) -> Floats:
    """The mean of the methods' forecasts, series × steps; NaN where a series has no value in its `past`.

    values: series × periods. season: after how many periods a series looks alike again, 1 for never.
    """
    lately = values[:, -past(season) :]
    said = np.full((len(values), steps), np.nan)
    known = np.flatnonzero(~np.isnan(lately).all(axis=1))
    for start in range(0, len(known), CHUNK):
        rows = known[start : start + CHUNK]
        seasons = Seasons.of(lately[rows], season)
        rest = Rest.of(seasons.without())
        level = np.mean([method(rest, steps) for method in methods], axis=0)
        said[rows] = seasons.again(rest.as_given(level))
    return said
