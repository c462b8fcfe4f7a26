"""The MBG/CNBD-k log-likelihood with exact gradient and Hessian, in closed form.

As bg_likelihood, but a customer may leave after the first purchase too, and from one purchase to
the next there are k steps, of which only the last is seen: gaps are Erlang-k distributed, regular
where k is large (Reutterer, Platzer & Schröder 2021). Steps come at gamma distributed rates m with
spread u. After x repeats a customer seen for T weeks may be in one of k + 1 places:

    j < k steps on     prod (q + i f)/(1 + i f), i <= x     . m^n prod (1 + i u), i < n = k x + j
                       . (1 + u m T)^-(1/u + n) . (T - t_x)^j / j!
    left at t_x        prod (q + i f), i < x . p / prod (1 + i f), i <= x
                       . the same with n = k x, and t_x for T

What the gaps between purchases add, (k - 1) sum log gap - x log (k - 1)!, has no other parameter
than k; `gaps` gives it, for without it no k can be compared with another.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from stepladder.questions.retention.btyd.bg_likelihood import Rates, staying
from stepladder.questions.retention.btyd.grouping import Groups
from stepladder.questions.retention.btyd.pareto_likelihood import counting

Floats = NDArray[np.float64]


def gaps(k: int, log_gaps: float, repeats: float) -> float:
    """Log-likelihood that the gaps add, from the sum of their logarithms (weeks) and their number."""
    return (k - 1) * log_gaps - repeats * float(gammaln(k))


def places(k: int, groups: Groups) -> tuple[Floats, Floats, Floats]:
    """Of each place: steps so far, when they were counted, and its factor of time; (k + 1, groups)."""
    step = np.arange(k)[:, None]
    since = groups.T - groups.t_x
    with np.errstate(divide="ignore", invalid="ignore"):
        waited = np.where(step > 0, step * np.log(since), 0.0) - gammaln(step + 1.0)
    n = np.concatenate([k * groups.x + step, k * groups.x[None]])
    when = np.concatenate([np.broadcast_to(groups.T, (k, len(since))), groups.t_x[None]])
    return n, when, np.concatenate([waited, np.zeros((1, len(since)))])


def together(places: Floats) -> Floats:
    """Sum over the places, added up in the same order for one customer as for many; (groups,)."""
    return reduce(np.add, places)


def dropout(rates: Rates, x: Floats) -> Floats:
    """Log-probability of (still there, left at t_x) and its derivatives: (6, 2, groups)."""
    index = x.astype(np.intp)
    most = int(index.max(initial=0)) + 1
    table, (value, first, second) = staying(rates, most), counting(rates.f, most)
    below = np.zeros((6, len(x)))
    below[0], below[2], below[5] = value[index + 1], first[index + 1], second[index + 1]
    there, gone = table[:, index + 1] - below, table[:, index] - below
    gone[0] += np.log(rates.p)
    gone[1] += rates.q
    gone[3] -= rates.p * rates.q
    return np.stack([there, gone], axis=1)


def posterior(k: int, rates: Rates, groups: Groups) -> tuple[Floats, Floats, Floats]:
    """Probability of each place, the last that of having left; log-likelihood; `dropout`."""
    n, when, waited = places(k, groups)
    table = dropout(rates, groups.x)
    product = counting(rates.u, int(n.max(initial=0)))[0]
    density = product[n.astype(np.intp)] + n * np.log(rates.m) + waited
    density -= (1.0 / rates.u + n) * np.log1p(rates.u * rates.m * when)
    density[:-1] += table[0, 0]
    density[-1] += table[0, 1]
    top = density.max(axis=0)
    share = np.exp(density - top)
    total = together(share)
    return share / total, top + np.log(total), table


def evaluate(k: int, rates: Rates, groups: Groups) -> tuple[float, Floats, Floats]:
    """Log-likelihood without `gaps`, gradient and Hessian in (log m, log u, logit p, log f)."""
    weight = groups.weight
    share, height, table = posterior(k, rates, groups)
    slopes, curve = _steps(k, rates, groups)
    leave = np.concatenate([np.repeat(table[:, :1], k, axis=1), table[:, 1:]], axis=1)
    slopes = np.concatenate([slopes, leave[1:3]])
    flat = share * weight
    mean = np.einsum("ikg,kg->ig", slopes, share)
    hessian = np.einsum("ikg,jkg,kg->ij", slopes, slopes, flat, optimize=True)
    hessian -= (mean * weight) @ mean.T
    hessian[:2, :2] += _square(np.einsum("ikg,kg->i", curve, flat))
    hessian[2:, 2:] += _square(np.einsum("ikg,kg->i", leave[3:], flat))
    return float(weight @ height), mean @ weight, hessian


def _steps(k: int, rates: Rates, groups: Groups) -> tuple[Floats, Floats]:
    """Slopes (2, k + 1, groups) of the log-density in (log m, log u), and its three second ones."""
    n, when, _ = places(k, groups)
    y = rates.m * when
    buy, log_buy = 1.0 / (1.0 + rates.u * y), np.log1p(rates.u * y) / rates.u
    y = y * buy
    base = -y * (1.0 + rates.u * n)
    _, first, second = counting(rates.u, int(n.max(initial=0)))
    index = n.astype(np.intp)
    slopes = np.stack([base + n, base + log_buy + first[index]])
    return slopes, np.stack(
        [base * buy, base * buy + y, base * buy + 2.0 * y - log_buy + second[index]]
    )


def _square(three: Floats) -> Floats:
    return three[[[0, 1], [1, 2]]]
