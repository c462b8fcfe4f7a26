"""A toy world of buyers whose truth is known: simulated Pareto/NBD customers and Gamma–Gamma spenders.

Each customer buys at random with a pace of their own (gamma: r, α, per week) until they quietly leave
(exponential, with a rate of their own; gamma: s, β). Spend per purchase is gamma with a scale of its
own (p, q, v). Schmittlein, Morrison & Colombo (1987); Fader & Hardie (2013), "The Gamma–Gamma Model".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

Season = Callable[
    [np.ndarray], np.ndarray
]  # day number → how many times the usual pace (at most `peak`)


@dataclass(frozen=True)
class World:
    """The truth of a simulated world; rates are per week."""

    r: float = 0.55
    alpha: float = 10.6
    s: float = 0.6
    beta: float = 11.7
    p: float = 6.25
    q: float = 3.75
    v: float = 15.4
    weeks: int = 78
    arrivals: int = 12  # weeks over which the customers make their first purchase
    start: date = date(2020, 1, 6)

    @property
    def end(self) -> date:
        """The first day not simulated."""
        return self.start + timedelta(weeks=self.weeks)


def simulate(
    world: World, customers: int, seed: int, season: Season | None = None, peak: float = 1.0
) -> tuple[pa.Table, pa.Table]:
    """Simulate customers. Returns purchases(customer, day, value, row) and truth(customer, rate, leaves).

    A season multiplies the pace by day; `peak` is its largest value (purchases are drawn at the peak
    pace and thinned, Lewis & Shedler 1979).
    """
    rng = np.random.default_rng(seed)
    first = rng.integers(0, world.arrivals * 7, customers)
    rate = rng.gamma(world.r, 1 / world.alpha, customers) / 7
    leaves = first + rng.exponential(1 / rng.gamma(world.s, 1 / world.beta, customers)) * 7
    last = np.minimum(leaves, world.weeks * 7)
    count = rng.poisson(np.maximum(last - first, 0) * rate * peak)
    who = np.repeat(np.arange(customers), count)
    day = np.floor(first[who] + rng.random(len(who)) * (last - first)[who]).astype(np.int64)
    if season is not None:
        keep = rng.random(len(who)) * peak < season(day)
        who, day = who[keep], day[keep]
    who, day = np.r_[np.arange(customers), who], np.r_[first, day]
    scale = rng.gamma(world.q, 1 / world.v, customers)
    value = rng.gamma(world.p, 1 / scale[who])
    order = np.lexsort((who, day))
    purchases = _purchases(world, who[order], day[order], value[order])
    truth = pa.table({"customer": np.arange(customers) + 1, "rate": rate * 7, "leaves": leaves})
    return purchases, truth


def _purchases(world: World, who: np.ndarray, day: np.ndarray, value: np.ndarray) -> pa.Table:
    days = np.datetime64(world.start) + day
    return pa.table(
        {
            "customer": pa.array(who + 1, pa.int64()),
            "day": pa.array(days.astype("datetime64[D]"), pa.date32()),
            "value": np.round(value, 2),
            "row": np.arange(1, len(who) + 1),
        }
    )


def expected(world: World, truth: pa.Table, now: date, horizon: int) -> np.ndarray:
    """The number of purchases a being that knew everyone's pace and leaving day would expect."""
    start = (now - world.start).days
    leaves, rate = truth["leaves"].to_numpy(), truth["rate"].to_numpy() / 7
    return rate * np.clip(leaves - start, 0, horizon)


ASK = 'question = "retention"\nhorizon = 91\nseed = 1'
NOW = date(2020, 1, 6) + timedelta(days=52 * 7)
PROMISE = {0: -1.0, 1: -0.01, 2: 0.2, 3: 0.35, 4: 0.25}  # share of the all-knowing being's gain


def tables(seed: int) -> dict[str, pa.Table]:
    """The toy world's tables, what comes after NOW included."""
    return {"purchases": simulate(World(), 3000, seed)[0]}


def truth(seed: int, cases: pa.Table, horizon: int) -> pa.Table:
    """What a being that knew everything would expect of each case as of NOW."""
    world = World()
    known = simulate(world, 3000, seed)[1]
    mean = expected(world, known, NOW, horizon)[cases["customer"].to_numpy() - 1]
    return cases.append_column("prediction", pa.array(mean))


def nonsense(answers: pa.Table) -> pa.Table:
    """Answers that are surely worse: ten times as many."""
    at = answers.column_names.index("prediction")
    return answers.set_column(at, "prediction", pa.array(answers["prediction"].to_numpy() * 10))
