"""What a fitted rung truly loses: its mean loss on very many fresh customers of the same world.

The customers are asked in the real tables; what the same answer is given to is asked once. The SQL
rungs answer through their own last SELECT, for one customer of each recency and frequency (nothing
else enters their predictions); the purchase models through their own `expected`, once for each
distinct (x, t_x, T); the trees once for each cell between their own thresholds, so every customer is
answered with their real features. A test holds this to `rung.predict` for every customer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from choosing_worlds import Drawn, purchases

from stepladder.core.ask import Ask
from stepladder.core.history import History
from stepladder.core.rung import Rung
from stepladder.questions import retention
from stepladder.questions.retention import r4_boosting
from stepladder.questions.retention.btyd import bg_nbd, mbg_cnbd, pareto_nbd
from stepladder.questions.retention.btyd.grouping import Groups, group

Model = dict[str, Any]
Floats = np.ndarray[Any, np.dtype[np.float64]]
EXPECTED: dict[str, Callable[..., Floats]] = {
    "r3_bg_nbd": bg_nbd.expected,
    "r3_mbg_cnbd": mbg_cnbd.expected,
    "r3_pareto_nbd": pareto_nbd.expected,
}


@dataclass(frozen=True)
class Fresh:
    """Fresh customers as known at one cutoff, and what they bought in the horizon after it."""

    customer: np.ndarray[Any, np.dtype[np.int64]]  # 1 … all
    features: Floats  # cases × the trees' features
    actual: Floats
    few: History  # one customer of each recency and frequency
    few_cases: pa.Table
    few_of: np.ndarray[Any, np.dtype[np.intp]]  # case → row of few_cases

    @cached_property
    def groups(self) -> Groups:
        """The distinct x, t_x and T."""
        recency, frequency, age = self.features[:, :3].T
        return group(frequency - 1, (age - recency) / 7, (age - 1) / 7)


def fresh(
    drawn: Drawn, customers: int, seed: list[int], cutoffs: list[date], ask: Ask, folder: Path
) -> list[Fresh]:
    """The same fresh customers at each cutoff; files are written below `folder`."""
    path = folder / "fresh.parquet"
    parts = purchases(drawn, customers, seed)
    first = next(parts)
    with pq.ParquetWriter(path, first.schema, compression="none") as writer:
        writer.write_table(first)
        for part in parts:
            writer.write_table(part)
    history = History(drawn.world.end, ask, {"purchases": (str(path), "day")})
    return [_at(history, cutoff, folder) for cutoff in cutoffs]


def _at(history: History, cutoff: date, folder: Path) -> Fresh:
    known, later = history.at(cutoff), history.at(cutoff + timedelta(days=history.ask.horizon))
    profile = r4_boosting.profile(known, r4_boosting.usual(known))
    cases = profile.select(["customer"])
    actual = retention.outcome(known, later, cases)["actual"].to_numpy().astype(float)
    features = r4_boosting._matrix(profile)
    key = (features[:, 0] * 1e6 + features[:, 1]).astype(np.int64)
    _, one, few_of = np.unique(key, return_index=True, return_inverse=True)
    few_cases = cases.take(one)
    path = folder / f"few-{cutoff}.parquet"
    rows = known.sql(
        "select purchases.* from purchases semi join cases using (customer)", few_cases
    )
    pq.write_table(rows, path)
    few = History(cutoff, history.ask, {"purchases": (str(path), "day")})
    return Fresh(cases["customer"].to_numpy(), features, actual, few, few_cases, few_of)


def answers(rung: Rung, model: Model, those: Fresh) -> Floats:
    """What the fitted rung predicts for each fresh case; NaN where it has no opinion."""
    if rung.path.suffix == ".sql":
        return _by_sql(rung, model, those)
    if rung.name in EXPECTED:
        groups, weeks = those.groups, those.few.ask.horizon / 7
        return EXPECTED[rung.name](model, groups.x, groups.t_x, groups.T, weeks)[groups.inverse]
    return _by_trees(lightgbm.Booster(model_str=model["trees"].decode()), those.features)


def _by_sql(rung: Rung, model: Model, those: Fresh) -> Floats:
    table = rung.predict(model, those.few, those.few_cases).sort_by("customer")
    row = np.searchsorted(table["customer"].to_numpy(), those.few_cases["customer"].to_numpy())
    said = table["prediction"].cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(said[row][those.few_of], float)


def _by_trees(trees: lightgbm.Booster, features: Floats) -> Floats:
    key = np.zeros(len(features), np.int64)
    for column, cuts in zip(features.T, _thresholds(trees), strict=True):
        cell = np.searchsorted(cuts, column, side="left")
        cell[np.isnan(column)] = len(cuts) + 1
        key = key * (len(cuts) + 2) + cell
    _, one, where = np.unique(key, return_index=True, return_inverse=True)
    return np.asarray(trees.predict(features[one], num_threads=1)[where], float)


def _thresholds(trees: lightgbm.Booster) -> list[Floats]:
    found: list[set[float]] = [set() for _ in r4_boosting.FEATURES]
    open_nodes = [tree["tree_structure"] for tree in trees.dump_model()["tree_info"]]
    while open_nodes:
        node = open_nodes.pop()
        if "split_feature" in node:
            found[node["split_feature"]].add(node["threshold"])
            open_nodes += [node["left_child"], node["right_child"]]
    return [np.array(sorted(cuts)) for cuts in found]


@dataclass(frozen=True)
class Truth:
    """The mean loss of each fitted rung, in the order given, and the covariance of these means."""

    loss: Floats
    covariance: Floats


def truth(
    rungs: list[Rung], models: list[list[Model]], those: list[Fresh], reference: str, customers: int
) -> Truth:
    """Mean losses over the cutoffs as a bake-off pools them; models are by rung, then by cutoff."""
    sums = np.zeros((len(rungs), customers))
    weight = np.zeros(customers)
    base = [rung.name for rung in rungs].index(reference)
    for i, at in enumerate(those):
        usual = answers(rungs[base], models[base][i], at)
        weight[at.customer - 1] += 1
        for r, rung in enumerate(rungs):
            said = usual if r == base else answers(rung, models[r][i], at)
            mean = np.maximum(np.where(np.isnan(said), usual, said), retention.FLOOR * usual)
            loss, came = 2 * mean, at.actual > 0  # of those who bought nothing
            loss[came] = retention.deviance(at.actual[came], mean[came])
            sums[r, at.customer - 1] += loss
    means = sums.sum(axis=1) / weight.sum()
    sums -= means[:, None] * weight  # a ratio of sums: linearised
    return Truth(means, sums @ sums.T / weight.sum() ** 2)
