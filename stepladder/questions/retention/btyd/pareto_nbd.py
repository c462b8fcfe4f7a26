"""Pareto/NBD: customers buy at rates of their own until they leave, unseen, at rates of their own.

Schmittlein, Morrison & Colombo (1987), Counting Your Customers, Management Science 33(1); formulas
as in Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model. Times are in weeks. A model is
a flat dict; besides r, alpha, s, beta it holds the purchase rate r/alpha, the dropout rate s/beta
and their spreads 1/r and 1/s, which stay finite where the four parameters run off to infinity (or
`stay_share`, where they run to zero).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stepladder.questions.retention.btyd import pareto_likelihood, split_lifetime
from stepladder.questions.retention.btyd.grouping import Groups, group
from stepladder.questions.retention.btyd.pareto_fit import NAMES, fit
from stepladder.questions.retention.btyd.pareto_likelihood import TINY

__all__ = [
    "NAMES",
    "alive",
    "expected",
    "expected_total",
    "fit",
    "log_likelihood",
    "outlook",
    "rates",
]

Floats = NDArray[np.float64]
Model = dict[str, Any]


def rates(model: Model) -> Floats:
    """Purchase rate, its spread, dropout rate, its spread: (4,), zeros held just above zero."""
    if "purchase_rate" in model:
        names = ("purchase_rate", "purchase_spread", "dropout_rate", "dropout_spread")
        values = np.array([model.get(name, 0.0) for name in names], float)
    else:
        r, alpha, s, beta = (float(model[name]) for name in NAMES)
        values = np.array([r / alpha, 1.0 / r, s / beta, 1.0 / s])
    return np.maximum(values, [0.0, TINY, 1e-26, TINY])


def _posterior(model: Model, groups: Groups) -> tuple[Floats, Floats]:
    held = rates(model)
    if "stay_share" in model:
        return split_lifetime.posterior(held[0], held[1], model["stay_share"], groups)
    return pareto_likelihood.alive_share(held, groups.x, groups.t_x, groups.T)


def log_likelihood(model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> float:
    """How probable the model makes these histories; arrays (customers,), weeks."""
    groups = group(x, t_x, T)
    m, u, _, _ = rates(model)
    product = pareto_likelihood.counting(u, int(groups.x.max(initial=0)))[0]
    own = groups.x * np.log(m) + product[groups.x.astype(np.intp)]
    return float(groups.weight @ (own + _posterior(model, groups)[1]))


def outlook(
    model: Model, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: float
) -> tuple[Floats, Floats]:
    """Purchases to expect of each customer in `horizon` weeks, and whether they are one still.

    Returns expected number and probability of being alive, each (customers,).
    """
    groups = group(x, t_x, T)
    m, u, _, _ = rates(model)
    there = _posterior(model, groups)[0]
    rate = m * (1.0 + u * groups.x) / (1.0 + u * m * groups.T)
    mean = there * rate * _stay(model, groups.T, horizon)
    return mean[groups.inverse], there[groups.inverse]


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
    stayed = float(model.get("stay_share", 1.0))
    return stayed * float(many @ (rates(model)[0] * _stay(model, np.zeros(len(ages)), ages)))


def _stay(model: Model, age: Floats, weeks: float | Floats) -> Floats:
    """Mean weeks a customer of that age, still there, will stay within the next `weeks`.

    No pole at s = 1 and none at s = infinity: with y = (1 - s) log(1 + k d weeks), the integral of
    the survival function is log(1 + k d weeks)/(k d) times (e^y - 1)/y.
    """
    _, _, d, k = rates(model)
    leaving = d / (1.0 + k * d * age)
    spread = np.log1p(k * leaving * weeks)
    return np.asarray(spread / (k * leaving) * _expm1_over((1.0 - 1.0 / k) * spread), float)


def _expm1_over(y: Floats) -> Floats:
    """(e^y - 1)/y, which is 1 at y = 0."""
    safe = np.where(y == 0.0, 1.0, y)
    return np.where(y == 0.0, 1.0, np.expm1(safe) / safe)
