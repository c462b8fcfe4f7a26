"""BG/NBD: customers buy at rates of their own and may leave after each repeat purchase.

Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2). Times
are in weeks. A model is a flat dict; besides r, alpha, a, b it holds the purchase rate r/alpha, the
dropout probability a/(a + b) and their spreads 1/r and 1/(a + b), which stay finite at the limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stepladder.core.errors import CannotStand
from stepladder.questions.retention.btyd import bg_likelihood as likelihood
from stepladder.questions.retention.btyd.bg_likelihood import Rates
from stepladder.questions.retention.btyd.grouping import Groups, added, group
from stepladder.questions.retention.btyd.jacobi import beta_nodes
from stepladder.questions.retention.btyd.newton import Edge, Top, maximise
from stepladder.questions.retention.btyd.pareto_likelihood import TINY
from stepladder.questions.retention.btyd.told_apart import dropout_gain

Floats = NDArray[np.float64]
Model = dict[str, Any]

NAMES = ("r", "alpha", "a", "b")
NODES = 24  # nine digits a year ahead; above 25 LAPACK would start threads
CHUNK = 4096
LIMITS = {
    "one purchase rate": "all customers buy at the same rate while they stay (r and alpha run off)",
    "one dropout probability": "all customers leave with the same probability (a and b run off)",
    "leave at once or never": "some leave after the first repeat purchase and the others never "
    "(a and b run to zero)",
    "NBD": "nobody leaves (a runs to zero)",
    "one repeat": "everybody leaves after the first repeat purchase (b runs to zero)",
}


def fit(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, weight: ArrayLike | None = None) -> Model:
    """How often customers buy, how soon they leave, and how much they differ: maximum likelihood.

    x repeat purchases, the last t_x and the end of observation T weeks after the first purchase,
    arrays (customers,), each counted `weight` times. Standard errors (`se`: r, alpha, a, b) are NaN
    where a parameter runs off; then `limit` names the limiting model, which is fitted in full.
    Raises CannotStand if nobody bought twice.
    """
    groups = group(x, t_x, T, weight)
    if not np.any(groups.x):
        raise CannotStand("every customer bought once, so nothing says how often they return")
    rate = float(groups.weight @ groups.x) / float(groups.weight @ groups.T)

    def evaluate(place: Floats) -> tuple[float, Floats, Floats]:
        return added(partial(likelihood.evaluate, rates_at(place)), groups)

    edges = [
        Edge("one purchase rate", 1, np.log(1e-3), np.log(1e-5), np.log(TINY)),
        Edge("one dropout probability", 3, np.log(1e-3), np.log(1e-5), np.log(TINY)),
        Edge("leave at once or never", 3, np.log(1e3), np.log(1e5), np.log(1e10)),
        Edge("NBD", 2, np.log(1e-4), np.log(1e-7), -60.0, also=((3, 0.0),)),
        Edge("one repeat", 2, np.log(1e4), np.log(1e7), 60.0, also=((3, 0.0),)),
    ]
    top = maximise(evaluate, [np.log(2.0 * rate), 0.0, -1.0, -1.0], edges)
    return described(top, groups, LIMITS, dropout_gain(top.height, groups))


def rates_at(place: Floats) -> Rates:
    """The rates at a place of the search: (log m, log u, logit p, log f)."""
    m, u, odds, f = np.exp(np.clip(place, -80.0, 80.0))
    return Rates(m, u, odds / (1.0 + odds), 1.0 / (1.0 + odds), f)


def described(top: Top, groups: Groups, limits: Mapping[str, str], gain: float) -> Model:
    """The model at the top: parameters, standard errors, and the limits where it lies at one, in words."""
    gone = {edge.name: edge for edge in top.edges}
    held = rates_at(top.place)
    m, u, p, f = held.m, held.u, held.p, held.f
    u, f, p = (0.0 if value < 1e-11 else value for value in (u, f, p))
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.array([np.divide(1.0, u), np.divide(1.0, u * m), *np.divide([p, 1.0 - p], f)])
    # Derivatives of log r, log alpha, log a, log b in (log m, log u, logit p, log f).
    powers = np.array(
        [[0, -1, 0, 0], [-1, -1, 0, 0], [0, 0, held.q, -1], [0, 0, -held.p, -1]], float
    )
    covariance = top.covariance()
    unknown = ((powers != 0.0) & np.isnan(covariance).all(axis=1)).any(axis=1)
    spread = np.diag(powers @ np.nan_to_num(covariance) @ powers.T)
    said = " and ".join(limits[name] for name in gone)
    return {
        **dict(zip(NAMES, map(float, values), strict=True)),
        "purchase_rate": float(m),
        "purchase_spread": float(u),
        "dropout_share": float(p),
        "dropout_spread": float(f),
        "se": np.where(unknown, np.nan, np.where(unknown, 0.0, values) * np.sqrt(spread)),
        "log_likelihood": top.height,
        "dropout_gain": gain,
        "customers": float(np.sum(groups.weight)),
        "converged": top.converged,
        "iterations": top.steps,
        "evaluations": top.evaluations,
        "gradient_norm": float(np.max(np.abs(top.gradient[top.free]))),
        "limit": " and ".join(gone),
        "sentence": said
        and f"In these data the likelihood is best where {said}; that limiting model is used, and "
        "the standard errors of these parameters are not known.",
    }


def rates(model: Model) -> Rates:
    """Purchase rate and spread, dropout probability and spread; zeros held just above zero."""
    if "purchase_rate" in model:
        names = ("purchase_rate", "purchase_spread", "dropout_share", "dropout_spread")
        m, u, p, f = (float(model[name]) for name in names)
    else:
        r, alpha, a, b = (float(model[name]) for name in NAMES)
        m, u, p, f = r / alpha, 1.0 / r, a / (a + b), 1.0 / (a + b)
    p = min(max(p, 1e-26), 1.0)
    return Rates(m, max(u, TINY), p, max(1.0 - p, 1e-26), max(f, TINY))


def log_likelihood(model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> float:
    """How probable the model makes these histories; arrays (customers,), weeks."""
    groups = group(x, t_x, T)
    return float(groups.weight @ likelihood.posterior(rates(model), groups)[1])


def outlook(
    model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: float
) -> tuple[Floats, Floats]:
    """Purchases to expect of each customer in `horizon` weeks, and whether they are one still.

    Returns expected number and probability of being alive, each (customers,). Under BG/NBD a
    customer can leave only after a repeat purchase: one who bought once is alive with certainty.
    """
    groups, held = group(x, t_x, T), rates(model)
    there = likelihood.posterior(held, groups)[0][0]
    counts, which = np.unique(groups.x, return_inverse=True)
    nodes, weights = _leaving(held, counts)
    rate = held.m * (1.0 + held.u * groups.x) / (1.0 + held.u * held.m * groups.T)
    spread = held.u / (1.0 + held.u * groups.x)
    mean = np.empty(len(groups.x))
    for first in range(0, len(mean), CHUNK):
        part = slice(first, first + CHUNK)
        bought = _until_left(nodes[which[part]], rate[part], spread[part], horizon)
        mean[part] = there[part] * np.sum(bought * weights[which[part]], axis=1)
    return mean[groups.inverse], there[groups.inverse]


def _leaving(held: Rates, counts: Floats) -> tuple[Floats, Floats]:
    """How readily customers with so many repeat purchases leave: a beta distribution for each number."""
    return _kept(held, counts[0]) if len(counts) == 1 else _nodes(held, counts)


def _nodes(held: Rates, counts: Floats) -> tuple[Floats, Floats]:
    return beta_nodes(held.p / held.f, held.q / held.f + counts, NODES)


@lru_cache(maxsize=256)
def _kept(held: Rates, count: float) -> tuple[Floats, Floats]:
    # customers are often asked about one by one, and numbers of purchases are few
    return _nodes(held, np.array([count]))


def expected(model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: float) -> Floats:
    """How many purchases to expect of each customer in the next `horizon` weeks; (customers,)."""
    return outlook(model, x, t_x, T, horizon)[0]


def alive(model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
    """Probability that each customer is a customer still: 1 for those who bought once; (customers,)."""
    return outlook(model, x, t_x, T, 1.0)[1]


def expected_total(model: Model, T: ArrayLike, t: float) -> float:
    """Repeat purchases expected of all customers together, up to `t` weeks after now (or before).

    T (customers,) weeks since each one's first purchase. Unconditional: for the tracking chart.
    """
    held = rates(model)
    ages, many = np.unique(np.maximum(np.asarray(T, float) + t, 0.0), return_counts=True)
    nodes, weights = beta_nodes(held.p / held.f, held.q / held.f, NODES)
    full = np.ones(len(ages))
    mean = _until_left(nodes, held.m * full, held.u * full, ages)
    return float(many @ (mean @ weights[0]))


def _until_left(p: Floats, rate: Floats, spread: Floats, weeks: float | Floats) -> Floats:
    """Mean purchases within `weeks` of one who leaves with probability p after each: (groups, p).

    (1 - E exp(-p purchase rate weeks))/p over the gamma distributed rate, also as p goes to 0.
    """
    along = (rate * weeks)[:, None]
    p = np.maximum(p, 1e-30)
    return np.asarray(-np.expm1(-np.log1p(spread[:, None] * along * p) / spread[:, None]) / p)
