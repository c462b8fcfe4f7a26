"""Past weeks replayed one after the other: when an alarm opened, and whether it is open still.

Each series is judged by the yardstick that sees most, two weeks in a row at a threshold made for a budget
of alarms. Nothing is remembered between runs: the same weeks give the same alarms, whoever asks and when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stepladder.core.stats import Floats
from stepladder.watch import drift_expected
from stepladder.watch.drift_expected import Expected

LEAST = 26  # past weeks, else nothing is judged
ENOUGH = 52  # past weeks from which a yearly season can be told
MOST = 156  # past weeks that count
SETTLED = 13  # weeks after which a new level is the level
FOUND = 1.7  # standard errors beyond the threshold that both of two weeks are in 90 of 100 cases
# Where the threshold is worked out; between them it is interpolated, in the scales it is smooth in.
_ANGLES = np.linspace(0.0, np.pi / 2, 13)  # arcsin of the correlation
_INVERSE = np.linspace(0.0, 0.25, 26)  # 1 ÷ degrees of freedom: from known to four
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)


@dataclass(frozen=True)
class Judged:
    """Every series in the last week, and how it came there.

    opened: the week (its row) in which the open alarm began, −1 where none is open. past: weeks that
    count. expected, tolerance: weeks × series, NaN where not judged. smallest: the shift that would be
    found within two weeks in nine of ten cases. openings: (week, series) of every alarm in the replay.
    """

    opened: NDArray[np.int64]
    past: NDArray[np.int64]
    expected: Floats
    tolerance: Floats
    errors: Floats
    smallest: Floats
    openings: tuple[tuple[int, int], ...]


def judge(
    weekly: Floats, least_error: Floats, alpha: float, replayed: int = 52, seen: int = MOST
) -> Judged:
    """Judge each series' weeks by the weeks before; `alpha` is the false-alarm rate of one test.

    weekly: weeks × series, NaN where there is nothing. least_error: the sampling error of each, below
    which no week is surer than that. The last `replayed` weeks are judged, each on up to `seen` before.
    """
    replay = _Replay.of(weekly, least_error)
    for week in range(max(len(weekly) - replayed, LEAST + 1), len(weekly)):
        replay.step(week, alpha, seen)
    return replay.judged()


@dataclass
class _Replay:
    """The state of a replay. `weekly` is the data less the new levels that have settled.

    counts: weeks × series, whether a week belongs to the past that others are judged by. moved: how far
    each series' level has settled away from where it was.
    """

    weekly: Floats
    least_error: Floats
    counts: NDArray[np.bool_]
    opened: NDArray[np.int64]
    expected: Floats
    tolerance: Floats
    errors: Floats
    moved: Floats
    smallest: Floats
    openings: list[tuple[int, int]]

    @staticmethod
    def of(weekly: Floats, least_error: Floats) -> _Replay:
        def nothing() -> Floats:
            return np.full(weekly.shape, np.nan)

        n = weekly.shape[1]
        return _Replay(
            weekly.copy(), least_error, np.isfinite(weekly), np.full(n, -1), nothing(), nothing(),
            nothing(), np.zeros(n), np.full(n, np.nan), [],
        )  # fmt: skip

    def step(self, week: int, alpha: float, seen: int) -> None:
        """Judge one week together with the one before."""
        start = max(0, week - 1 - seen)
        past = np.where(self.counts[start : week - 1], self.weekly[start : week - 1], np.nan)
        found, limit = best(past, self.least_error[week - 1 : week + 1], alpha)
        errors = self.weekly[week - 1 : week + 1] - found.weeks
        tolerance = limit * found.stray
        known = self.counts[start : week - 1].sum(axis=0) >= LEAST
        self.expected[week] = np.where(known, found.weeks[1] + self.moved, np.nan)
        self.tolerance[week] = np.where(known, tolerance[1], np.nan)
        self.errors[week] = np.where(known, errors[1], np.nan)
        self.smallest = np.where(known, ((limit + FOUND) * found.stray).max(axis=0), np.nan)
        with np.errstate(invalid="ignore"):
            self._open(week, known & _beyond(errors, tolerance) & ~as_last_year(found.left, errors))
            self._close(week, known & ~(np.abs(errors) > tolerance / 2).any(axis=0))
        self._settle(week)

    def _open(self, week: int, alarmed: NDArray[np.bool_]) -> None:
        new = alarmed & (self.opened < 0)
        self.openings += [(week - 1, int(series)) for series in np.flatnonzero(new)]
        self.opened[new] = week - 1
        for series in np.flatnonzero(self.opened >= 0):
            self.counts[self.opened[series] : week + 1, series] = False

    def _close(self, week: int, back: NDArray[np.bool_]) -> None:
        """Closed once two weeks in a row are no longer even half as far out; those do count again."""
        closed = back & (self.opened >= 0) & (self.opened < week - 1)
        self.counts[week - 1 : week + 1, closed] = np.isfinite(
            self.weekly[week - 1 : week + 1, closed]
        )
        self.opened[closed] = -1

    def _settle(self, week: int) -> None:
        """What has lasted a quarter of a year is the level by now: the past is moved to it."""
        for series in np.flatnonzero((self.opened >= 0) & (week - self.opened >= SETTLED)):
            since = slice(self.opened[series], week + 1)
            step = float(np.nanmedian(self.errors[since, series]))
            self.weekly[self.opened[series] :, series] -= step
            self.moved[series] += step
            self.counts[since, series] = np.isfinite(self.weekly[since, series])
            self.opened[series] = -1

    def judged(self) -> Judged:
        """What is known after the last week."""
        past = self.counts[:-2].sum(axis=0) if len(self.counts) > 2 else np.zeros_like(self.opened)
        return Judged(
            self.opened, past, self.expected, self.tolerance, self.errors, self.smallest,
            tuple(self.openings),
        )  # fmt: skip


def _beyond(errors: Floats, tolerance: Floats) -> NDArray[np.bool_]:
    """Whether both weeks lie outside, on the same side."""
    above = (errors > tolerance).all(axis=0)
    below = (errors < -tolerance).all(axis=0)
    return np.asarray(above | below)


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
        drift_expected.steady,
        drift_expected.level,
        drift_expected.trend,
    ]
    if weeks >= ENOUGH:
        found.append(drift_expected.season)
    if weeks >= round(drift_expected.YEAR) + LEAST:
        found.append(drift_expected.last_year)
    return found


def as_last_year(left: Floats, errors: Floats) -> NDArray[np.bool_]:
    """Whether a like week a year ago strayed at least half as far the same way: a season, then."""
    first = len(left) - round(drift_expected.YEAR) - 1  # a week of leeway on either side
    found = np.zeros(errors.shape[1], bool)
    for i in (0, 1) if first >= 0 else ():
        like = np.nan_to_num(left[first + i : first + i + 3]) * np.sign(errors[i])
        found |= 2 * like.max(axis=0) >= np.abs(errors[i])
    return found


def both_beyond(threshold: Floats, angle: Floats, inverse: Floats) -> Floats:
    """The chance that two errors, each divided by the same estimated spread, both lie above a threshold.

    Their upper orthant probability under the bivariate t with correlation sin(angle) and 1/inverse
    degrees of freedom: by Plackett's identity, (1/2π) ∫ (1 + 2c²/((1 + sin θ)ν))^(−ν/2) dθ from −π/2
    to `angle`.
    """
    half = (angle + np.pi / 2) / 2
    theta = half[..., None] * (_NODES + 1) - np.pi / 2
    square = 2 * threshold[..., None] ** 2 / (1 + np.sin(theta))
    nu = 1 / np.maximum(inverse, 1e-6)[..., None]
    density = np.exp(-nu / 2 * np.log1p(square / nu))
    return np.asarray((density @ _WEIGHTS) * half / (2 * np.pi))


def critical(alpha: float, correlation: Floats, df: Floats) -> Floats:
    """The threshold that two errors in a row both pass, on the same side, with probability `alpha`."""
    at = np.arcsin(np.clip(correlation, 0.0, 1.0)) / _ANGLES[1]
    down = np.clip(1 / np.maximum(df, 4.0), 0.0, _INVERSE[-1]) / _INVERSE[1]
    i = np.minimum(at.astype(int), len(_ANGLES) - 2)
    j = np.minimum(down.astype(int), len(_INVERSE) - 2)
    u, v, table = at - i, down - j, _table(alpha)
    near = (1 - v) * table[i, j] + v * table[i, j + 1]
    far = (1 - v) * table[i + 1, j] + v * table[i + 1, j + 1]
    return np.asarray((1 - u) * near + u * far)


@lru_cache(maxsize=16)
def _table(alpha: float) -> Floats:
    """Thresholds on the grid, by bisection; both sides share `alpha`."""
    angle, inverse = (a.ravel() for a in np.meshgrid(_ANGLES, _INVERSE, indexing="ij"))
    low, high = np.zeros(len(angle)), np.full(len(angle), 1e4)
    for _ in range(60):
        middle = (low + high) / 2
        above = both_beyond(middle, angle, inverse) > alpha / 2
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(((low + high) / 2).reshape(len(_ANGLES), len(_INVERSE)))
