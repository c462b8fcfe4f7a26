"""Many small trees: they learn from all series how what comes differs from last season (gradient boosting).

One LightGBM over all series, every step ahead by itself: see boosting/. Of a series too short to say
anything of, the reference speaks.
"""

from __future__ import annotations

import lightgbm
import pyarrow as pa

from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.questions.forecast import boosting


def fit(history: History) -> Model:
    """Grow the trees on what came after many moments of the past."""
    return boosting.learnt(history, lightgbm)


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """The last season, and what the trees add to it in each period ahead."""
    found, said = boosting.told(model, history, cases, lightgbm)
    return found.answers(said)
