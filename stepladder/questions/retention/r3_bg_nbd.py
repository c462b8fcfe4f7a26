"""Pace and leaving: each buys at their own rate and may leave after any purchase (BG/NBD).

Value: expected purchases times expected spend per purchase (Gamma–Gamma). Formulas and papers are
named in btyd/bg_nbd.py and btyd/gamma_gamma.py.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from stepladder.core.history import History
from stepladder.questions.retention.btyd import bg_nbd
from stepladder.questions.retention.btyd.assumptions import warnings
from stepladder.questions.retention.btyd.counts import counts
from stepladder.questions.retention.btyd.spending import answer, learnt_from, spending
from stepladder.questions.retention.btyd.summary import summary
from stepladder.questions.retention.rfm import learnt

Model = dict[str, Any]


def fit(history: History) -> Model:
    """Learn the four parameters of buying and leaving, and the three of spending, with warnings."""
    known = counts(history)
    spent = learnt_from(history, known.customers)
    model = {
        **bg_nbd.fit(known.x, known.t_x, known.T, known.weight),
        **spending(spent),
        **learnt(known),
    }
    return {**model, "warnings": warnings(model, known, spent)}


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """Expected purchases, probability of being alive, value and segment of each case; null for strangers."""
    known = summary(history, cases)
    weeks = history.ask.horizon / 7.0
    expected, alive = bg_nbd.outlook(model, known.x, known.t_x, known.T, weeks)
    return answer(model, known, cases, expected, alive)
