"""Seldom any: how likely there is any at all, times how much it then is; else smoothed (TSB)."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.stats import Floats
from stepladder.questions.forecast.asked import EVERYONE
from stepladder.questions.forecast.matrix import wide
from stepladder.questions.forecast.smoothing import forecast, past
from stepladder.questions.forecast.smoothing.intermittent import dominated, phases, tsb

ALPHAS, BETAS = (0.02, 0.05, 0.1, 0.2), (0.05, 0.1, 0.2)


def fit(history: History) -> Model:
    """How fast to forget, once for all: by squared errors, for absolute ones are least where all is zero."""
    values = wide(history, history.sql(EVERYONE), past(int(history.ask.settings.season))).values
    rare = values[dominated(values)]
    spread = np.nanvar(rare, axis=1) if len(rare) else np.ones(0)
    pairs = list(itertools.product(ALPHAS, BETAS))
    errors = [float((tsb(rare, *pair)[1] / spread).sum()) for pair in pairs]
    alpha, beta = pairs[int(np.argmin(errors))]
    return {"alpha": alpha, "beta": beta}


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """Demand a period, more in phases that have it more often; no sum is rounded away later."""
    found = wide(history, cases, past(int(history.ask.settings.season)))
    said, rare = np.full((len(found.values), found.steps), np.nan), dominated(found.values)
    said[~rare] = forecast(found.values[~rare], found.season, found.steps)
    said[rare] = _rare(found.values[rare], model, found.season, found.steps)
    return found.answers(said)


def _rare(values: Floats, model: Model, season: int, steps: int) -> Floats:
    rate, _ = tsb(values, model["alpha"], model["beta"])
    return rate[:, None] * phases(values, season)[:, np.arange(steps) % season]
