"""How busy an honest shop is on each day: growth, seasons, holidays, month ends, closed days."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

EASTER = {
    2018: (4, 1), 2019: (4, 21), 2020: (4, 12), 2021: (4, 4), 2022: (4, 17), 2023: (4, 9), 2024: (3, 31),
    2025: (4, 20),
}  # fmt: skip
FIXED = ((1, 1), (5, 1), (12, 25), (12, 26))
AFTER_EASTER = (-2, 1, 39, 50)


def pace(rng: np.random.Generator, begin: date, days: int, kind: str) -> np.ndarray:
    """Rows that are to be expected on each day, about 1 on a usual one."""
    dates = [begin + timedelta(days=n) for n in range(days)]
    level = np.exp(rng.uniform(np.log(0.6), np.log(2)) * np.arange(days) / 365)
    level *= _week(rng, kind)[[d.weekday() for d in dates]]
    year = 2 * np.pi * np.arange(days) / 365.25
    level *= 1 + rng.uniform(0, 0.4) * np.sin(year + rng.uniform(0, 2 * np.pi))
    level *= np.exp(rng.normal(0, rng.uniform(0.02, 0.25), days))
    if kind == "shop":
        level *= _trade(rng, dates)
    if kind == "b2b":
        level = _month_ends(rng, dates, level)
    return level * _closed(rng, dates, kind)


def _week(rng: np.random.Generator, kind: str) -> np.ndarray:
    week = np.exp(rng.normal(0, 0.25, 7))
    if kind == "b2b":
        week[5:] *= rng.choice((0.0, 0.05))
    elif kind == "shop" and rng.random() < 0.35:
        week[6] = 0
    return week / week[week > 0].mean()


def _trade(rng: np.random.Generator, dates: list[date]) -> np.ndarray:
    """Christmas, Black Friday, campaigns."""
    level = np.ones(len(dates))
    christmas, black = rng.uniform(1, 2), rng.uniform(1.5, 5) if rng.random() < 0.6 else 1.0
    for n, day in enumerate(dates):
        if (11, 20) <= (day.month, day.day) <= (12, 22):
            level[n] *= christmas
        friday = date(day.year, 11, 29) - timedelta(days=(date(day.year, 11, 29).weekday() - 4) % 7)
        level[n] *= {0: black, 1: 1 + black / 3, 2: 1 + black / 3, 3: black}.get(
            (day - friday).days, 1
        )
    for start in rng.integers(0, len(dates), rng.poisson(2 * len(dates) / 365)):
        level[start : start + rng.integers(3, 11)] *= rng.uniform(1.3, 3)
    return level


def _month_ends(rng: np.random.Generator, dates: list[date], level: np.ndarray) -> np.ndarray:
    """Invoices posted on the last day of the month, or on its last working day."""
    share, working = rng.uniform(0.4, 0.9), rng.random() < 0.5
    last = np.array([(d + timedelta(days=1)).month != d.month for d in dates])
    if working:
        last = np.array([_last_working_day(d) for d in dates])
    return level * (1 - share) + last * share * 30 * level.mean()


def _last_working_day(day: date) -> bool:
    ahead = (day + timedelta(days=n) for n in range(1, 4))
    return day.weekday() < 5 and not any(
        each.month == day.month and each.weekday() < 5 for each in ahead
    )


def holidays(dates: list[date]) -> np.ndarray:
    """Which days are holidays, fixed or moving with Easter."""
    moving = {
        date(year, *found) + timedelta(days=n)
        for year, found in EASTER.items()
        for n in AFTER_EASTER
    }
    return np.array([(d.month, d.day) in FIXED or d in moving for d in dates])


def _closed(rng: np.random.Generator, dates: list[date], kind: str) -> np.ndarray:
    """Days on which less, or nothing, is sold: holidays, a summer's break, an outage."""
    open_ = np.ones(len(dates))
    if kind == "subscription":
        return open_
    quiet = 0.0 if rng.random() < 0.5 else rng.uniform(0.1, 0.8)
    open_[holidays(dates)] = quiet
    if rng.random() < 0.08:
        summer = int(rng.integers(1, 15))
        open_[[d.month == 8 and summer <= d.day < summer + 14 for d in dates]] = 0
    for out in rng.integers(0, len(dates), rng.poisson(rng.uniform(0, 2) * len(dates) / 365)):
        open_[out] = 0
    return open_
