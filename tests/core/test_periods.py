"""Periods: numbers and first moments are each other's inverse, in numpy and in SQL alike."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import pytest

from stepladder.core import periods

DAYS = np.datetime64("1899-12-25") + np.arange(0, 60_000, 13)
MOMENTS = DAYS.astype("datetime64[us]") + np.arange(len(DAYS)) % 86_400 * np.timedelta64(1, "s")
WAYS = [(every, 1) for every in periods.EVERY] + [("week", day) for day in range(2, 8)]


@pytest.mark.parametrize(("every", "week_starts"), WAYS)
def test_every_moment_lies_in_its_period(every, week_starts):
    found = periods.number(MOMENTS, every, week_starts)
    assert (periods.starts(found, every, week_starts) <= MOMENTS).all()
    assert (periods.starts(found + 1, every, week_starts) > MOMENTS).all()
    if every == "week":
        assert periods.day_of(int(found[7]), every, week_starts).isoweekday() == week_starts


@pytest.mark.parametrize(("every", "week_starts"), WAYS)
def test_sql_counts_as_numpy_does(every, week_starts):
    con = duckdb.connect()
    con.execute("create table t as select unnest(?::timestamp[]) as moment", [MOMENTS.tolist()])
    number = periods.number_sql("moment", every, week_starts)
    con.execute(f"create table n as select moment, {number} as number from t")
    begins = periods.start_sql("number", every, week_starts)
    ahead = periods.first_ahead_sql("cast(moment as date)", every, week_starts)
    rows = con.sql(
        f"""select number, cast({begins} as timestamp) as begins, {ahead} as ahead,
        cast(moment as date) as day from n"""
    ).fetchnumpy()
    numbers = periods.number(MOMENTS, every, week_starts)
    np.testing.assert_array_equal(rows["number"], numbers)
    np.testing.assert_array_equal(
        rows["begins"].astype("datetime64[us]"), periods.starts(numbers, every, week_starts)
    )
    days = [date.fromisoformat(str(day)[:10]) for day in rows["day"][:200]]
    assert rows["ahead"][:200].tolist() == [
        periods.first_ahead(day, every, week_starts) for day in days
    ]


def test_a_first_moment_is_ahead_of_the_day_it_begins():
    assert periods.first_ahead(date(2020, 1, 1), "month") == periods.first_ahead(
        date(2019, 12, 2), "month"
    )
    assert periods.day_of(periods.first_ahead(date(2020, 1, 1), "quarter"), "quarter") == date(
        2020, 1, 1
    )
    assert periods.first_ahead(date(2020, 1, 1), "hour") == 50 * 365 * 24 + 12 * 24


def test_months_as_people_write_them_are_months():
    """A month is written as 30 days, a quarter as 91: up to ten years they count back to what was said."""
    for every, days in (("month", 30), ("quarter", 91), ("year", 365), ("week", 7)):
        most = 3660 // days
        said = [periods.steps(every, days * n) for n in range(1, most + 1)]
        wanted = list(range(1, most + 1))
        if every == "month":
            wanted[73 - 1] = 72  # 2,190 days are six years
        assert said == wanted
    assert periods.steps("day", 14) == 14
    assert periods.steps("hour", timedelta(days=2).days) == 48


def test_the_next_period_begins_where_this_one_ends():
    assert periods.following(date(2020, 1, 1), "month") == date(2020, 2, 1)
    assert periods.following(date(2020, 10, 1), "quarter") == date(2021, 1, 1)
    assert periods.following(date(2020, 1, 5), "week") == date(2020, 1, 12)
    assert periods.following(date(2019, 12, 31), "day") == date(2020, 1, 1)
