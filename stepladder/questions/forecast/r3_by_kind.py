"""Each kind its own way: for calm and for wild series the simple way that was nearest to what came.

There are four kinds, by how much a series moves beside its level (see scales.py), fixed before anything is
tried. What is nearest is found by forecasting the past anew. Choosing for every series by itself would
choose chance, the winner's curse; even of kinds little is to be expected: on public data smoothing for all
was as good, or better.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from stepladder.core import periods
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.stats import Floats
from stepladder.questions.forecast import scales, smoothing
from stepladder.questions.forecast.asked import EVERYONE
from stepladder.questions.forecast.matrix import wide
from stepladder.questions.forecast.settings import steps

WAYS = ("r1_last_season", "r1_last_value", "r2_season_growth", "smoothing")
KINDS = 4
MOMENTS = 3  # of the past, a horizon apart
FEW = 30  # series of a kind at all moments together; fewer follow what is nearest for all
SAID = """select nth, step, prediction from cases join said using (series) join ahead using (time)
where prediction is not null"""
CAME = """select nth, step, value from cases cross join asked
join series on series.series = cases.series and series.time = asked.time"""


def fit(history: History) -> Model:
    """For each kind, which way was nearest to what came at earlier moments, in units of each series."""
    moments, known = [], np.zeros(KINDS)
    for kind, errors in _errors(history):
        off = np.zeros((KINDS, len(WAYS)))
        np.add.at(off, kind, errors)
        np.add.at(known, kind, 1)
        moments.append(off)
    return {"best": _best(np.array(moments), known)}


def _best(off: Floats, known: Floats) -> np.ndarray:
    """Each kind's way: that of all, but where its own was nearer at every moment.

    off: moments × kinds × ways. known: how many series of each kind, at all moments together.
    """
    if not len(off):
        return np.zeros(KINDS, np.int64)
    everyone, own = int(off.sum(axis=(0, 1)).argmin()), off.sum(axis=0).argmin(axis=1)
    nearer = (off[:, np.arange(KINDS), own] < off[:, :, everyone]).all(axis=0)
    return np.where(nearer & (known >= FEW), own, everyone)


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """As the way that was nearest for its kind says."""
    found = wide(history, cases, 1)
    way = np.asarray(model["best"])[scales.own(history, cases)["kind"].to_numpy()]
    said = np.full((cases.num_rows, found.steps), np.nan)
    for i in np.unique(way):
        rows = np.flatnonzero(way == i)
        said[rows] = _said(WAYS[i], history, cases.take(pa.array(rows)))
    return found.answers(said)


def _errors(history: History) -> Iterator[tuple[np.ndarray, Floats]]:
    """At each moment: the kind of every series of which something came, and how far off each way was."""
    every, week = history.ask.settings.every, history.ask.settings.week_starts
    ahead, first = steps(history.ask), periods.first_ahead(history.now, every, week)
    for i in range(1, MOMENTS + 1):
        past = history.at(periods.day_of(first - i * ahead, every, week))
        cases = past.sql(EVERYONE)
        if not cases.num_rows:
            return
        own, came = scales.own(past, cases), _came(past, history, cases)
        each = np.stack([np.abs(_said(way, past, cases) - came) for way in WAYS], axis=-1)
        each = np.where(np.isnan(each), each[..., :1], each)  # no opinion: as the last season
        known = np.isfinite(each).all(axis=-1)
        total = np.where(known[..., None], each, 0.0).sum(axis=1)
        there = known.any(axis=1)
        mean = total / np.maximum(known.sum(axis=1), 1)[:, None]
        yield own["kind"].to_numpy()[there], (mean / own["scale"].to_numpy()[:, None])[there]


def _said(way: str, history: History, cases: pa.Table) -> Floats:
    """A way's forecasts, cases × steps; NaN where it has no opinion."""
    ahead, season = steps(history.ask), int(history.ask.settings.season)
    if way == "smoothing":
        found = wide(history, cases, smoothing.past(season))
        return smoothing.forecast(found.values, season, ahead)
    query = Path(__file__).with_name(f"{way}.sql").read_text("utf-8")
    said = history.sql(query, cases)
    return _filled(history.sql(SAID, _numbered(cases), said=said), cases, ahead)


def _came(past: History, later: History, cases: pa.Table) -> Floats:
    asked = past.sql("select step, time from ahead")
    return _filled(later.sql(CAME, _numbered(cases), asked=asked), cases, steps(past.ask))


def _numbered(cases: pa.Table) -> pa.Table:
    return cases.select(["series"]).append_column("nth", pa.array(np.arange(cases.num_rows)))


def _filled(rows: pa.Table, cases: pa.Table, ahead: int) -> Floats:
    out = np.full((cases.num_rows, ahead), np.nan)
    nth, step, value = (column.to_numpy() for column in rows.columns)
    out[nth, step - 1] = value
    return out
