"""The worlds of the study of choosing: parameters drawn from a stated prior, and their customers.

Most worlds are Pareto/NBD; in some the customers buy more regularly than at random, in some they are
nearly all alike. Half are seasonal: the pace of everybody changes by the week, at random, with a peak
before Christmas. The same number gives the same customers' parameters with and without seasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.questions.retention.toy import World, simulate

WEEKS = (56, 82, 106)
LOG_UNIFORM = {
    "r": (0.2, 20.0),  # how alike the paces are
    "purchases while staying": (1.0, 25.0),  # on average, if one stayed the whole span
    "s": (0.3, 5.0),  # how alike the dangers of leaving are
    "departures": (0.05, 8.0),  # on average, per span: its length over the mean stay
}
ARRIVALS = (0.1, 0.6)  # share of the span over which first purchases are spread, uniform
EVERY = (1, 1, 1, 1, 2, 3)  # 1: purchases at random; k: each k-th of them, so that gaps are regular
KINDS = {  # of the worlds, some are nearly all alike, and some of subscribers: frequent until they leave
    "alike": (0.1, {"r": (1000.0, 1000.0), "s": (1.0, 1.0), "departures": (0.01, 0.01)}),
    "subscribers": (
        0.15,
        {"r": (20.0, 200.0), "purchases while staying": (20.0, 50.0), "departures": (1.5, 6.0)},
    ),
}
SHOCK = (0.1, 0.4)  # standard deviation of the weeks' log pace, uniform
CHRISTMAS = (1.5, 2.5)  # times the usual pace from 25 November to 22 December, uniform
PEAK = 3.0  # no week is busier than that
CHUNK = 100_000  # customers simulated at a time


def _said(ranges: dict[str, tuple[float, float]]) -> str:
    return "; ".join(f"{k} {a:g} to {b:g}" for k, (a, b) in ranges.items())


PRIOR = f"""\
weeks of data: one of {WEEKS}; first purchases spread evenly over {ARRIVALS[0]:.0%} to \
{ARRIVALS[1]:.0%} of them; a random first Monday
log-uniform: {_said(LOG_UNIFORM)}
{KINDS["alike"][0]:.0%} nearly all alike instead: {_said(KINDS["alike"][1])}
{KINDS["subscribers"][0]:.0%} subscribers instead: {_said(KINDS["subscribers"][1])}
regularity (Erlang k of the gaps): one of {EVERY}
seasonal worlds: weekly shocks, log standard deviation {SHOCK[0]} to {SHOCK[1]}; Christmas at \
{CHRISTMAS[0]} to {CHRISTMAS[1]} times the pace; at most {PEAK:g} times"""


@dataclass(frozen=True)
class Drawn:
    """One world of the prior: its truth, the regularity of purchases, and each week's pace, if any."""

    number: int
    world: World
    every: int
    pace: tuple[float, ...]  # per week, empty without seasons

    @property
    def seasonal(self) -> bool:
        """Whether the pace changes by the week."""
        return bool(self.pace)

    def parameters(self) -> dict[str, Any]:
        """Its truth in numbers, for the record."""
        kept = {k: v for k, v in asdict(self.world).items() if k not in "pqv"}
        return {**kept, "start": str(self.world.start), "every": self.every, "pace": self.pace}


def draw(seed: int, number: int, seasonal: bool) -> Drawn:
    """The world of that number under the prior."""
    rng = np.random.default_rng([seed, number])
    weeks = int(rng.choice(WEEKS))
    ranges = dict(LOG_UNIFORM)
    kind = rng.random()
    for share, instead in KINDS.values():
        ranges |= instead if 0 <= kind < share else {}
        kind -= share
    own = {k: float(np.exp(rng.uniform(*np.log(v)))) for k, v in ranges.items()}
    arrivals = max(int(rng.uniform(*ARRIVALS) * weeks), 1)
    start = date(2019, 1, 7) + timedelta(weeks=int(rng.integers(52)))
    every = int(rng.choice(EVERY))
    rate, leaving = own["purchases while staying"] / weeks, own["departures"] / weeks
    world = World(
        r=own["r"], alpha=own["r"] / rate, s=own["s"], beta=own["s"] / leaving,
        weeks=weeks, arrivals=arrivals, start=start,
    )  # fmt: skip
    return Drawn(number, world, every, _pace(rng, world) if seasonal else ())


def _pace(rng: np.random.Generator, world: World) -> tuple[float, ...]:
    shock = rng.uniform(*SHOCK)
    pace = np.exp(rng.normal(-(shock**2) / 2, shock, world.weeks))
    monday = [world.start + timedelta(weeks=i) for i in range(world.weeks)]
    december = np.array([(11, 25) <= (d.month, d.day) <= (12, 22) for d in monday])
    return tuple(np.minimum(np.where(december, rng.uniform(*CHRISTMAS), 1.0) * pace, PEAK).tolist())


def purchases(drawn: Drawn, customers: int, seed: list[int]) -> Iterator[pa.Table]:
    """What so many customers of the world buy, some customers at a time: customer, day, value, row."""
    seeds = np.random.SeedSequence(seed).generate_state(-(-customers // CHUNK))
    season, peak = None, 1.0
    if drawn.seasonal:
        weekly = np.array(drawn.pace)
        season, peak = (lambda day: weekly[day // 7]), float(weekly.max())
    faster = World(**{**asdict(drawn.world), "alpha": drawn.world.alpha / drawn.every})
    for i, own in enumerate(seeds):
        some = min(CHUNK, customers - i * CHUNK)
        table, _ = simulate(faster, some, int(own), season, peak)
        table = _each(table, drawn.every)
        shifted = pc.add(table["customer"], i * CHUNK)
        yield table.set_column(0, "customer", shifted)


def _each(table: pa.Table, every: int) -> pa.Table:
    """Each customer's first purchase and every k-th after it."""
    if every == 1:
        return table
    who = table["customer"].to_numpy()
    order = np.argsort(who, kind="stable")  # rows are in the order of days
    start = np.searchsorted(who[order], who[order], side="left")
    keep = np.zeros(len(who), bool)
    keep[order] = (np.arange(len(who)) - start) % every == 0
    return table.filter(pa.array(keep))
