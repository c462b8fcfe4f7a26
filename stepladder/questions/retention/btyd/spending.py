"""From expected purchases to expected money, and to the table of predictions that all formulas give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from stepladder.core.errors import CannotStand
from stepladder.core.history import History
from stepladder.questions.retention.btyd import gamma_gamma
from stepladder.questions.retention.btyd.summary import Floats, Summary, places, summary
from stepladder.questions.retention.btyd.told_apart import as_told
from stepladder.questions.retention.drawn import only_drawn
from stepladder.questions.retention.rfm import recency_and_frequency, segments

Model = dict[str, Any]


def learnt_from(history: History, customers: int) -> Summary:
    """The customers whose spending is learnt from: all, or a million of them drawn by lot.

    What they spend on average has as many values as there are customers, so it cannot be counted.
    What a sample costs is said among the warnings (assumptions.py), and is in `spend_se`.
    """
    return summary(history, only=only_drawn(customers))


def spending(known: Summary) -> Model:
    """The Gamma–Gamma model of these customers, its keys led by `spend_`; empty without values."""
    try:
        fitted = gamma_gamma.fit(known.valued, known.value)
    except CannotStand:
        return {}
    return {f"spend_{key}": value for key, value in fitted.items()}


def money(model: Model, known: Summary, purchases: Floats) -> Floats:
    """Money to expect: purchases to expect times their expected value; NaN without a value model."""
    own = {key.removeprefix("spend_"): model[key] for key in model if key.startswith("spend_")}
    if not own:
        return np.full(len(purchases), np.nan)
    return purchases * gamma_gamma.expected_value(own, known.valued, known.value)


def answer(
    model: Model, known: Summary, cases: pa.Table, purchases: Floats, alive: Floats
) -> pa.Table:
    """The table of predictions in the order of `cases`; a case never seen gets nulls."""
    where, found = places(cases, known)

    def taken(values: Floats) -> Floats:
        return (
            np.where(found, values[where], np.nan) if len(values) else np.full(len(where), np.nan)
        )

    told = as_told(model, known.x, alive)
    columns = {"prediction": purchases, "alive": told, "value": money(model, known, purchases)}
    out = {"customer": cases["customer"]}
    for name, values in columns.items():
        out[name] = pa.array(said := taken(values), pa.float64(), mask=np.isnan(said))
    if "fifths" in model:
        out["segment"] = segments(model["fifths"], *map(taken, recency_and_frequency(known)))
    return pa.table(out)
