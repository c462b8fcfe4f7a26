"""The limit of Pareto/NBD in which some customers leave at once and the others never.

As s and beta run to zero together, a share of the customers is gone right after the first purchase
and the rest stay for good: a purchase count with surplus zeros. Its three parameters are the mean
purchase rate m, its spread u (see pareto_likelihood) and the share w of those who stay.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.retention.btyd.grouping import Groups, added
from stepladder.questions.retention.btyd.newton import Edge, Top, maximise
from stepladder.questions.retention.btyd.pareto_likelihood import TINY, counting

Floats = NDArray[np.float64]


def posterior(m: float, u: float, w: float, groups: Groups) -> tuple[Floats, Floats]:
    """Probability of having stayed, and log-likelihood without the factor of x alone; (groups,)."""
    there = np.log(w) - (1.0 / u + groups.x) * np.log1p(u * m * groups.T)
    gone = np.where(groups.x > 0, -np.inf, np.log1p(-w))
    height = np.logaddexp(there, gone)
    return np.exp(there - height), height


def evaluate(place: Floats, groups: Groups) -> tuple[float, Floats, Floats]:
    """Log-likelihood, gradient and Hessian in (log m, log u, logit w)."""
    m, u, odds = np.exp(np.clip(place, -60.0, 60.0))
    w, index = odds / (1.0 + odds), groups.x.astype(np.intp)
    share, height = posterior(m, u, min(w, 1.0 - 1e-16), groups)
    product, first, second = counting(u, int(index.max(initial=0)))
    y = m * groups.T
    buy, log_buy = 1.0 / (1.0 + u * y), np.log1p(u * y) / u
    y = y * buy
    base = -y * (1.0 + u * groups.x)
    slopes = np.stack([base, base + log_buy, np.ones(len(y))])
    here = share * groups.weight
    gradient = slopes @ here
    gradient += [groups.weight @ groups.x, groups.weight @ first[index], -w * groups.weight.sum()]
    hessian = (slopes * (here * (1.0 - share))) @ slopes.T
    curve = float(here @ (base * buy))
    cross = float(here @ y)
    hessian[:2, :2] += [[curve, curve + cross], [curve + cross, curve + 2.0 * cross]]
    hessian[1, 1] += groups.weight @ second[index] - here @ log_buy
    hessian[2, 2] -= w * (1.0 - w) * groups.weight.sum()
    own = height + groups.x * np.log(m) + product[index]
    return float(groups.weight @ own), gradient, hessian


def top(groups: Groups) -> Top:
    """The best-fitting such model, as (log m, log u, logit w)."""
    rate = float(groups.weight @ groups.x) / float(groups.weight @ groups.T)
    edge = Edge("one purchase rate", 1, np.log(1e-3), np.log(1e-5), np.log(TINY))
    return maximise(
        lambda place: added(partial(evaluate, place), groups),
        [np.log(2.0 * rate), 0.0, 0.0],
        [edge],
    )
