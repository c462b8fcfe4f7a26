"""Finds the Pareto/NBD model under which the customers' histories are most probable."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stepladder.core.errors import CannotStand
from stepladder.questions.retention.btyd import pareto_likelihood, split_lifetime
from stepladder.questions.retention.btyd.grouping import Groups, group
from stepladder.questions.retention.btyd.newton import Edge, Top, maximise
from stepladder.questions.retention.btyd.pareto_likelihood import TINY
from stepladder.questions.retention.btyd.told_apart import dropout_gain

Floats = NDArray[np.float64]
Model = dict[str, Any]

NAMES = ("r", "alpha", "s", "beta")
# (r, alpha, s, beta) are products of powers of (m, u, d, k); the rows are the powers.
POWERS = np.array([[0, -1, 0, 0], [-1, -1, 0, 0], [0, 0, 0, -1], [0, 0, -1, -1]], float)
# The likelihood may have two tops: lifetimes that differ little between customers, and ones that
# differ widely. Each start is (log m, log u, log d, log k) relative to the crude rates.
STARTS = ((np.log(2.0), 0.0, 0.0, 0.0), (np.log(2.0), 0.0, 1.5, 2.0))
MANY = 40_000  # groups above which samples find the starting point
FEW = 2_000  # groups in the smallest sample
WIDE = np.log(20.0)  # of 1/s: from here on the limit s = 0 is tried as well
LIMITS = {
    "one purchase rate": "all customers buy at the same rate while they stay (r and alpha run off)",
    "exponential lifetime": "all customers leave at the same rate (s and beta run off together)",
    "NBD": "nobody leaves (s/beta runs to zero)",
    "leave at once or never": "some leave at once and the others never (s and beta run to zero)",
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
    best = _best(groups)
    if best.place[3] > WIDE:
        split = split_lifetime.top(groups)
        if split.height > best.height or not best.converged:
            split.evaluations += best.evaluations
            return _split_model(split, groups)
    return _model(best, groups)


def _crude(groups: Groups) -> Floats:
    weeks = float(groups.weight @ groups.T)
    bought, customers = float(groups.weight @ groups.x), float(np.sum(groups.weight))
    return np.log([bought / weeks, 1.0, customers / weeks, 1.0])


def _best(groups: Groups) -> Top:
    """The higher of two climbs; where groups are many, on a small sample first, then on a larger one."""
    step = len(groups.x) // FEW if len(groups.x) > MANY else 1
    few = groups.thinned(step) if step > 1 else groups
    tops = [_top(few, _crude(few) + start) for start in STARTS]
    best = max(tops, key=lambda top: top.height)
    if few is groups:
        best.evaluations = sum(top.evaluations for top in tops)
        return best
    more = groups.thinned(round(step**0.5))
    best = _top(more, _inside(best.place, few))
    return _top(groups, _inside(best.place, more))


def _inside(place: Floats, groups: Groups) -> Floats:
    """A place from which every parameter can still be found: none beyond its edge."""
    low = _crude(groups) + np.log([1e-9, 1e-2, 1e-3, 1e-2])
    return np.clip(place, low, low + np.log([1e18, 1e4, 1e6, 1e4]))


def _top(groups: Groups, start: Floats) -> Top:
    def evaluate(place: Floats) -> tuple[float, Floats, Floats]:
        rates = np.exp(np.clip(place, -80.0, 80.0))
        return pareto_likelihood.evaluate(rates, groups.x, groups.t_x, groups.T, groups.weight)

    rare = _crude(groups)[2]
    edges = [
        Edge("one purchase rate", 1, np.log(1e-3), np.log(1e-5), np.log(TINY)),
        Edge("exponential lifetime", 3, np.log(1e-3), np.log(1e-5), np.log(TINY)),
        Edge("NBD", 2, rare + np.log(1e-4), rare + np.log(1e-7), -60.0, also=((3, 0.0),)),
    ]
    return maximise(evaluate, start, edges)


def _model(top: Top, groups: Groups) -> Model:
    m, u, d, k = np.exp(top.place)
    u, k = (0.0 if spread <= 2.0 * TINY else float(spread) for spread in (u, k))
    d = 0.0 if any(edge.name == "NBD" for edge in top.edges) else float(d)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.divide(1.0, [u, u * m, k, k * d])
    lost = np.isnan(np.diag(top.covariance()))
    unknown = (np.abs(POWERS) @ lost) > 0.0
    variance = np.diag(POWERS @ np.nan_to_num(top.covariance()) @ POWERS.T)
    se = np.where(unknown, np.nan, np.where(unknown, 0.0, values) * np.sqrt(variance))
    rates = {"purchase_rate": m, "purchase_spread": u, "dropout_rate": d, "dropout_spread": k}
    return _described(rates, values, se, top, groups, [edge.name for edge in top.edges])


def _split_model(top: Top, groups: Groups) -> Model:
    m, u, odds = np.exp(top.place)
    u = 0.0 if u <= 2.0 * TINY else float(u)
    with np.errstate(divide="ignore"):
        values = np.array([*np.divide(1.0, [u, u * m]), 0.0, 0.0])
    turn = POWERS[:2, :2]
    variance = np.diag(turn @ top.covariance()[:2, :2] @ turn.T)
    se = np.full(4, np.nan)
    se[:2] = np.where(np.isfinite(variance), 1.0, np.nan) * np.nan_to_num(values[:2], posinf=0.0)
    se[:2] *= np.sqrt(np.nan_to_num(variance))
    rates = {"purchase_rate": m, "purchase_spread": u, "stay_share": odds / (1.0 + odds)}
    limits = [edge.name for edge in top.edges] + ["leave at once or never"]
    return _described(rates, values, se, top, groups, limits)


def _described(
    rates: dict[str, Any], values: Floats, se: Floats, top: Top, groups: Groups, limits: list[str]
) -> Model:
    said = " and ".join(LIMITS[name] for name in limits)
    return {
        **dict(zip(NAMES, map(float, values), strict=True)),
        **{name: float(rate) for name, rate in rates.items()},
        "se": se,
        "log_likelihood": top.height,
        "dropout_gain": dropout_gain(top.height, groups),
        "customers": float(np.sum(groups.weight)),
        "converged": top.converged,
        "iterations": top.steps,
        "evaluations": top.evaluations,
        "gradient_norm": float(np.max(np.abs(top.gradient[top.free]), initial=0.0)),
        "limit": " and ".join(limits),
        "sentence": said
        and f"In these data the likelihood is best where {said}; that limiting model is used, and "
        "the standard errors of these parameters are not known.",
    }
