"""MBG/CNBD-k: customers buy regularly, at rates of their own, and may leave after each purchase.

Reutterer, Platzer & Schröder (2021), Leveraging purchase regularity for predicting customer
behavior the easy way, International Journal of Research in Marketing 38(1). From one purchase to
the next there are k steps at a rate of the customer's own; k = 1 is MBG/NBD (Batislam, Denizel &
Filiztekin 2007), where purchases come at random; the larger k, the more regular. Times are in
weeks. A model is a flat dict as in bg_nbd, with k, and rates that count steps.

The paper's expectation of one customer is an approximation, rescaled by the sum over all of them;
here it is the sum over the purchases to come, which is exact and asks nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from stepladder.core.errors import CannotStand
from stepladder.questions.retention.btyd import bg_nbd
from stepladder.questions.retention.btyd import mbg_likelihood as likelihood
from stepladder.questions.retention.btyd.bg_likelihood import Rates
from stepladder.questions.retention.btyd.grouping import Groups, added, group
from stepladder.questions.retention.btyd.newton import Edge, Top, maximise
from stepladder.questions.retention.btyd.pareto_likelihood import TINY

Floats = NDArray[np.float64]
Model = dict[str, Any]

MOST = 12  # steps from one purchase to the next; gaps then vary by less than a third of their mean
DIGITS = 1e-13  # of an expectation: purchases further ahead than this adds are left out
NOBODY = "nobody leaves"
AT_ONCE = "leave at once or never"
LIMITS = {
    "one purchase rate": "all customers buy at the same rate while they stay (r and alpha run off)",
    "one dropout probability": "all customers leave with the same probability (a and b run off)",
    AT_ONCE: "some leave after the first purchase and the others never (a and b run to zero)",
    NOBODY: "nobody leaves (a runs to zero)",
}
EDGES = [
    Edge("one purchase rate", 1, np.log(1e-3), np.log(1e-5), np.log(TINY)),
    Edge("one dropout probability", 3, np.log(1e-3), np.log(1e-5), np.log(TINY)),
    Edge(AT_ONCE, 3, np.log(1e3), np.log(1e5), np.log(1e10)),
    Edge(NOBODY, 2, np.log(1e-4), np.log(1e-7), -60.0, also=((3, 0.0),)),
]


def fit(
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    log_gaps: float,
    weight: ArrayLike | None = None,
) -> Model:
    """How regularly customers buy, how often, and how soon they leave: maximum likelihood.

    x, t_x, T and weight as in bg_nbd; log_gaps: the sum of log(weeks from one purchase to the next)
    over all of them. k grows from 1 as long as the likelihood does. Raises CannotStand if nobody
    bought twice.
    """
    groups = group(x, t_x, T, weight)
    if not np.any(groups.x):
        raise CannotStand("every customer bought once, so nothing says how often they return")
    tops = _tops(groups, log_gaps)
    k, best, height = next(tops)
    for steps, top, above in tops:
        if above <= height:
            break
        k, best, height = steps, top, above
    gain = max(best.height - _staying(k, groups), 0.0)
    return {**bg_nbd.described(best, groups, LIMITS, gain), "k": k, "log_likelihood": height}


def _staying(k: int, groups: Groups) -> float:
    """Log-likelihood, without what the gaps add, where nobody leaves."""

    def evaluate(place: Floats) -> tuple[float, Floats, Floats]:
        nobody = bg_nbd.rates_at(np.array([*place, -60.0, 0.0]))
        height, gradient, bend = added(partial(likelihood.evaluate, k, nobody), groups)
        return height, gradient[:2], bend[:2, :2]

    start = _start(k, groups)[:2]
    return maximise(evaluate, start, EDGES[:1]).height


def _tops(groups: Groups, log_gaps: float) -> Iterator[tuple[int, Top, float]]:
    """The best-fitting model for each k, and its log-likelihood with what the gaps add."""
    repeats = float(groups.weight @ groups.x)
    for k in range(1, MOST + 1):
        top = _top(k, groups)
        yield k, top, top.height + likelihood.gaps(k, log_gaps, repeats)


def _top(k: int, groups: Groups) -> Top:
    def evaluate(place: Floats) -> tuple[float, Floats, Floats]:
        return added(partial(likelihood.evaluate, k, bg_nbd.rates_at(place)), groups)

    return maximise(evaluate, _start(k, groups), EDGES)


def _start(k: int, groups: Groups) -> list[float]:
    rate = float(groups.weight @ groups.x) / float(groups.weight @ groups.T)
    return [float(np.log(2.0 * k * rate)), 0.0, -1.0, -1.0]


def log_likelihood(
    model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, log_gaps: float
) -> float:
    """How probable the model makes these histories; arrays (customers,), weeks."""
    groups = group(x, t_x, T)
    _, height, _ = likelihood.posterior(model["k"], bg_nbd.rates(model), groups)
    repeats = float(groups.weight @ groups.x)
    return float(groups.weight @ height) + likelihood.gaps(model["k"], log_gaps, repeats)


def outlook(
    model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: float
) -> tuple[Floats, Floats]:
    """Purchases to expect of each customer in `horizon` weeks, and whether they are one still.

    Returns expected number and probability of being alive, each (customers,).
    """
    groups = group(x, t_x, T)
    there = likelihood.posterior(model["k"], bg_nbd.rates(model), groups)[0][:-1]
    weeks = np.full(len(groups.x), float(horizon))
    mean = _to_come(model["k"], bg_nbd.rates(model), there, groups, weeks)
    return mean[groups.inverse], likelihood.together(there)[groups.inverse]


def expected(model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: float) -> Floats:
    """How many purchases to expect of each customer in the next `horizon` weeks; (customers,)."""
    return outlook(model, x, t_x, T, horizon)[0]


def alive(model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
    """Probability that each customer is a customer still; arrays (customers,), weeks."""
    return outlook(model, x, t_x, T, 1.0)[1]


def expected_total(model: Model, T: ArrayLike, t: float) -> float:
    """Repeat purchases expected of all customers together, up to `t` weeks after now (or before).

    T (customers,) weeks since each one's first purchase. Unconditional: for the tracking chart.
    """
    ages, many = np.unique(np.maximum(np.asarray(T, float) + t, 0.0), return_counts=True)
    nothing = np.zeros(len(ages))
    new = Groups(nothing, nothing, nothing, nothing, np.arange(len(ages)))
    there = likelihood.posterior(model["k"], bg_nbd.rates(model), new)[0][:-1]
    return float(many @ _to_come(model["k"], bg_nbd.rates(model), there, new, ages))


def _to_come(k: int, held: Rates, there: Floats, groups: Groups, weeks: Floats) -> Floats:
    """Mean purchases within `weeks`: for each to come, the chance of it, one after the other.

    The n-th comes if n k - j more steps do, j having been taken, and if none of the n - 1 before it
    made the customer leave. Steps are negative binomial. Nobody buys on more days than there are.
    """
    mean, stay, left = np.zeros(len(weeks)), np.ones(len(weeks)), np.arange(len(weeks))
    within = held.u * held.m * weeks
    within = within / (1.0 + held.u * held.m * (groups.T + weeks))
    nth = 0
    while len(left):
        nth += 1
        x, share = groups.x[left], there[:, left]
        shape = 1.0 / held.u + k * x
        came = [betainc(nth * k - j, shape + j, within[left]) * share[j] for j in range(k)]
        more = stay[left] * likelihood.together(np.array(came))
        mean[left] += more
        stay[left] *= (held.q + (x + nth) * held.f) / (1.0 + (x + nth) * held.f)
        left = left[(more > DIGITS * mean[left]) & (nth < 7.0 * weeks[left])]
    return mean
