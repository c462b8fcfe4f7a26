"""Made to add up: every level is forecast, and all are moved as little as makes them agree (reconciled)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stepladder.core import predictions
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.stats import Floats
from stepladder.questions.forecast.asked import everyone
from stepladder.questions.forecast.levels import Tree
from stepladder.questions.forecast.matrix import Matrix, mean, wide
from stepladder.questions.forecast.reconcile import Structure, reconciled
from stepladder.questions.forecast.smoothing import forecast, past

SETTING = "levels"  # where nothing adds up there is nothing that could disagree
HAIR = 1e-6  # of its own square: what a series may stray that never moved


def fit(history: History) -> Model:
    """Learn nothing beforehand: what is known of all series when it is asked says all."""
    return {}


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """What all series' forecasts are once they agree with those of their sums; of these, the cases'."""
    everybody = everyone(history)
    found = wide(history, everybody, past(int(history.ask.settings.season)))
    said = agreed(found, Tree.of(everybody, history.ask.settings.levels))
    at = predictions.places(cases, everybody, ["series"])
    rows = at.fill_null(everybody.num_rows).to_numpy()
    asked = np.vstack([said, np.full((1, found.steps), np.nan)])[rows]
    return Matrix(cases, found.values, found.times, found.season).answers(asked)


def agreed(found: Matrix, tree: Tree) -> Floats:
    """The bottom's forecasts, series × steps, by all levels' forecasts and how far each is to be trusted."""
    bottom, season = found.values, found.season
    upper = tree.sums(filled(bottom))
    below, above = (forecast(values, season, found.steps) for values in (bottom, upper))
    below = np.where(np.isfinite(below), below, filled(bottom)[:, -1:])
    least = np.where(np.nanmin(bottom, axis=1) < 0, -np.inf, 0.0)
    strays = variances(np.vstack([filled(bottom), upper]), season)
    many = len(bottom)
    return reconciled(below, above, Structure(tree.adds, strays[:many], strays[many:], least))


def variances(values: Floats, season: int) -> Floats:
    """How far each series strays: the mean square of what it moved from one season to the next.

    Errors that the forecasts made before would cost a replay, and told no more on Australian tourism.
    """
    lag = season if values.shape[1] > season else 1
    found = (
        ((values[:, lag:] - values[:, :-lag]) ** 2).mean(axis=1)
        if values.shape[1] > 1
        else mean(values**2)
    )
    return found + HAIR * (values**2).mean(axis=1) + np.finfo(float).tiny


def filled(values: Floats) -> Floats:
    """What can be added up: the last value where one is missing, nothing before a series began."""
    there = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(there, np.arange(values.shape[1]), -1), axis=1)
    found = np.take_along_axis(np.where(there, values, 0.0), np.maximum(last, 0), axis=1)
    return np.where(last < 0, 0.0, found)
