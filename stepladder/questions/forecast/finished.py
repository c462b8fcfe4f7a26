"""A rung's forecasts made fit for use: no gap, nothing below zero where nothing ever was, counts whole."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import predictions
from stepladder.core.history import History
from stepladder.core.question import Completed
from stepladder.core.stats import Floats
from stepladder.questions.forecast import levels, scales

KEYS = ("series", "time")


def complete(answers: pa.Table, reference: pa.Table, past: History, cases: pa.Table) -> Completed:
    """Periods left out are the reference's; counts are whole without changing what they add up to.

    Where all series of the moment are asked about, what they add up to follows: sums of what is forecast,
    so that no total differs from its parts.
    """
    names = past.ask.settings.levels
    own, usual = (levels.bottom(table, names) for table in (answers, reference))
    found = _finished(predictions.complete(own, usual, None, KEYS), past, cases)
    table = found.predictions
    if names:
        level = pa.array([names[-1]]).take(pa.array(np.zeros(len(table), int)))
        table = table.set_column(table.column_names.index("level"), "level", level)
    if tree := levels.above(past, cases):
        sums = tree.added(table, "prediction")
        sums = sums.filter(pc.is_valid(sums["prediction"]))
        table = pa.concat_tables([table, sums], promote_options="default").select(
            table.column_names
        )
    return found._replace(predictions=table)


def _finished(found: Completed, past: History, cases: pa.Table) -> Completed:
    """No series below its least, counts as wholes."""
    table = found.predictions
    own = scales.own(past, cases)
    at = predictions.places(table, own, ["series"])
    least, whole = (
        own[name].take(at).to_numpy(zero_copy_only=False).astype(float)
        for name in ("least", "whole")
    )
    said = np.fmax(table["prediction"].to_numpy(zero_copy_only=False), least)
    said = np.where(whole == 1.0, wholes(said, at.to_numpy(zero_copy_only=False)), said)
    place = table.column_names.index("prediction")
    return found._replace(predictions=table.set_column(place, "prediction", pa.array(said)))


def wholes(values: Floats, series: np.ndarray) -> Floats:
    """Whole numbers that add up, from a series' first period on, to the values rounded.

    A third of a piece a day is a piece every three days: rounding each day by itself would forecast none.
    `values` stand series by series in the order of time.
    """
    begins = np.flatnonzero(np.r_[True, series[1:] != series[:-1]])
    group = np.repeat(np.arange(len(begins)), np.diff(np.r_[begins, len(values)]))
    nth = np.arange(len(values)) - begins[group]
    upto = np.zeros((len(begins), int(nth.max(initial=0)) + 1))
    upto[group, nth] = values  # each series by itself: sums over all would lose small ones
    rounded = np.floor(np.cumsum(upto, axis=1) + 0.5 + 1e-9)
    return np.asarray(np.diff(rounded, axis=1, prepend=0.0)[group, nth] + 0.0)
