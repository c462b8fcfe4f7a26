"""Trees that learn, of all series together, how what comes differs from the last season."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from stepladder.core import periods
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.stats import Floats
from stepladder.questions.forecast import foreseen, public_holidays
from stepladder.questions.forecast.asked import EVERYONE
from stepladder.questions.forecast.boosting.features import width
from stepladder.questions.forecast.boosting.growing import Past, forecast, grown
from stepladder.questions.forecast.matrix import Matrix, wide
from stepladder.questions.forecast.settings import steps

PAST = 400  # periods learnt from, or more where seasons are long


def learnt(history: History, lightgbm: Any) -> Model:
    """The trees grown on all series: `trees`, bytes, or None where there is too little to learn from.

    `known`: the columns that they know beforehand, one row each.
    """
    season, ahead = int(history.ask.settings.season), steps(history.ask)
    most = max(PAST, width(season, ahead) + 3 * season)
    found, known = wide(history, history.sql(EVERYONE), most), foreseen.found(history)
    trees = grown(_past(history, found, known), lightgbm, history.ask.seed)
    return {"trees": trees, "known": known}


def told(model: Model, history: History, cases: pa.Table, lightgbm: Any) -> tuple[Matrix, Floats]:
    """The cases' series, and what the trees expect, cases × steps; NaN where they have no opinion."""
    most = width(int(history.ask.settings.season), steps(history.ask))
    found = wide(history, cases, most)
    return found, forecast(_past(history, found, model["known"]), lightgbm, model["trees"])


def _past(history: History, found: Matrix, columns: pa.Table) -> Past:
    """The phase is the calendar's, the same for all series: December is December."""
    settings = history.ask.settings
    first = np.asarray(found.times.to_numpy(zero_copy_only=False)[:1], "datetime64[us]")
    number = int(periods.number(first, settings.every, settings.week_starts)[0])
    known = foreseen.matrix(history, found.cases, columns, found.values.shape[1])
    known = public_holidays.beside(known, history)
    return Past(found.values, known, found.season, found.steps, number % found.season)
