"""Takes the season out, smooths what is left, and follows its straight line half the way (theta)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.stats import Floats
from stepladder.questions.forecast.matrix import Matrix, mean, wide

ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
PAST = 400  # periods that are looked at
EVERYONE = "select distinct series from series order by series"


def fit(history: History) -> Model:
    """Choose how fast to forget, once for all series: by the scaled errors one day ahead."""
    found = wide(history, history.sql(EVERYONE), PAST)
    rest = found.values - seasons(found)
    size = np.maximum(mean(np.abs(np.diff(rest, axis=1))), 1e-9)
    errors = [float(np.nanmean(smoothed(rest, alpha)[1] / size)) for alpha in ALPHAS]
    return {"alpha": ALPHAS[int(np.argmin(errors))]}


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """Level, half the slope, and the season of each day ahead; nothing of a series without values."""
    found = wide(history, cases, PAST)
    season = seasons(found)
    rest = found.values - season
    level, _ = smoothed(rest, model["alpha"])
    steps = np.arange(found.steps)
    came_back = season[:, season.shape[1] - found.season + steps % found.season]
    said = level[:, None] + 0.5 * slope(rest)[:, None] * (steps + 1) + came_back
    return found.answers(said)


def seasons(found: Matrix) -> Floats:
    """How far each day of the season lies from the average day, pulled to it where little is known."""
    values, length = found.values, found.season
    out = np.zeros_like(values)
    usual = mean(values)
    for phase in range(length if values.shape[1] >= 2 * length else 0):
        days = values[:, phase::length]
        known = (~np.isnan(days)).sum(axis=1)
        out[:, phase::length] = ((mean(days) - usual) * known / (known + 1))[:, None]
    return out


def smoothed(values: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Each row's level at its end, and its mean absolute error one day ahead."""
    level = np.full(len(values), np.nan)
    off, known = np.zeros(len(values)), np.zeros(len(values))
    for now in values.T:
        error = now - level
        there = ~np.isnan(error)
        off[there] += np.abs(error[there])
        known += there
        level = np.where(there, level + alpha * error, np.where(np.isnan(level), now, level))
    return level, np.where(known > 0, off / np.maximum(known, 1), np.nan)


def slope(values: Floats) -> Floats:
    """The straight line's rise a day, zero where fewer than two days are known."""
    there = ~np.isnan(values)
    day = np.where(there, np.arange(values.shape[1], dtype=float), np.nan)
    day -= mean(day)[:, None]
    rise = np.where(there, day * (values - mean(values)[:, None]), 0.0).sum(axis=1)
    return rise / np.maximum(np.where(there, day * day, 0.0).sum(axis=1), 1e-9)
