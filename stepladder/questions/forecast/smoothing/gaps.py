"""Periods of which nothing is known between those of which something is: filled, so that formulas run."""

from __future__ import annotations

import numpy as np

from stepladder.core.periods import Ints
from stepladder.core.stats import Floats


def spans(values: Floats) -> tuple[Ints, Ints]:
    """The column of each row's first and last value."""
    there = ~np.isnan(values)
    return there.argmax(axis=1), values.shape[1] - 1 - there[:, ::-1].argmax(axis=1)


def by_season(values: Floats, season: int) -> Floats:
    """The columns as seasons: series × seasons × phase, the last column the last phase of the last season."""
    more = -values.shape[1] % season
    padded = np.pad(values, ((0, 0), (more, 0)), constant_values=np.nan)
    return padded.reshape(len(values), padded.shape[1] // season, season)


def filled(values: Floats, season: int) -> Floats:
    """Gaps filled with the value a season earlier, or later, or the one before; nothing before or after."""
    first, last = spans(values)
    column = np.arange(values.shape[1])
    inside = (column >= first[:, None]) & (column <= last[:, None])
    if not (np.isnan(values) & inside).any():
        return values
    alike = _forward(by_season(values, season))
    alike = _forward(alike[:, ::-1])[:, ::-1].reshape(len(values), -1)[:, -values.shape[1] :]
    full = _forward(np.where(np.isnan(values), alike, values))
    return np.where(inside, full, np.nan)


def _forward(values: Floats) -> Floats:
    """The latest value known, along the second axis."""
    at = np.arange(values.shape[1]).reshape(-1, *[1] * (values.ndim - 2))
    latest = np.maximum.accumulate(np.where(np.isnan(values), 0, at), axis=1)
    return np.take_along_axis(values, latest, axis=1)
