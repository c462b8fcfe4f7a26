"""The sums of pareto_likelihood in one compiled loop over customers, for data with many histories.

The same formulas and the same nodes; compiled by numba, imported only where the data are large.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np


def _rows(
    rates: Any,
    x: Any,
    t_x: Any,
    T: Any,
    weight: Any,
    end: Any,
    count: Any,
    e: float,
    places: Any,
    weights: Any,
) -> Any:
    """(height, gradient, Hessian) without the terms of x alone; places, weights (nodes, nodes)."""
    m, u, d, k = rates
    height, gradient, hessian = 0.0, np.zeros(4), np.zeros((4, 4))
    density, left = np.empty(65), np.empty(65)
    y, z, buy, stay = np.empty(65), np.empty(65), np.empty(65), np.empty(65)
    log_buy, log_stay = np.empty(65), np.empty(65)
    s, mean, second = np.empty(4), np.empty(4), np.empty((4, 4))
    for g in range(len(x)):
        n, zero, a, span = count[g], e + t_x[g], 1.0 + u * x[g], end[g]
        scale = math.log(span * zero * d) if n else 0.0
        top = -math.inf
        for i in range(n + 1):
            if i < n:
                along = places[n, i] * span
                tau, base, left[i] = (
                    t_x[g] + zero * (math.exp(along) - 1.0),
                    along + weights[n, i] + scale,
                    1.0,
                )
            else:
                tau, base, left[i] = T[g], 0.0, 0.0
            y[i], z[i] = m * tau, d * tau
            buy[i], stay[i] = 1.0 / (1.0 + u * y[i]), 1.0 / (1.0 + k * z[i])
            # log is faster than log1p, and as good unless a spread is close to zero.
            log_buy[i] = (math.log(1.0 + u * y[i]) if u > 1e-3 else math.log1p(u * y[i])) / u
            log_stay[i] = (math.log(1.0 + k * z[i]) if k > 1e-3 else math.log1p(k * z[i])) / k
            density[i] = base - a * log_buy[i] - (1.0 + k * left[i]) * log_stay[i]
            top = max(top, density[i])
        total = 0.0
        for i in range(n + 1):
            density[i] = math.exp(density[i] - top)
            total += density[i]
        height += weight[g] * (top + math.log(total))
        mean[:] = 0.0
        second[:] = 0.0
        for i in range(n + 1):
            share, yb, zs = density[i] / total, y[i] * buy[i], z[i] * stay[i]
            s[0], base = -yb * a, -zs * (1.0 + k * left[i])
            s[1], s[2], s[3] = s[0] + log_buy[i], base + left[i], base + log_stay[i]
            for p in range(4):
                w = share * s[p]
                mean[p] += w
                for q in range(p + 1):
                    second[p, q] += w * s[q]
            curve = share * s[0] * buy[i]
            second[0, 0] += curve
            second[1, 0] += curve + share * yb
            second[1, 1] += curve + share * (2.0 * yb - log_buy[i])
            curve = share * base * stay[i]
            second[2, 2] += curve
            second[3, 2] += curve + share * zs
            second[3, 3] += curve + share * (2.0 * zs - log_stay[i])
        for p in range(4):
            gradient[p] += weight[g] * mean[p]
            for q in range(p + 1):
                hessian[p, q] += weight[g] * (second[p, q] - mean[p] * mean[q])
    for p in range(4):
        for q in range(p):
            hessian[q, p] = hessian[p, q]
    return height, gradient, hessian


rows: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(_rows)
