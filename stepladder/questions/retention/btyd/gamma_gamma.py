"""Gamma–Gamma: what a purchase of each customer is worth, drawn towards everybody's mean.

Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value; Fader, Hardie & Lee (2005), RFM and
CLV, J. Marketing Research 42. A customer's purchases are gamma(p, nu) with nu ~ gamma(q, v) over
customers; spend is taken to be independent of how often and how long they buy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stepladder.core.errors import CannotStand
from stepladder.questions.retention.btyd.newton import Edge, Evaluate, Top, maximise

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Model = dict[str, Any]

NAMES = ("p", "q", "v")
# The search runs in log p, log q, log(v/q): with spend equal for all, q and v run off together.
TURN = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
CHUNK = 32_768
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
    order = np.lexsort((many, mean, count))  # so that the order of the customers changes nothing
    count, mean, many = count[order], mean[order], many[order]
    typical = float(many @ mean / many.sum())
    start = np.log([4.0, 3.0, typical / 6.0])
    return _model(_top(count, mean, many, start), many, typical)


def _top(x: Floats, mean: Floats, weight: Floats, start: Floats) -> Top:
    edges = [
        Edge("same for all", 1, np.log(1e3), np.log(1e5), np.log(1e6)),
        Edge("always the same", 0, np.log(1e3), np.log(1e5), np.log(1e6)),
    ]
    return maximise(_likelihood(x, mean, weight), start, edges)


def _likelihood(x: Floats, mean: Floats, weight: Floats) -> Evaluate:
    # only to fit: it takes longer to import than all else that predicts, each night and in the service
    from scipy.special import gammaln, polygamma, psi

    which, total = x.astype(np.int32), x * mean
    people = np.bincount(which, weights=weight)
    xs = np.flatnonzero(people).astype(float)
    people = people[people > 0]
    logs, constant = _by_count(which, weight * np.log(total)), float(weight @ np.log(mean))

    def evaluate(place: Floats) -> tuple[float, Floats, Floats]:
        p, q, v = scale = np.exp(TURN @ np.clip(place, -60.0, 60.0))
        fall, once, twice = _sums(which, total, weight, v)
        own = logs - np.log(v) * people - fall  # log of S/(S + v), by number of purchases
        a = p * xs + q
        height = people @ (gammaln(a) - gammaln(p * xs) - gammaln(q)) - constant
        height += p * (xs @ own) - q * fall.sum()
        second, third = polygamma(1, a), polygamma(1, q)
        g = np.array(
            [
                (people * xs) @ (psi(a) - psi(p * xs)) + xs @ own,
                people @ (psi(a) - psi(q)) - fall.sum(),
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
        g *= scale
        h = h * np.outer(scale, scale) + np.diag(g)
        return float(height), TURN.T @ g, TURN.T @ h @ TURN

    return evaluate


def _sums(which: Ints, total: Floats, weight: Floats, v: float) -> Floats:
    """Sums of log(1 + S/v), 1/(S + v) and its square over customers, by number of purchases."""
    length = int(which.max()) + 1
    out = np.zeros((3, length))
    for first in range(0, len(total), CHUNK):
        part = slice(first, first + CHUNK)
        spent, many, index = total[part], weight[part], which[part]
        below = 1.0 / (spent + v)
        for row, terms in zip(out, (np.log1p(spent / v), below, below * below), strict=True):
            row += np.bincount(index, weights=many * terms, minlength=length)
    return out[:, np.bincount(which) > 0]


def _by_count(which: Ints, terms: Floats) -> Floats:
    sums = np.bincount(which, weights=terms)
    return np.asarray(sums[np.bincount(which) > 0], float)


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
    q <= 1 that mean is infinite, and the mean of the customers seen stands in for it. Whose repeat
    purchases are known to have brought nothing is worth nothing: the model knows no such customer.
    """
    p, q, v = (float(model[name]) for name in NAMES)
    count, mean = np.asarray(x, float), np.asarray(mean_value, float)
    own, nothing = (count > 0) & (mean > 0), (count > 0) & (mean <= 0)
    count, total = np.where(own, count, 0.0), np.where(own, count * mean, 0.0)
    below = p * count + q - 1.0
    safe = below > (0.0 if q > 1.0 else p * 0.5)
    typical = float(model.get("mean_value", np.nan))
    expected = np.where(safe, p * (v + total) / np.where(safe, below, 1.0), typical)
    return np.where(nothing, 0.0, expected)
