"""A toy world of tastes whose truth is known: items of a few kinds, persons who lean to some of them.

A person takes items one after the other, never one twice, each time in proportion to the item's fame
times the person's liking for its kind (a Plackett–Luce order: Plackett, 1975).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa

PERSONS, ITEMS, KINDS, DAYS = 600, 120, 6, 168
START = date(2020, 1, 6)
NOW = START + timedelta(days=140)
ASK = 'question = "recommend"\nhorizon = 28\nseed = 1\n[recommend]\nk = 10\nmin_support = 3\n'
# share of the all-knowing being's gain over bestsellers; what was popular lately is no news here
PROMISE = {0: -1.0, 1: -0.2, 2: 0.4, 3: 0.5, 4: 0.5, 5: 0.5}


class World(NamedTuple):
    """weight: persons × items, how likely each takes each; order, day: what they took, and when."""

    weight: np.ndarray
    kind: np.ndarray
    taken: list[np.ndarray]
    day: list[np.ndarray]


def world(seed: int) -> World:
    """Everybody's tastes, and what they took."""
    rng = np.random.default_rng(seed)
    kind = np.arange(ITEMS) % KINDS
    fame = rng.gamma(1.0, 1.0, ITEMS) + 0.05
    taste = rng.dirichlet(np.full(KINDS, 0.3), PERSONS) + 0.02
    weight = fame * taste[:, kind]
    arrival = np.where(rng.random(PERSONS) < 0.85, rng.integers(0, 100, PERSONS),
                       rng.integers(100, DAYS - 5, PERSONS))  # fmt: skip
    taken, day = [], []
    for who in range(PERSONS):
        order = np.argsort(rng.exponential(1.0, ITEMS) / weight[who])
        n = int(rng.integers(4, 26))
        taken.append(order[:n])
        day.append(np.sort(rng.integers(arrival[who], DAYS, n)))
    return World(weight, kind, taken, day)


def tables(seed: int) -> dict[str, pa.Table]:
    """The toy world's tables, what comes after NOW included."""
    made = world(seed)
    person = np.repeat(np.arange(PERSONS), [len(items) for items in made.taken]) + 1
    item, day = np.concatenate(made.taken) + 1, np.concatenate(made.day)
    # two of one day keep their order
    second = np.arange(len(item)) % 86_400
    time = (
        np.datetime64(START, "us") + day.astype("timedelta64[D]") + second.astype("timedelta64[s]")
    )
    order = np.lexsort((item, person, time))
    interactions = pa.table(
        {
            "person": person[order],
            "item": item[order],
            "time": pa.array(time[order], pa.timestamp("us")),
            "value": np.ones(len(order)),
            "row": np.arange(1, len(order) + 1),
        }
    )
    ids = np.arange(1, ITEMS + 1)
    items = {
        "item": ids,
        "title": [f"Item {i}" for i in ids],
        "kind": made.kind.astype(str),
        "row": ids,
    }
    return {"interactions": interactions, "items": pa.table(items)}


def truth(seed: int, cases: pa.Table, horizon: int) -> pa.Table:
    """What a being that knew everybody's taste would list for each case as of NOW."""
    made, cut = world(seed), (NOW - START).days
    persons, items, scores = [], [], []
    for person in cases["person"].to_pylist():
        who = person - 1
        weight = made.weight[who].copy()
        weight[made.taken[who][made.day[who] < cut]] = 0.0
        best = np.argsort(-weight, kind="stable")[:10]
        best = best[weight[best] > 0]
        persons += [person] * len(best)
        items += (best + 1).tolist()
        scores += weight[best].tolist()
    return pa.table({"person": persons, "item": items, "prediction": scores})


def nonsense(answers: pa.Table) -> pa.Table:
    """Answers that are surely worse: everybody is shown what the fewest took."""
    items = answers.group_by("item").aggregate([("prediction", "mean")]).sort_by("prediction_mean")
    worst = items["item"].to_pylist()[:3]
    persons = answers["person"].combine_chunks().unique().to_pylist()
    rows = [(person, item, -float(i)) for person in persons for i, item in enumerate(worst)]
    columns = zip(*rows, strict=True)
    return pa.table(dict(zip(("person", "item", "prediction"), map(list, columns), strict=True)))
