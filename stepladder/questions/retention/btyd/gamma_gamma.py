"""Gamma–Gamma: what a purchase of each customer is worth, drawn towards everybody's mean.

Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value; Fader, Hardie & Lee (2005), RFM and
CLV, J. Marketing Research 42. A customer's purchases are gamma(p, nu) with nu ~ gamma(q, v) over
customers; spend is taken to be independent of how often and how long they buy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, polygamma, psi

from stepladder.core.errors import CannotStand
from stepladder.questions.retention.btyd.newton import Edge, Evaluate, Top, maximise

Floats = NDArray[np.float64]
Model = dict[str, Any]

NAMES = ("p", "q", "v")
# The search runs in log p, log q, log(v/q): with spend equal for all, q and v run off together.
TURN = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
SORTED = 1_000_000  # up to here the customers are sorted first, so that their order changes nothing
LIMITS = {
    "same for all": "all customers spend the same on average (q and v run off together)",
    "always the same": "each customer always spends the same (p runs off)",
}


def fit(x: ArrayLike, mean_value: ArrayLike, weight: ArrayLike | None = None) -> Model:
    """How much purchases vary within and between customers: maximum likelihood of p, q, v.

    x repeat purchases and their mean value, arrays (customers,); only those with x > 0 and a mean
    above zero enter. `se` (3,) is NaN where a parameter runs off. Raises CannotStand below three.
    """
    count, mean = np.asarray(x, float), np.asarray(mean_value, float)
    many = np.ones(len(count)) if weight is None else np.asarray(weight, float)
    enter = (count > 0) & (mean > 0) & np.isfinite(mean)
    count, mean, many = count[enter], mean[enter], many[enter]
    if len(count) < 3:
        raise CannotStand("fewer than three customers have a repeat purchase with a value")
    if len(count) <= SORTED:
        order = np.lexsort((many, mean, count))
        count, mean, many = count[order], mean[order], many[order]
    typical = float(many @ mean / many.sum())
    edges = [
        Edge("same for all", 1, np.log(1e4), np.log(1e6), np.log(1e7)),
        Edge("always the same", 0, np.log(1e4), np.log(1e6), np.log(1e7)),
    ]
    start = [np.log(4.0), np.log(3.0), np.log(typical / 6.0)]
    return _model(maximise(_likelihood(count, mean, many), start, edges), many, typical)


def _likelihood(x: Floats, mean: Floats, weight: Floats) -> Evaluate:
    xs, which = np.unique(x, return_inverse=True)
    people = np.bincount(which, weights=weight)
    total = x * mean
    constant = float(weight @ np.log(mean))

    def evaluate(place: Floats) -> tuple[float, Floats, Floats]:
        p, q, v = np.exp(TURN @ np.clip(place, -60.0, 60.0))
        below = 1.0 / (total + v)
        own, other = -np.log1p(v / total), -np.log1p(total / v)  # of S/(S+v) and v/(S+v)
        by_x, a = np.bincount(which, weights=weight * own), p * xs + q
        height = float(people @ (gammaln(a) - gammaln(p * xs) - gammaln(q)) - constant)
        height += float(p * (xs @ by_x) + q * (weight @ other))
        once = np.bincount(which, weights=weight * below)
        twice = np.bincount(which, weights=weight * below**2)
        second, third = polygamma(1, a), polygamma(1, q)
        g = np.array(
            [
                (people * xs) @ (psi(a) - psi(p * xs)) + xs @ by_x,
                people @ (psi(a) - psi(q)) + weight @ other,
                people.sum() * q / v - a @ once,
            ]
        )
        h = np.empty((3, 3))
        h[0, 0] = (people * xs**2) @ (second - polygamma(1, p * xs))
        h[0, 1] = h[1, 0] = (people * xs) @ second
        h[1, 1] = people @ (second - third)
        h[0, 2] = h[2, 0] = -(xs @ once)
        h[1, 2] = h[2, 1] = people.sum() / v - once.sum()
        h[2, 2] = a @ twice - people.sum() * q / v**2
        scale = np.array([p, q, v])
        g *= scale
        h = h * np.outer(scale, scale) + np.diag(g)
        return height, TURN.T @ g, TURN.T @ h @ TURN

    return evaluate


def _model(top: Top, weight: Floats, typical: float) -> Model:
    p, q, v = values = np.exp(TURN @ top.place)
    covariance = top.covariance()
    unknown = ((TURN != 0.0) & np.isnan(covariance).all(axis=1)).any(axis=1)
    spread = np.diag(TURN @ np.nan_to_num(covariance) @ TURN.T)
    said = " and ".join(LIMITS[edge.name] for edge in top.edges)
    return {
        "p": float(p),
        "q": float(q),
        "v": float(v),
        "se": np.where(unknown, np.nan, values * np.sqrt(np.maximum(spread, 0.0))),
        "log_likelihood": top.height,
        "mean_value": typical,
        "customers": float(weight.sum()),
        "converged": top.converged,
        "iterations": top.steps,
        "evaluations": top.evaluations,
        "gradient_norm": float(np.max(np.abs(top.gradient[top.free]), initial=0.0)),
        "limit": " and ".join(edge.name for edge in top.edges),
        "sentence": said and f"In the values of purchases {said}; standard errors are not known.",
    }


def expected_value(model: Model, x: ArrayLike, mean_value: ArrayLike) -> Floats:
    """What a future purchase of each customer is worth on average; arrays (customers,).

    A customer without a repeat purchase of known value gets everybody's mean, p v/(q - 1). If
    q <= 1 that mean is infinite, and the mean of the customers seen stands in for it.
    """
    p, q, v = (float(model[name]) for name in NAMES)
    count, mean = np.asarray(x, float), np.asarray(mean_value, float)
    own = (count > 0) & (mean > 0)
    count, total = np.where(own, count, 0.0), np.where(own, count * mean, 0.0)
    below = p * count + q - 1.0
    safe = below > (0.0 if q > 1.0 else p * 0.5)
    typical = float(model.get("mean_value", np.nan))
    return np.where(safe, p * (v + total) / np.where(safe, below, 1.0), typical)
