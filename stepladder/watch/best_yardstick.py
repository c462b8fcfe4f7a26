"""Of each series the yardstick that sees most, and whether a year ago the like weeks did the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stepladder.core.stats import Floats
from stepladder.watch import yardstick
from stepladder.watch.critical import critical
from stepladder.watch.yardstick import Expected

LEAST = 26  # past weeks, else nothing is judged
ENOUGH = 52  # past weeks from which a yearly season can be told


def best(past: Floats, least_error: Floats, alpha: float) -> tuple[Expected, Floats]:
    """Of each series the yardstick that would find the smallest shift, by past weeks alone."""
    chosen: Expected | None = None
    limits = np.empty(0)
    for stick in _sticks(len(past)):
        found = stick(past)
        found = found._replace(
            stray=np.fmax(found.stray, least_error), df=_heavy(found.left, found.df)
        )
        limit = critical(alpha, found.alike, found.df)
        if chosen is None:
            chosen, limits = found, limit
            continue
        mine = (limit * found.stray).max(axis=0) < (limits * chosen.stray).max(axis=0)
        chosen = Expected(
            *(np.where(mine, new, old) for new, old in zip(found, chosen, strict=True))
        )
        limits = np.where(mine, limit, limits)
    assert chosen is not None
    return chosen, limits


def _heavy(left: Floats, df: Floats) -> Floats:
    """Fewer degrees of freedom where weeks stray wildly now and then, as a t distribution would have.

    By the excess kurtosis: of all series together, or of one that is surely wilder than the others.
    """
    there = np.isfinite(left)
    count = np.maximum(there.sum(axis=0), 1)
    square = np.nan_to_num(left) ** 2
    second = square.sum(axis=0) / count
    fourth = np.einsum("ws,ws->s", square, square) / count
    own = np.divide(fourth, second**2, out=np.full(len(df), 3.0), where=second > 0) - 3
    excess = np.maximum(float(np.median(own)), own - 2 * np.sqrt(24 / count))
    wild = np.maximum(excess, 0.0) / (6 + 4 * np.maximum(excess, 0.0))  # 1 ÷ the df of such a t
    return np.asarray(1 / (1 / df + wild))


def _sticks(weeks: int) -> list[Callable[[Floats], Expected]]:
    found: list[Callable[[Floats], Expected]] = [
        yardstick.steady,
        yardstick.level,
        yardstick.trend,
    ]
    if weeks >= ENOUGH:
        found.append(yardstick.season)
    if weeks >= round(yardstick.YEAR) + LEAST:
        found.append(yardstick.last_year)
    return found


def as_last_year(left: Floats, errors: Floats) -> NDArray[np.bool_]:
    """Whether a like week a year ago strayed at least half as far the same way: a season, then."""
    first = len(left) - round(yardstick.YEAR) - 1  # a week of leeway on either side
    found = np.zeros(errors.shape[1], bool)
    for i in (0, 1) if first >= 0 else ():
        like = np.nan_to_num(left[first + i : first + i + 3]) * np.sign(errors[i])
        found |= 2 * like.max(axis=0) >= np.abs(errors[i])
    return found
