"""Steady pace and leaving: each buys at regular intervals and may leave after any of them (MBG/CNBD-k).

How steady is learnt too: k = 1 is chance, as in BG/NBD and Pareto/NBD; the larger k, the more
regular. Value: expected purchases times expected spend per purchase (Gamma–Gamma). Formulas and
papers are named in btyd/mbg_cnbd.py and btyd/gamma_gamma.py.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from stepladder.core.history import History
from stepladder.questions.retention.btyd import mbg_cnbd
from stepladder.questions.retention.btyd.assumptions import warnings
from stepladder.questions.retention.btyd.counts import counts
from stepladder.questions.retention.btyd.gaps import log_gaps
from stepladder.questions.retention.btyd.spending import answer, learnt_from, spending
from stepladder.questions.retention.btyd.summary import summary
from stepladder.questions.retention.rfm import learnt

Model = dict[str, Any]


def fit(history: History) -> Model:
    """Learn how regularly customers buy, the four parameters of buying and leaving, and spending."""
    known = counts(history)
    spent = learnt_from(history, known.customers)
    model = {
        **mbg_cnbd.fit(known.x, known.t_x, known.T, log_gaps(history), known.weight),
        **spending(spent),
        **learnt(known),
    }
    return {**model, "warnings": warnings(model, known, spent)}


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """Expected purchases, probability of being alive, value and segment of each case; null for strangers."""
    known = summary(history, cases)
    weeks = history.ask.horizon / 7.0
    expected, alive = mbg_cnbd.outlook(model, known.x, known.t_x, known.T, weeks)
    return answer(model, known, cases, expected, alive)
