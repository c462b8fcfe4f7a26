"""Periods of a calendar: hours, days, weeks, months, quarters, years, numbered so that they can be counted.

A period is known by its first moment. Numbers count from the period of 1 January 1970, which is 0; a month is
a month, however many days it has.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Every = Literal["hour", "day", "week", "month", "quarter", "year"]
EVERY: tuple[Every, ...] = ("hour", "day", "week", "month", "quarter", "year")
DAYS: dict[Every, float] = {
    "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": 365.25,
}  # fmt: skip
SEASONS: dict[Every, tuple[int, ...]] = {  # after how many periods series may look alike again
    "hour": (24, 168), "day": (7,), "week": (52,), "month": (12,), "quarter": (4,), "year": (),
}  # fmt: skip
MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}
MONDAY = 1  # as ISO 8601 counts the days of a week
THURSDAY = 4  # the first of January 1970 was one
Ints = NDArray[np.int64]


def steps(every: Every, days: float) -> int:
    """How many periods so many days are: 1,080 days, as "36 months" is written, are 36 months."""
    if every in MONTHS and days % 30 == 0 and days % 365:
        return max(round(days / 30 / MONTHS[every]), 1)
    return max(round(days / DAYS[every]), 1)


def number(moments: NDArray[np.datetime64], every: Every, week_starts: int = MONDAY) -> Ints:
    """The number of the period that each moment lies in."""
    if every in MONTHS:
        months = moments.astype("datetime64[M]").astype(np.int64)
        return np.asarray(months // MONTHS[every])
    if every == "hour":
        return np.asarray(moments.astype("datetime64[h]").astype(np.int64))
    days = moments.astype("datetime64[D]").astype(np.int64)
    return np.asarray(days if every == "day" else (days + THURSDAY - week_starts) // 7)


def starts(numbers: Ints, every: Every, week_starts: int = MONDAY) -> NDArray[np.datetime64]:
    """The first moment of each period, by its number."""
    if every in MONTHS:
        return (numbers * MONTHS[every]).astype("datetime64[M]").astype("datetime64[us]")
    if every == "hour":
        return numbers.astype("datetime64[h]").astype("datetime64[us]")
    days = numbers if every == "day" else numbers * 7 + week_starts - THURSDAY
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[us]"))


def first_ahead(now: date, every: Every, week_starts: int = MONDAY) -> int:
    """The number of the first period that begins now or later; all before it are past."""
    if every == "hour":
        return int(number(np.array([now], "datetime64[us]"), every)[0])
    before = np.array([now - timedelta(days=1)], "datetime64[us]")
    return int(number(before, every, week_starts)[0]) + 1


def day_of(number: int, every: Every, week_starts: int = MONDAY) -> date:
    """The day on which a period begins."""
    found: date = starts(np.array([number]), every, week_starts)[0].astype("datetime64[D]").item()
    return found


def following(first: date, every: Every) -> date:
    """The first day of the next period, from a period's first day; of weeks, on whichever day they begin."""
    if every == "week":
        return first + timedelta(days=7)
    return day_of(int(number(np.array([first], "datetime64[us]"), every)[0]) + 1, every)


def number_sql(moment: str, every: Every, week_starts: int = MONDAY) -> str:
    """The number of a moment's period, as SQL says it; `moment` is a column or an expression."""
    days = f"date_diff('day', date '1970-01-01', cast({moment} as date))"
    if every in MONTHS:
        months = f"((year({moment}) - 1970) * 12 + month({moment}) - 1)"
        return (
            months if every == "month" else f"cast(floor({months} / {MONTHS[every]}.0) as bigint)"
        )
    if every == "hour":
        return f"({days} * 24 + hour({moment}))"
    if every == "day":
        return days
    return f"cast(floor(({days} + {THURSDAY - week_starts}) / 7.0) as bigint)"


def first_ahead_sql(now: str, every: Every, week_starts: int = MONDAY) -> str:
    """The number of the first period that begins at the day `now` or later, as SQL says it."""
    if every == "hour":
        return f"({number_sql(now, 'day')} * 24)"
    return f"({number_sql(f'({now} - 1)', every, week_starts)} + 1)"


def start_sql(number: str, every: Every, week_starts: int = MONDAY) -> str:
    """The first moment of a period, as SQL says it: a day, or a timestamp where periods are hours."""
    if every in MONTHS:
        months = number if every == "month" else f"({number}) * {MONTHS[every]}"
        year = f"cast(1970 + floor(({months}) / 12.0) as integer)"
        return (
            f"make_date({year}, cast(({months}) - 12 * floor(({months}) / 12.0) as integer) + 1, 1)"
        )
    if every == "hour":
        return f"(timestamp '1970-01-01 00:00:00' + ({number}) * interval '1 hour')"
    days = number if every == "day" else f"({number}) * 7 + {week_starts - THURSDAY}"
    return f"(date '1970-01-01' + cast({days} as integer))"
