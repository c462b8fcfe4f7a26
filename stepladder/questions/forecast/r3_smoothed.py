"""Season and fading trend: between a straight line and a trend that fades (theta, damped trend)."""

from __future__ import annotations

import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.questions.forecast.matrix import wide
from stepladder.questions.forecast.smoothing import forecast, past


def fit(history: History) -> Model:
    """Nothing: how fast a series forgets is found in its own past, when it is asked about."""
    return {}


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """The mean of theta and damped trend; nothing of a series without values."""
    found = wide(history, cases, past(int(history.ask.settings.season)))
    return found.answers(forecast(found.values, found.season, found.steps))
