"""Captured: how much of all that came the best so many by each rung's forecast held, in the exam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stepladder.bakeoff.compare import unit_of
from stepladder.bakeoff.replay import Replay
from stepladder.bakeoff.score import Scored
from stepladder.bakeoff.worths import worths
from stepladder.core.question import Question
from stepladder.core.stats import Floats, bootstrap_sums, interval, sums_by
from stepladder.money import prices
from stepladder.money.budget import earned

NAMED = (100, 500)  # lists that people make; a tenth, and the budget's, beside them
LEAST = 20  # places among those judged: what fewer of them held says next to nothing
CURVE = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
DRAWS = 1000


@dataclass(frozen=True)
class Curve:
    """One rung's share of all that came, for each number of places, with its 95 % interval."""

    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Captured:
    """What came in the exam, and the share of it that the best so many by each rung's forecast held.

    Where cases are tied for the last places, each has its share of them: a reference that says the same
    of everybody holds what as many drawn at random would. `hindsight`: the most that anybody could hold.
    Cases and places are of everybody; where only some were judged, `left_out` are lists that would be so
    few of these that nothing can be said.
    """

    now: str
    unit: str
    cases: int
    came: float
    named: tuple[int, ...]  # of the places, those that are told in words: the budget's among them
    budget: int | None
    places: tuple[int, ...]
    rungs: dict[str, Curve]
    hindsight: tuple[float, ...]
    left_out: tuple[int, ...] = ()

    def at(self, rung: str, places: int) -> tuple[float, float, float]:
        """A rung's share with so many places, low and high."""
        nth, curve = self.places.index(places), self.rungs[rung]
        return curve.share[nth], curve.low[nth], curve.high[nth]


def captured(
    question: Question, last: Replay, scored: Mapping[str, list[Scored | None]]
) -> Captured | None:
    """What the best so many held at the last replay; None where answers say no amount, or nothing came."""
    answers = {rung: at[-1].predictions for rung, at in scored.items() if at[-1]}
    found = worths(question, last.known, last.came, answers)
    if found is None or len(found.actual) < 2 or found.actual.sum() <= 0:
        return None
    actual, seed = found.actual, last.known.ask.seed
    price, n, times = prices(last.holdout.past.ask), len(actual), last.times
    everybody = round(n * times)
    budget = price.places(everybody) if price and price.budget else None
    wanted = _named(everybody, budget)
    named = tuple(each for each in wanted if times == 1 or each >= LEAST * times) or wanted[-1:]
    # places of everybody, and how many of those judged that is
    at = {round(stop * times): stop for stop in (max(round(share * n), 1) for share in CURVE)}
    at = dict(sorted({**at, **{each: max(round(each / times), 1) for each in named}}.items()))
    stops = tuple(at.values())
    unit = question.UNIT if set(question.UNIT) <= set(question.CASE) else question.CASE
    units = unit_of(found.rows, unit).dictionary_encode().indices.to_numpy()
    curves = {r: curve(each, actual, units, stops, seed) for r, each in found.expected.items()}
    return Captured(
        last.now, found.unit, everybody, float(actual.sum() * times), named, budget, tuple(at), curves,
        tuple(held(actual, actual, stop) for stop in stops),
        tuple(each for each in wanted if each not in named),
    )  # fmt: skip


def held(expected: Floats, actual: Floats, places: int) -> float:
    """The share of all that came which the best so many held."""
    return float(_adds(expected, actual, places).sum() / actual.sum())


def curve(
    expected: Floats, actual: Floats, units: np.ndarray, stops: tuple[int, ...], seed: int
) -> Curve:
    """The share held with each number of places, resampled by unit."""
    columns = [*(_adds(expected, actual, stop) for stop in stops), actual]
    table = sums_by(units, np.column_stack(columns), int(units.max()) + 1)
    sums, draws = table.sum(axis=0), bootstrap_sums(table, seed, DRAWS)
    draws = draws[draws[:, -1] > 0]  # where few paid, nothing came in some: no share of it was held
    low, high = zip(*(interval(draws[:, i] / draws[:, -1]) for i in range(len(stops))), strict=True)
    return Curve(tuple((sums[:-1] / sums[-1]).tolist()), low, high)


def _adds(expected: Floats, actual: Floats, places: int) -> Floats:
    """What each case adds to what the best so many held. Places are filled, whatever is expected."""
    rank: Floats = np.unique(expected, return_inverse=True)[1].astype(np.float64)
    return earned(rank + 1.0, actual, places)  # above zero, and tied as they were


def _named(cases: int, budget: int | None) -> tuple[int, ...]:
    wanted = {*NAMED, max(round(cases / 10), 1), *([budget] if budget else [])}
    return tuple(sorted(n for n in wanted if n < cases))
