"""Customers with the same history are counted once: the fit costs as much as there are histories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stepladder.core.errors import Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """Distinct histories (x purchases after the first, last at t_x, seen until T) and their number.

    Sorted by (x, t_x, T), so that the order of the customers changes nothing. `inverse` leads from
    each customer to its group.
    """

    x: Floats
    t_x: Floats
    T: Floats
    weight: Floats
    inverse: NDArray[np.intp]

    def thinned(self, step: int) -> Groups:
        """Every `step`-th group: enough to start from."""
        rows = slice(step // 2, None, step)
        return Groups(self.x[rows], self.t_x[rows], self.T[rows], self.weight[rows], self.inverse)


def group(
    x: ArrayLike, t_x: ArrayLike, T: ArrayLike, weight: ArrayLike | None = None
) -> Groups:
    """The distinct histories among customers; arrays (customers,), times in weeks.

    Raises Problem if a history is impossible: 0 <= t_x <= T, and t_x = 0 exactly where x = 0.
    """
    xs, last, end = (np.atleast_1d(np.asarray(a, float)) for a in (x, t_x, T))
    _check(xs, last, end)
    key = _key(xs, last, end)
    _, rows, inverse = np.unique(key, return_index=True, return_inverse=True)
    many = np.ones(len(xs)) if weight is None else np.asarray(weight, float)
    total = np.bincount(inverse, weights=many, minlength=len(rows))
    return Groups(xs[rows], last[rows], end[rows], total, inverse.astype(np.intp, copy=False))


def _check(x: Floats, t_x: Floats, T: Floats) -> None:
    good = (x >= 0) & (x == np.floor(x)) & (t_x >= 0) & (t_x <= T) & np.isfinite(T)
    good &= (x == 0) == (t_x == 0)
    if not good.all():
        first = int(np.argmin(good))
        raise Problem(
            f"customer number {first + 1} has x = {x[first]:g}, t_x = {t_x[first]:g}, "
            f"T = {T[first]:g}",
            "x is a whole number of purchases after the first, the last of them t_x weeks after "
            "the first one, T weeks ago at most; t_x is 0 exactly where x is 0",
            "count purchase days after the first one, and end every history on the same day",
        )


def _key(x: Floats, t_x: Floats, T: Floats) -> NDArray[np.int64]:
    """One sortable number per history: exact for whole days, by rank for any other times."""
    days, ends = t_x * 7.0, T * 7.0
    if all(np.all(np.abs(a - np.rint(a)) < 1e-6) for a in (days, ends)):
        columns = [np.rint(a).astype(np.int64) for a in (x, days, ends)]
    else:
        columns = [np.unique(a, return_inverse=True)[1].astype(np.int64) for a in (x, t_x, T)]
    key = columns[0]
    for column in columns[1:]:
        key = key * (int(column.max(initial=0)) + 1) + column
    return key
