"""How the trees are grown: on what came after many moments of the past, whose own past alone was seen.

Direct forecasts of every step by one global model (Makridakis et al., 2022, "M5 accuracy competition");
LightGBM (Ke et al., 2017) with the loss of Huber (1964): errors are squared up to three usual moves, and
count as they are beyond. The absolute error alone, by which forecasts are judged, is least at the median, and
of a series that is mostly zero that is nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from stepladder.core.stats import Floats
from stepladder.questions.forecast.boosting.features import Seen, seen

ROWS = 120_000  # learnt from at most
OWN, FIRST = (
    250,
    10_000,
)  # and of few series as many each and so many: more of them say the same again
MOMENTS = 8  # of which as many series are taken as leave room for that many
FURTHEST = (
    20.0  # usual moves: what moved more is learnt as that, or one slip would be in every forecast
)
ENOUGH = 200  # rows: trees learn nothing from fewer
TREES = 150
SETTINGS = {
    "objective": "huber",
    "alpha": 3.0,  # of how far the series usually is from its last season
    "learning_rate": 0.08,
    "num_leaves": 31,
    "lambda_l2": 1.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 127,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
AT_ONCE = 20_000  # series


class Past(NamedTuple):
    """Series side by side, the last column the period before now; phase of the first period ahead.

    known: series × columns × periods, those of `values` and then the steps ahead.
    """

    values: Floats
    known: Floats
    season: int
    steps: int
    phase: int

    def before(self, ago: int) -> Seen:
        """What was to be seen so many periods ago; nothing of what came since."""
        until = self.values.shape[1] - ago
        values, known = self.values[:, :until], self.known[..., : until + self.steps]
        return seen(values, known, self.season, self.steps, self.phase - ago)

    def some(self, rows: Any) -> Past:
        """Some of the series."""
        return self._replace(values=self.values[rows], known=self.known[rows])


def grown(past: Past, lightgbm: Any, seed: int) -> bytes | None:
    """The trees as text; None where there is too little to learn from."""
    features, target = _rows(past, seed)
    if len(target) < ENOUGH:
        return None
    settings = {**SETTINGS, "seed": seed, "min_data_in_leaf": min(max(len(target) // 50, 5), 100)}
    trees = lightgbm.train(settings, lightgbm.Dataset(features, target), TREES)
    return bytes(trees.model_to_string().encode())


def forecast(past: Past, lightgbm: Any, trees: bytes | None) -> Floats:
    """What comes, series × steps: the last season and what the trees add; NaN where little is known."""
    if trees is None:
        return np.full((len(past.values), past.steps), np.nan)
    booster = lightgbm.Booster(model_str=trees.decode())
    chunks = [
        _said(past.some(slice(i, i + AT_ONCE)), booster)
        for i in range(0, len(past.values), AT_ONCE)
    ]
    return np.concatenate(chunks) if chunks else np.zeros((0, past.steps))


def _said(past: Past, booster: Any) -> Floats:
    found = past.before(0)
    flat = found.features.reshape(-1, found.features.shape[-1])
    added = booster.predict(flat, num_threads=1).reshape(found.naive.shape)
    return np.asarray(found.naive + added * found.unit)


def _rows(past: Past, seed: int) -> tuple[Floats, Floats]:
    """What was to be seen at many moments of the past, and what came of it, in each series' units."""
    chance = np.random.default_rng(seed)
    few = max(ROWS // (MOMENTS * past.steps), 1)
    if len(past.values) > few:
        taken = np.sort(chance.permutation(len(past.values))[:few])
        past = past.some(taken)
    pairs = list(_came(past))
    features, target = (np.concatenate(each) for each in zip(*pairs, strict=True))
    most = _most(past)
    if len(target) > most:
        kept = np.sort(chance.permutation(len(target))[:most])
        features, target = features[kept], target[kept]
    return features, target


def _most(past: Past) -> int:
    return min(ROWS, FIRST + OWN * len(past.values))


def _came(past: Past) -> Iterator[tuple[Floats, Floats]]:
    for ago in _moments(past):
        found, ahead = past.before(ago), min(ago, past.steps)
        start = past.values.shape[1] - ago
        came = past.values[:, start : start + ahead]
        target = np.clip((came - found.naive[:, :ahead]) / found.unit, -FURTHEST, FURTHEST)
        known = np.isfinite(target)
        yield found.features[:, :ahead][known], target[known]


def _moments(past: Past) -> list[int]:
    """How many periods ago each lies: even, all over the past, as many as the rows have room for."""
    most = max(past.values.shape[1] - min(past.season, 12) - 2, 1)
    there = (~np.isnan(past.values)).mean()  # series that began late give fewer rows
    room = int(_most(past) / max(len(past.values) * past.steps * there, 1))
    return sorted({int(ago) for ago in np.linspace(1, most, min(max(room, MOMENTS), most))})
