"""Other units, other ids, empty columns and days are found in the first batch, ordinary ones pass."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

import stepladder
from stepladder.core.errors import Problem
from stepladder.watch.batch import check_batch

from .conftest import END, shop


def cents(ago, value, customer, days):
    return days, np.where(ago <= 1, value * 100, value), customer


def other_ids(ago, value, customer, days):
    return days, value, np.where(ago <= 7, "C-" + customer.astype(str), customer)


def lost(ago, value, customer, days):
    return days, np.where(ago <= 7, np.nan, value), customer


def default(ago, value, customer, days):
    return days, np.where(ago <= 7, 9.99, value), customer


def empty_day(ago, value, customer, days):
    keep = (ago != 3) | (np.arange(len(ago)) % 40 == 0)
    return days[keep], value[keep], customer[keep]


def cut_where_a_weekday_is_closed(ago, value, customer, days):
    keep = (ago % 7 != 5) & ((ago > 1) | (np.arange(len(ago)) % 40 == 0))
    return days[keep], value[keep], customer[keep]


def empty_week(ago, value, customer, days):
    keep = (ago > 7) | (np.arange(len(ago)) % 40 == 0)
    return days[keep], value[keep], customer[keep]


@pytest.mark.parametrize(
    ("change", "severity", "says"),
    [
        (cents, "stop", "93.6 times as much in the new rows"),
        (other_ids, "stop", "was ever seen before, e.g. C-"),
        (lost, "stop", "value is empty in every new row"),
        (default, "stop", "one and the same value"),
        (empty_day, "tell", "rows on Friday, 29 December 2023"),
        (cut_where_a_weekday_is_closed, "tell", "rows on Sunday, 31 December 2023"),
        (
            empty_week,
            "stop",
            "rows on Monday, 25 December 2023, and as few on 6 more days up to 31 December 2023",
        ),
    ],
)
def test_the_first_batch_that_is_odd_is_found(tmp_path, change, severity, says):
    previous = END - timedelta(days=1) if change is cents else None
    found = check_batch(shop(tmp_path, change=change), previous)
    assert found[0].severity == severity
    assert says in found[0].given
    assert found[0].allowed
    assert ("× 100: it looks like cents" in found[0].remedy) == (change is cents)


@pytest.mark.parametrize(("change", "says"), [
    (lambda ago, value, customer, days: (days, np.where(ago <= 1, np.nan, value), customer), "empty"),
    (cents, "times as much"),
])  # fmt: skip
@pytest.mark.parametrize("rows", [70, 600])
def test_what_only_the_newest_day_shows_stops_the_first_night(tmp_path, change, says, rows):
    found = check_batch(shop(tmp_path, change=change, rows=rows))
    assert [each.severity for each in found] == ["stop"]
    assert says in found[0].given


@pytest.mark.parametrize("seed", range(3))
def test_ordinary_days_are_let_pass(tmp_path, seed):
    history = shop(tmp_path, seed=seed, rows=140)
    for ago in range(0, 60, 7):
        now = END - timedelta(days=ago)
        assert check_batch(history.at(now)) == []
        assert check_batch(history.at(now), now - timedelta(days=1)) == []
    assert check_batch(history.at(END - timedelta(weeks=79))) == []


def test_a_renamed_column_stops_the_refresh_and_says_which_it_may_be(tmp_path):
    rows = "\n".join(f"{i % 40},2024-0{1 + i % 6}-1{i % 9},{i % 70}.50" for i in range(400))
    source = tmp_path / "orders.csv"
    source.write_text(f"customer_id,date,amount\n{rows}\n")
    made = stepladder.new("retention", str(source), tmp_path / "shop")
    source.write_text(f"customer_id,date,amount_eur\n{rows}\n")
    with pytest.raises(Problem) as error:
        stepladder.refresh(made)
    assert "'amount'" in error.value.given
    assert "amount_eur" in error.value.remedy
