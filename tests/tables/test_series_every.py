"""How often series were measured is found from their own gaps, whatever the calendar does to them."""

from __future__ import annotations

import numpy as np
import pytest

from stepladder.tables.series.every import found


def months(first: str, size: int, step: int = 1) -> np.ndarray:
    return (np.datetime64(first, "M") + step * np.arange(size)).astype("datetime64[us]")


def days(first: str, size: int, step: int = 1) -> np.ndarray:
    return np.datetime64(first, "us") + np.timedelta64(step, "D") * np.arange(size)


def a_day_before(times: np.ndarray) -> np.ndarray:
    return times - np.timedelta64(1, "D")


def of(*times: np.ndarray):
    ids = np.concatenate([np.full(len(one), f"s{i}") for i, one in enumerate(times)])
    return found(ids, np.concatenate(times))


def weekdays_only(times: np.ndarray) -> np.ndarray:
    return times[np.is_busday(times.astype("datetime64[D]"))]


SOME = np.random.default_rng(1)
ONE = {
    "hours": ("hour", np.datetime64("2024-01-01", "us") + np.timedelta64(1, "h") * np.arange(50)),
    "quarters of an hour": (
        "hour",
        np.datetime64("2024-01-01", "us") + np.timedelta64(15, "m") * np.arange(50),
    ),
    "days": ("day", days("2024-01-01", 40)),
    "days at noon": ("day", days("2024-01-01", 40) + np.timedelta64(12, "h")),
    "no weekends": ("day", weekdays_only(days("2024-01-01", 90))),
    "days with holes": ("day", days("2024-01-01", 400)[SOME.random(400) < 0.3]),
    "weeks": ("week", days("2024-01-03", 30, 7)),
    "weeks with holes": ("week", days("2024-01-03", 100, 7)[SOME.random(100) < 0.5]),
    "month starts": ("month", months("2020-01", 30)),
    "month ends": ("month", a_day_before(months("2020-01", 30))),
    "months with holes": ("month", months("2020-01", 60)[SOME.random(60) < 0.5]),
    "third Fridays": (
        "month",
        np.busday_offset(
            months("2020-01", 30).astype("datetime64[M]"), 2, roll="forward", weekmask="Fri"
        ).astype("datetime64[us]"),
    ),
    "quarter starts": ("quarter", months("2015-01", 20, 3)),
    "quarter ends": ("quarter", a_day_before(months("2015-01", 20, 3))),
    "years": ("year", months("1980-01", 20, 12)),
    "year ends": ("year", a_day_before(months("1980-01", 20, 12))),
}


@pytest.mark.parametrize("name", ONE)
def test_a_frequency_is_found(name):
    every, times = ONE[name]
    seen = of(SOME.permutation(times), times[: len(times) // 2])
    assert seen.every == every
    assert not seen.mixed
    assert not seen.days_apart


def test_weeks_start_on_the_day_of_their_times():
    assert of(days("2024-01-03", 30, 7)).week_starts == 3  # a Wednesday
    assert of(months("2020-01", 30)).week_starts == 1


@pytest.mark.parametrize("step", [28, 30, 90, 365])
def test_steps_of_equal_days_are_no_months_and_no_years(step):
    seen = of(days("2000-01-01", 30, step), days("2001-02-03", 30, step))
    assert seen.every is None
    assert seen.days_apart == {step: 2}
    assert list(seen.kinds) == [-1, -1]


def test_a_mix_is_told_by_counts():
    seen = of(*[months("2000-01", 30)] * 3, months("2000-01", 12, 3), months("1980-01", 9, 12))
    assert seen.mixed
    assert seen.every == "month"
    assert seen.counts == {"month": 3, "quarter": 1, "year": 1}


def test_an_article_of_every_december_does_not_make_a_mix_but_a_daily_series_does():
    monthly = [months("2000-01", 30)] * 30
    assert not of(*monthly, months("2000-12", 6, 12)).mixed
    assert of(*monthly, days("2000-01-01", 90)).mixed


def test_where_no_series_tells_it_all_times_together_do():
    rare = [days("2024-01-01", 12, 10) + np.timedelta64(i, "D") for i in range(10)]
    assert of(*rare).every == "day"
    assert of(*(months("2020-01", 24)[i : i + 1] for i in range(24))).every == "month"


def test_one_row_or_no_time_tells_nothing():
    assert of(months("2020-01", 1)).every is None
    assert found(np.array(["a", "a"]), np.array(["NaT", "NaT"], "datetime64[us]")).every is None
    assert found(np.array([], str), np.array([], "datetime64[us]")).every is None


def test_ids_may_be_numbers_and_the_kinds_stand_beside_them():
    times = np.concatenate([months("2020-01", 12), days("2020-01-01", 12)])
    seen = found(np.repeat([7, 3], 12), times)
    assert seen.series.to_pylist() == [7, 3]
    assert list(seen.kinds) == [3, 1]
