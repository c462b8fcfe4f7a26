"""Forecasts of every level made to agree: bottom series moved so that they add up to what is likely above.

Weighted least squares with the variances of past errors on the diagonal (minimum trace reconciliation:
Wickramasuriya, Athanasopoulos and Hyndman, 2019), under bounds (Wickramasuriya, Turlach and Hyndman, 2020).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from stepladder.core.stats import Floats

MOST = 100  # Newton's steps, of which a handful are taken
HALVED = 40  # times a step is made shorter
ENOUGH = 1e-4  # of what a step promises it must bring


class Structure(NamedTuple):
    """What adds up to what, how far each forecast usually strays, and what none is below.

    adds: a sparse matrix, upper × bottom. below, above: the variances of errors of bottom and upper
    forecasts, positive. least: of each bottom series, -inf where any number may be.
    """

    adds: Any
    below: Floats
    above: Floats
    least: Floats


def reconciled(bottom: Floats, upper: Floats, known: Structure) -> Floats:
    """The bottom's forecasts that are nearest to all that was forecast: their sums are the upper ones.

    bottom: series × steps; upper: upper series × steps. It minimises
    Σ (b − bottom)² / below + Σ (adds b − upper)² / above over b ≥ least, for each step. With a number λ for
    each upper series the solution is b = max(bottom + below · addsᵀλ, least), where
    above · λ + adds b = upper: a system of the upper side's size, factorised once for all steps in which
    no bound holds.
    """
    floor = known.least[:, None]
    solve = _factorised(known, np.ones(len(bottom), bool))
    weights = solve(upper - known.adds @ bottom)
    found = _moved(bottom, weights, known)
    for step in np.flatnonzero((found < floor).any(axis=0)):
        weights[:, step] = _bounded(bottom[:, step], upper[:, step], known, weights[:, step])
    return np.maximum(_moved(bottom, weights, known), floor)


def structural(adds: Any, least: Floats) -> Structure:
    """Every upper forecast strays as the sum of as many like ones: where nothing is known of errors."""
    return Structure(adds, np.ones(adds.shape[1]), np.asarray(adds.sum(axis=1)).ravel(), least)


def _moved(bottom: Floats, weights: Floats, known: Structure) -> Floats:
    by = known.adds.T @ weights
    return bottom + (known.below[:, None] if by.ndim > 1 else known.below) * by


def _factorised(known: Structure, free: np.ndarray) -> Callable[[Floats], Floats]:
    """The solver of (diag(above) + adds diag(below) addsᵀ) λ = r, over the bottom series that are free."""
    from scipy.sparse import diags
    from scipy.sparse.linalg import splu

    adds = known.adds
    system = diags(known.above) + adds @ diags(np.where(free, known.below, 0.0)) @ adds.T
    solve: Callable[[Floats], Floats] = splu(system.tocsc()).solve
    return solve


def _bounded(bottom: Floats, upper: Floats, known: Structure, start: Floats) -> Floats:
    """The weights of one step in which bounds hold: Newton's method on the dual, a smooth convex function.

    Where the same series stay free, it has arrived, and exactly: the function is quadratic there.
    """
    weights, free = start, None
    for _ in range(MOST):
        moved = _moved(bottom, weights, known)
        now = moved > known.least
        if free is not None and (now == free).all():
            break
        free = now
        slope = known.above * weights + known.adds @ np.maximum(moved, known.least) - upper
        step = _factorised(known, free)(-slope)
        weights = _shortened(bottom, upper, known, weights, step, float(slope @ step))
    return weights


def _shortened(
    bottom: Floats, upper: Floats, known: Structure, weights: Floats, step: Floats, slope: float
) -> Floats:
    """The step, halved until it brings some of what it promises (Armijo's rule)."""
    before, share = _dual(bottom, upper, known, weights), 1.0
    for _ in range(HALVED):
        ahead = weights + share * step
        if _dual(bottom, upper, known, ahead) <= before + ENOUGH * share * slope:
            return ahead
        share /= 2
    return weights + step  # no better is to be had: rounding


def _dual(bottom: Floats, upper: Floats, known: Structure, weights: Floats) -> float:
    """The function whose slope is above · λ + adds max(bottom + below · addsᵀλ, least) − upper."""
    moved = _moved(bottom, weights, known)
    floor = np.where(np.isfinite(known.least), known.least, 0.0)
    bound = moved <= known.least
    # the integral of max(x, least) over x, each from its bound
    inside = np.where(bound, floor * (moved - floor), (moved**2 - floor**2) / 2)
    return float((known.above @ weights**2) / 2 + (inside / known.below).sum() - upper @ weights)
