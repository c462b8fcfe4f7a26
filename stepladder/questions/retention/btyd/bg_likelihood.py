"""The BG/NBD log-likelihood with exact gradient and Hessian, in closed form.

Customers buy at gamma distributed rates and leave, after each repeat purchase, with a probability
of their own, beta distributed (Fader, Hardie & Lee 2005). With mean purchase rate m = r/alpha,
spread u = 1/r, mean dropout probability p = a/(a + b), q = 1 - p and spread f = 1/(a + b), every
ratio of gamma or beta functions is a product over the purchases, ordinary at u = 0, f = 0, p = 0:

    still there   prod (q + j f)/(1 + j f), j < x               . (1 + u m T)^-(1/u + x)
    left at t_x   the same . p / (q + (x - 1) f)   if x > 0     . (1 + u m t_x)^-(1/u + x)

Derivatives as in pareto_likelihood (Louis 1982), with two places to be in instead of an integral.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stepladder.questions.retention.btyd.grouping import Groups
from stepladder.questions.retention.btyd.pareto_likelihood import counting

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rates:
    """Mean purchase rate m and spread u; mean dropout probability p = 1 - q and spread f."""

    m: float
    u: float
    p: float
    q: float
    f: float


@lru_cache(maxsize=64)
def staying(rates: Rates, most: int) -> Floats:
    """Sums over j < n of log(q + j f) and its derivatives in logit p and log f, by n: (6, n + 1).

    Rows: value, d/dl, d/df, d2/dl2, d2/dl df, d2/df2.
    """
    p, q = rates.p, rates.q
    j = rates.f * np.arange(most)
    w = 1.0 / (q + j)
    terms = np.stack(
        [
            -np.log(w),
            -p * q * w,
            j * w,
            -p * q * (q - p) * w - (p * q * w) ** 2,
            p * q * j * w**2,
            j * w * (1.0 - j * w),
        ]
    )
    return np.concatenate([np.zeros((6, 1)), np.cumsum(terms, axis=1)], axis=1)


def dropout(rates: Rates, x: Floats) -> Floats:
    """Log-probability of (still there, left at t_x) and its derivatives: (6, 2, groups)."""
    index = x.astype(np.intp)
    most = int(index.max(initial=0))
    table, (value, first, second) = staying(rates, most), counting(rates.f, most)
    below = np.zeros((6, len(x)))
    below[0], below[2], below[5] = value[index], first[index], second[index]
    there = table[:, index] - below
    gone = table[:, np.maximum(index - 1, 0)] - below
    gone[0] += np.log(rates.p)
    gone[1] += rates.q
    gone[3] -= rates.p * rates.q
    gone[0] = np.where(index > 0, gone[0], -np.inf)
    return np.stack([there, gone], axis=1)


def posterior(rates: Rates, groups: Groups) -> tuple[Floats, Floats, Floats]:
    """Probabilities of (still there, left), log-likelihood without m^x, and `dropout`."""
    when, table = np.stack([groups.T, groups.t_x]), dropout(rates, groups.x)
    most = int(groups.x.max(initial=0))
    density = table[0] - (1.0 / rates.u + groups.x) * np.log1p(rates.u * rates.m * when)
    top = density.max(axis=0)
    share = np.exp(density - top)
    total = share.sum(axis=0)
    own = counting(rates.u, most)[0][groups.x.astype(np.intp)]
    return share / total, top + np.log(total) + own + groups.x * np.log(rates.m), table


def evaluate(rates: Rates, groups: Groups) -> tuple[float, Floats, Floats]:
    """Log-likelihood, gradient and Hessian in (log m, log u, logit p, log f)."""
    x, weight, index = groups.x, groups.weight, groups.x.astype(np.intp)
    share, height, table = posterior(rates, groups)
    y = rates.m * np.stack([groups.T, groups.t_x])
    buy = 1.0 / (1.0 + rates.u * y)
    log_buy = np.log1p(rates.u * y) / rates.u
    y = y * buy
    base = -y * (1.0 + rates.u * x)
    _, first, second = counting(rates.u, int(x.max(initial=0)))
    slopes = np.stack([base + x, base + log_buy + first[index], table[1], table[2]])
    curve = np.empty((4, 4, *y.shape))
    curve[:2, 2:] = curve[2:, :2] = 0.0
    curve[0, 0] = base * buy
    curve[0, 1] = curve[1, 0] = base * buy + y
    curve[1, 1] = base * buy + 2.0 * y - log_buy + second[index]
    curve[2, 2], curve[3, 3] = table[3], table[5]
    curve[2, 3] = curve[3, 2] = table[4]
    flat = share * weight
    mean = np.einsum("ikg,kg->ig", slopes, share)
    hessian = np.einsum("ijkg,kg->ij", curve, flat)
    hessian += np.einsum("ikg,jkg,kg->ij", slopes, slopes, flat, optimize=True)
    hessian -= (mean * weight) @ mean.T
    return float(weight @ height), mean @ weight, hessian
