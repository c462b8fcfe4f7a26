"""Pareto/NBD: customers buy at rates of their own until they leave, unseen, at rates of their own.

Schmittlein, Morrison & Colombo (1987), Counting Your Customers, Management Science 33(1); formulas
as in Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model. Times are in weeks. A model is
a flat dict; besides r, alpha, s, beta it holds the purchase rate r/alpha, the dropout rate s/beta
and their spreads 1/r and 1/s, which stay finite where the four parameters run off to infinity.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stepladder.core.errors import CannotStand
from stepladder.questions.retention.btyd import pareto_likelihood as likelihood
from stepladder.questions.retention.btyd.grouping import Groups, group
from stepladder.questions.retention.btyd.newton import Edge, Top, maximise
from stepladder.questions.retention.btyd.pareto_likelihood import TINY

Floats = NDArray[np.float64]
Model = dict[str, Any]

NAMES = ("r", "alpha", "s", "beta")
# (r, alpha, s, beta) are products of powers of (m, u, d, k); the rows are the powers.
POWERS = np.array([[0, -1, 0, 0], [-1, -1, 0, 0], [0, 0, 0, -1], [0, 0, -1, -1]], float)
MANY = 40_000  # groups above which a thinned sample finds the starting point
LIMITS = {
    "one purchase rate": "all customers buy at the same rate while they stay (r and alpha run off)",
    "exponential lifetime": "all customers leave at the same rate (s and beta run off together)",
    "NBD": "nobody leaves (s/beta runs to zero)",
}


def fit(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, weight: ArrayLike | None = None) -> Model:
    """How often customers buy, how long they stay, and how much they differ: maximum likelihood.

    x repeat purchases, the last t_x and the end of observation T weeks after the first purchase,
    arrays (customers,), each counted `weight` times. Standard errors (`se`: r, alpha, s, beta) are
    NaN where a parameter runs off; then `limit` names the limiting model, which is fitted in full.
    Raises CannotStand if nobody bought twice.
    """
    groups = group(x, t_x, T, weight)
    if not np.any(groups.x):
        raise CannotStand("every customer bought once, so nothing says how often they return")
    start = _start(groups)
    if len(groups.x) > MANY:
        thin = groups.thinned(len(groups.x) // (MANY // 4))
        start = _top(thin, start).place if np.any(thin.x) else start
    return _model(_top(groups, start), groups)


def _start(groups: Groups) -> Floats:
    weeks = float(groups.weight @ groups.T)
    rate = float(groups.weight @ groups.x) / weeks
    return np.log([2.0 * rate, 1.0, float(np.sum(groups.weight)) / weeks, 1.0])


def _top(groups: Groups, start: Floats) -> Top:
    def evaluate(place: Floats) -> tuple[float, Floats, Floats]:
        rates = np.exp(np.clip(place, -80.0, 80.0))
        return likelihood.evaluate(rates, groups.x, groups.t_x, groups.T, groups.weight)

    rare = np.log(float(np.sum(groups.weight) / (groups.weight @ groups.T)))
    edges = [
        Edge("one purchase rate", 1, np.log(1e-3), np.log(1e-5), np.log(TINY)),
        Edge("exponential lifetime", 3, np.log(1e-3), np.log(1e-5), np.log(TINY)),
        Edge("NBD", 2, rare + np.log(1e-4), rare + np.log(1e-7), -60.0, also=((3, 0.0),)),
    ]
    return maximise(evaluate, start, edges)


def _model(top: Top, groups: Groups) -> Model:
    gone = {edge.name: edge for edge in top.edges}
    m, u, d, k = np.exp(top.place)
    u, k = (0.0 if u <= 2 * TINY else u), (0.0 if k <= 2 * TINY else k)
    d = 0.0 if "NBD" in gone else d
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.divide([1.0, 1.0, 1.0, 1.0], [u, u * m, k, k * d])
        covariance = POWERS @ np.nan_to_num(top.covariance()) @ POWERS.T
    lost = np.isnan(top.covariance()).all(axis=1)
    unknown = (np.abs(POWERS) @ lost) > 0
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    se = np.where(unknown, np.nan, np.where(unknown, 0.0, values) * spread)
    said = [LIMITS[name] for name in gone]
    return {
        **dict(zip(NAMES, map(float, values), strict=True)),
        "purchase_rate": float(m),
        "purchase_spread": float(u),
        "dropout_rate": float(d),
        "dropout_spread": float(k),
        "se": se,
        "log_likelihood": top.height,
        "customers": float(np.sum(groups.weight)),
        "converged": top.converged,
        "iterations": top.steps,
        "evaluations": top.evaluations,
        "gradient_norm": float(np.max(np.abs(top.gradient[top.free]))),
        "limit": " and ".join(gone),
        "sentence": _sentence(said),
    }


def _sentence(said: list[str]) -> str:
    if not said:
        return ""
    return (
        f"In these data the likelihood is best where {' and '.join(said)}; that limiting model is "
        "used, and the standard errors of these parameters are not known."
    )


def rates(model: Model) -> Floats:
    """Purchase rate, its spread, dropout rate, its spread: (4,), zeros held just above zero."""
    if "purchase_rate" in model:
        names = ("purchase_rate", "purchase_spread", "dropout_rate", "dropout_spread")
        values = np.array([model[name] for name in names], float)
    else:
        r, alpha, s, beta = (float(model[name]) for name in NAMES)
        values = np.array([r / alpha, 1.0 / r, s / beta, 1.0 / s])
    return np.maximum(values, [0.0, TINY, 1e-26, TINY])


def log_likelihood(model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> float:
    """How probable the model makes these histories; arrays (customers,), weeks."""
    groups = group(x, t_x, T)
    m, u, _, _ = rates(model)
    product = likelihood.counting(u, int(groups.x.max(initial=0)))[0]
    _, rest = likelihood.alive_share(rates(model), groups.x, groups.t_x, groups.T)
    own = groups.x * np.log(m) + product[groups.x.astype(int)]
    return float(groups.weight @ (own + rest))


def alive(model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
    """Probability that each customer is a customer still; arrays (customers,), weeks."""
    groups = group(x, t_x, T)
    share, _ = likelihood.alive_share(rates(model), groups.x, groups.t_x, groups.T)
    return share[groups.inverse]


def expected(
    model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: float
) -> Floats:
    """How many purchases to expect of each customer in the next `horizon` weeks; (customers,)."""
    groups = group(x, t_x, T)
    m, u, _, _ = rates(model)
    share, _ = likelihood.alive_share(rates(model), groups.x, groups.t_x, groups.T)
    rate = m * (1.0 + u * groups.x) / (1.0 + u * m * groups.T)
    return (share * rate * _stay(model, groups.T, horizon))[groups.inverse]


def expected_total(model: Model, T: ArrayLike, t: float) -> float:
    """Repeat purchases expected of all customers together, up to `t` weeks after now (or before).

    T (customers,) weeks since each one's first purchase. Unconditional: for the tracking chart.
    """
    age = np.maximum(np.asarray(T, float) + t, 0.0)
    ages, many = np.unique(age, return_counts=True)
    m = rates(model)[0]
    return float(many @ (m * _stay(model, np.zeros(len(ages)), ages)))


def _stay(model: Model, age: Floats, weeks: float | Floats) -> Floats:
    """Mean weeks a customer of that age, still there, will stay within the next `weeks`."""
    _, _, d, k = rates(model)
    leaving = d / (1.0 + k * d * age)
    spread = np.log1p(k * leaving * weeks)
    return np.asarray(spread / (k * leaving) * _expm1_over((1.0 - 1.0 / k) * spread), float)


def _expm1_over(y: Floats) -> Floats:
    """(e^y - 1)/y, which is 1 at y = 0."""
    safe = np.where(y == 0.0, 1.0, y)
    return np.where(y == 0.0, 1.0, np.expm1(safe) / safe)
