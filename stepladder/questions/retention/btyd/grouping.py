"""Customers with the same history are counted once: the fit costs as much as there are histories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stepladder.core.errors import Problem

Floats = NDArray[np.float64]

HASHED = 300_000  # customers from which hashing beats sorting
PART = 262_144  # histories whose derivatives are held at once
Evaluated = tuple[float, Floats, Floats]  # log-likelihood, gradient, Hessian


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

    def part(self, rows: slice) -> Groups:
        """Some of the groups; views, no copies."""
        x, t_x, T, weight = (values[rows] for values in (self.x, self.t_x, self.T, self.weight))
        return Groups(x, t_x, T, weight, self.inverse)

    def thinned(self, step: int) -> Groups:
        """The commonest histories and every `step`-th of the others, which then count for `step`."""
        common = np.argsort(-self.weight, kind="stable")[: len(self.weight) // step]
        rare = np.delete(np.arange(len(self.weight)), common)[step // 2 :: step]
        rows = np.concatenate([common, rare])
        weight = np.concatenate([self.weight[common], step * self.weight[rare]])
        return Groups(self.x[rows], self.t_x[rows], self.T[rows], weight, self.inverse)


def added(evaluate: Callable[[Groups], Evaluated], groups: Groups) -> Evaluated:
    """What a likelihood says of all groups, added up part by part: memory does not grow with them."""
    rows = range(0, max(len(groups.x), 1), PART)
    parts = [evaluate(groups.part(slice(first, first + PART))) for first in rows]
    height, gradient, hessian = parts[0]
    for more, slope, bend in parts[1:]:
        height, gradient, hessian = height + more, gradient + slope, hessian + bend
    return height, gradient, hessian


def group(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, weight: ArrayLike | None = None) -> Groups:
    """The distinct histories among customers; arrays (customers,), times in weeks.

    Raises Problem if a history is impossible: 0 <= t_x <= T, and t_x = 0 exactly where x = 0.
    """
    xs, last, end = (np.atleast_1d(np.asarray(a, float)) for a in (x, t_x, T))
    _check(xs, last, end)
    many = None if weight is None else np.asarray(weight, float)
    if len(xs) == len(last) == len(end) == 1:  # asked about alone, as in the service
        return Groups(xs, last, end, np.ones(1) if many is None else many, np.zeros(1, np.intp))
    columns = _whole_days(xs, last, end)
    sizes = [len(values) for values, _ in columns]
    key = np.ravel_multi_index([which for _, which in columns], sizes)
    found, inverse = _distinct(key)
    places = np.unravel_index(found, sizes)
    parts = [values[place] for (values, _), place in zip(columns, places, strict=True)]
    total = np.bincount(inverse, weights=many, minlength=len(found)).astype(float)
    return Groups(parts[0], parts[1], parts[2], total, inverse)


def _distinct(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Sorted distinct numbers, and where each number stands among them; by hashing where many."""
    if len(key) < HASHED:
        found, inverse = np.unique(key, return_inverse=True)
        return found, inverse
    import pyarrow as pa  # only here: where pandas is installed, its arrays import it

    encoded = pa.array(key).dictionary_encode()
    distinct = encoded.dictionary.to_numpy()
    order = np.argsort(distinct)
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[encoded.indices.to_numpy()]


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


def _whole_days(*columns: Floats) -> list[tuple[Floats, NDArray[np.int64]]]:
    """Distinct values of each column, and which of them each customer has.

    Counts and whole days are their own place in a row of numbers, which spares the sorting.
    """
    out = []
    for column, unit in zip(columns, (1.0, 7.0, 7.0), strict=True):
        whole = np.rint(column * unit)
        if np.all(np.abs(column * unit - whole) < 1e-6) and whole.max(initial=0.0) < 1e6:
            out.append((np.arange(whole.max(initial=0.0) + 1.0) / unit, whole.astype(np.int64)))
        else:
            values, which = np.unique(column, return_inverse=True)
            out.append((values, which.astype(np.int64)))
    return out
