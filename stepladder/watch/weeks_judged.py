"""Past weeks replayed one after the other: when an alarm opened, and whether it is open still.

Nothing is remembered between runs: the same weeks give the same alarms, whoever asks and when.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stepladder.core.stats import Floats
from stepladder.watch.best_yardstick import LEAST, as_last_year, best

MOST = 156  # past weeks that count
SETTLED = 13  # weeks after which a new level is the level
FOUND = 1.7  # standard errors beyond the threshold that both of two weeks are in 90 of 100 cases


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
