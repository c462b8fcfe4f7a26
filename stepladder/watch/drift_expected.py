"""What the next two weeks should look like, by what the weeks before did, and how far they may stray.

Weeks are rows and series columns; a week that does not count is NaN. Each yardstick says what to expect
of the two weeks after its past, how far past weeks strayed from what it would have said of them, how
alike two errors in a row are, and from how many independent weeks it knows that.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stepladder.core.stats import Floats

YEAR = 52.18  # weeks
WARM_UP = 8  # weeks before a running level means anything
WILD = (
    3.5  # errors beyond so many usual ones count as that many: one Black Friday must not blind it
)


class Expected(NamedTuple):
    """Of each series: the two weeks to come, how far each may stray, and how surely that is known."""

    weeks: Floats  # 2 × series
    stray: Floats  # 2 × series: standard errors
    alike: Floats  # correlation of the two errors
    df: Floats  # degrees of freedom, weeks that repeat each other counted once
    left: Floats  # past weeks × series: what each week strayed from what was expected of it


def steady(past: Floats) -> Expected:
    """The average of all past weeks."""
    n = len(past)
    return _regression(past, np.ones((n, 1)), np.ones((2, 1)))


def season(past: Floats) -> Expected:
    """The average with a wave a year and one of half a year."""
    n, waves = len(past), 2
    angle = 2 * np.pi * np.arange(n + 2)[:, None] * np.arange(1, waves + 1) / YEAR
    terms = np.hstack([np.ones((n + 2, 1)), np.cos(angle), np.sin(angle)])
    return _regression(past, terms[:n], terms[n:])


def last_year(past: Floats) -> Expected:
    """The like weeks of last year, plus what has changed since then on average."""
    n, year = len(past), round(YEAR)
    like = _smooth(past)[: n - year + 2]  # what lies a year before week `year` and those after it
    since = past[year:] - like[: n - year]
    found = _regression(since, np.ones((n - year, 1)), np.ones((2, 1)))
    # last year is what it is compared with, so it leaves nothing unexplained there
    left = np.vstack([np.zeros((year, past.shape[1])), found.left])
    return found._replace(weeks=found.weeks + like[n - year :], left=left)


def level(past: Floats) -> Expected:
    """The level of late: each week moves it by a third of its surprise."""
    return _running(past, 0.3, 0.0)


def trend(past: Floats) -> Expected:
    """The level of late and its direction of late (Holt's linear method)."""
    return _running(past, 0.4, 0.1)


def _running(past: Floats, gain: float, turn: float) -> Expected:
    """A running level, judged by its own errors one and two weeks on."""
    n, now, slope = len(past), _first(past), np.zeros(past.shape[1])
    there = np.isfinite(past)
    one, two = np.full(past.shape, np.nan), np.full(past.shape, np.nan)
    for week in range(n):
        if week >= WARM_UP:
            one[week] = past[week] - now - slope
            two[week] = past[week + 1] - now - 2 * slope if week + 1 < n else np.nan
        surprise = np.where(there[week], past[week] - now - slope, 0.0)
        now = now + slope + gain * surprise
        slope = slope + turn * surprise
    count = np.isfinite(two).sum(axis=0)
    tame = _tamed(one), _tamed(two)
    rho = _after(tame[0])
    df = np.maximum(count * (1 - rho**2) / (1 + rho**2), 1.0)
    alike = _together(*tame) + 1 / np.sqrt(np.maximum(count, 1))
    stray = np.sqrt(np.stack([_mean_square(errors) for errors in tame]))
    weeks = np.stack([now + slope, now + 2 * slope])
    return Expected(weeks, stray, np.clip(alike, 0, 0.99), df, one)


def _regression(past: Floats, terms: Floats, to_come: Floats) -> Expected:
    """Least squares of each series on the same terms; errors repeat each other as those of the past did."""
    there = np.isfinite(past)
    filled, width = np.where(there, past, 0.0), terms.shape[1]
    products = (terms[:, :, None] * terms[:, None, :]).reshape(len(terms), -1)
    square = (there.T.astype(float) @ products).reshape(-1, width, width)
    inverse = np.linalg.pinv(square, hermitian=True)
    fitted = np.einsum("spq,sq->ps", inverse, filled.T @ terms)
    raw = np.where(there, past - terms @ fitted, np.nan)
    left = _tamed(raw)
    count = np.maximum(there.sum(axis=0), 1)
    # an estimated correlation is too small by about (1 + terms) / n, and known to 1 / √n
    rho = np.clip(_after(left) + (1 + width) / count + 1 / np.sqrt(count), 0.0, 0.95)
    df = np.maximum(count * (1 - rho**2) / (1 + rho**2) - width, 1.0)
    variance = _mean_square(left) * count / np.maximum(count - width * (1 + rho) / (1 - rho), 1.0)
    unsure = np.einsum("tp,spq,tq->ts", to_come, inverse, to_come) * (1 + rho) / (1 - rho)
    alike = (rho + unsure.mean(axis=0)) / (1 + unsure.mean(axis=0))
    return Expected(to_come @ fitted, np.sqrt(variance * (1 + unsure)), alike, df, raw)


def _tamed(errors: Floats) -> Floats:
    """Errors with wild ones pulled in; where most are exactly zero nothing is wild."""
    middle = np.maximum((np.isfinite(errors).sum(axis=0) - 1) // 2, 0)
    size = np.partition(np.abs(errors), np.unique(middle), axis=0)  # NaN last
    usual = 1.4826 * np.take_along_axis(size, middle[None], axis=0)[0]
    most = np.where(usual > 0, WILD * usual, np.inf)
    return np.clip(errors, -most, most)


def _mean_square(errors: Floats) -> Floats:
    count = np.maximum(np.isfinite(errors).sum(axis=0), 1)
    return np.asarray(np.nansum(errors**2, axis=0) / count)


def _after(errors: Floats) -> Floats:
    """How alike each error is to the one of the week before."""
    there = np.nan_to_num(errors, copy=True)
    return _alike(there[1:], there[:-1])


def _together(one: Floats, other: Floats) -> Floats:
    """How alike two errors of the same week are."""
    return _alike(np.nan_to_num(one), np.nan_to_num(other))


def _alike(one: Floats, other: Floats) -> Floats:
    """Correlation about zero; what is missing is zero."""

    def product(a: Floats, b: Floats) -> Floats:
        return np.asarray(np.einsum("ws,ws->s", a, b))

    size = np.sqrt(product(one, one) * product(other, other))
    return np.divide(product(one, other), size, out=np.zeros(len(size)), where=size > 0)


def _smooth(past: Floats) -> Floats:
    """Each week averaged with its neighbours: Christmas is not always in the same week."""
    edge = np.full((1, past.shape[1]), np.nan)
    three = np.stack([np.vstack([edge, past[:-1]]), past, np.vstack([past[1:], edge])])
    count = np.isfinite(three).sum(axis=0)
    return np.where(count > 0, np.nansum(three, axis=0) / np.maximum(count, 1), np.nan)


def _first(past: Floats) -> Floats:
    """Each series' first value; zero where it has none."""
    at = np.isfinite(past).argmax(axis=0)
    return np.nan_to_num(np.take_along_axis(past, at[None], axis=0)[0])
