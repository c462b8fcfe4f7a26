"""The mean of two: of smoothing, which knows each series, and of trees that learn from all together.

They err in different ways, so their mean errs less than either (Bates and Granger, 1969). Where trees have
no opinion, smoothing speaks alone.
"""

from __future__ import annotations

import lightgbm
import numpy as np
import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.questions.forecast import boosting, smoothing
from stepladder.questions.forecast.matrix import wide


def fit(history: History) -> Model:
    """Grow the trees; smoothing learns nothing beforehand."""
    return boosting.learnt(history, lightgbm)


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """Half of each in every period ahead."""
    found, trees = boosting.told(model, history, cases, lightgbm)
    past = wide(history, cases, smoothing.past(found.season)).values
    smooth = smoothing.forecast(past, found.season, found.steps)
    return found.answers(np.where(np.isnan(trees), smooth, (trees + smooth) / 2))
