"""A list of so many: what acting on its best brings, case by case, such that lists can be compared."""

from __future__ import annotations

import numpy as np

from stepladder.core.stats import Floats
from stepladder.money import Prices

TIED = 50  # cases on the edge of the list whose mean says what a place on it is worth
NEAR = 25  # ranks on either side of the edge, where fewer are tied; a tenth of the list if that is more


def lost(expected: Floats, actual: Floats, prices: Prices) -> tuple[Floats, Floats]:
    """Money lost per case by acting as forecast rather than with hindsight; and each case's weight.

    `expected`, `actual`: money earned by acting on each case, its cost taken off. With a budget losses
    are per contact, so that their weighted mean × the places on the list is the money of one decision.
    """
    if not prices.budget:
        wrong = (expected > 0) != (actual > 0)
        return np.where(wrong, np.abs(actual), 0.0), np.ones(len(actual))
    n = len(actual)
    places = prices.places(n)
    share = np.full(n, places / max(n, 1))
    regret = earned(actual, actual, places) - earned(expected, actual, places)
    return regret / share, share


def earned(expected: Floats, actual: Floats, places: int) -> Floats:
    """What each case adds to the money of a list; the sum over all is what the list earns.

    A place has its own worth, that of the cases on the list's edge: what a case adds is counted from
    there, or resampling, which moves the edge, would make ties look surer than they are.
    """
    n = len(expected)
    chosen = on_the_list(expected, places)
    edge = _edge(expected, places)
    if edge is None:
        return chosen * actual
    worth = _worth(expected, actual, places, edge)
    return chosen * (actual - worth) + worth * places / n


def on_the_list(expected: Floats, places: int) -> Floats:
    """How far each case is on the list: 1, 0, or a share of it where many are tied for the last places."""
    edge = _edge(expected, places)
    if edge is None:
        return (expected > 0).astype(float)
    above, tied = expected > edge, expected == edge
    return np.where(above, 1.0, np.where(tied, (places - above.sum()) / tied.sum(), 0.0))


def _edge(expected: Floats, places: int) -> float | None:
    """What the last one on the list is expected to earn; None where all that pay have a place."""
    if places >= len(expected):
        return None
    last = float(np.partition(expected, len(expected) - places)[len(expected) - places])
    return last if last > 0 else None


def _worth(expected: Floats, actual: Floats, places: int, edge: float) -> float:
    """What those on the edge of the list earn on average."""
    tied = expected == edge
    if tied.sum() >= TIED:
        return float(actual[tied].mean())
    near = max(NEAR, places // 10)
    order = np.argsort(-expected, kind="stable")
    return float(actual[order[max(places - near, 0) : places + near]].mean())
