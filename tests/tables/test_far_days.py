"""Days far from all others: found where they are stray, left alone where a shop is as it is."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from stepladder.tables.dates.gaps import ends

from .conftest import rows

START = (date(2019, 3, 1) - date(1970, 1, 1)).days


def young(rng):
    return rng.integers(0, rng.integers(5, 60), rng.integers(20, 300))


def daily(rng):
    return rng.integers(0, rng.integers(300, 1500), rng.integers(500, 4000))


def seasonal(rng):
    """Christmas trees: six weeks a year, in the first year a few."""
    sold = [365 * year + rng.integers(0, 42, rng.integers(2, 9) if not year else rng.integers(40, 200))
            for year in range(rng.integers(2, 6))]  # fmt: skip
    return np.concatenate(sold)


def sparse(rng):
    return np.cumsum(rng.exponential(rng.integers(20, 90), rng.integers(8, 60))).astype(int)


def growing(rng):
    """Each year some times as many as before, beginning with one or two."""
    factor = rng.uniform(3, 9)
    sold = [365 * year + rng.integers(0, 365, int(rng.integers(1, 3) * factor**year))
            for year in range(5)]  # fmt: skip
    return np.concatenate(sold)


def paused(rng):
    """Closed for one or two years, and back with a tenth of its orders or more."""
    before, pause = rng.integers(0, 500, 600), rng.integers(365, 800)
    return np.concatenate([before, 500 + pause + rng.integers(0, 200, rng.integers(60, 600))])


SHOPS = (young, daily, seasonal, sparse, growing, paused)
STRAYS = {
    "epoch": lambda day, rng: [0],
    "a block of 1900": lambda day, rng: [-25567] * max(1, len(day) // 12),
    "test orders": lambda day, rng: day.min() - 730 - rng.integers(0, 20, min(3, len(day) // 20 + 1)),
    "both ends": lambda day, rng: [-25567, 0, day.max() + 2500],
    "late": lambda day, rng: [day.max() + 548],
}  # fmt: skip


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.__name__)
def test_honest_shops_are_left_alone(shop):
    rng = np.random.default_rng(7)
    shops = [START + shop(rng) for _ in range(100)]
    hurt = sum(ends(day) != (day.min(), day.max()) for day in shops)
    assert hurt <= 1


CLEAR = [(shop, stray) for shop in SHOPS for stray in ("epoch", "a block of 1900", "both ends")]
CLEAR += [(shop, stray) for shop in (young, daily) for stray in ("late", "test orders")]


@pytest.mark.parametrize(("shop", "stray"), CLEAR)
def test_stray_days_are_found(shop, stray):
    """Where a shop itself rests for as long, one late row more may be its own."""
    rng = np.random.default_rng(8)
    found = 0
    for _ in range(100):
        day = START + shop(rng)
        found += ends(np.concatenate([day, STRAYS[stray](day, rng)])) == (day.min(), day.max())
    assert found >= 90


def orders(extra=()):
    lines = [
        f"{i % 9},{date(2023, 1, 1 + i % 28) + timedelta(31 * (i % 12))},{i}" for i in range(200)
    ]
    return "\n".join(["customer,date,amount", *lines, *extra])


def test_far_days_are_named_set_aside_and_counted(cleaned):
    result = cleaned(orders(["1,1970-01-01,5", "2,1970-01-01,6"]))
    aside, warned = result.report.set_aside, result.report.warnings
    assert [(one.reason, one.count, one.examples[0][0]) for one in aside] == [("far day", 2, 202)]
    assert [one.kind for one in warned] == ["far-days"]
    assert "1970-01-01" in warned[0].sentence
    assert "--from-day" in warned[0].sentence
    assert len(rows(result)) == 200


def test_chosen_days_override(cleaned):
    text = orders(["1,1970-01-01,5", "2,2012-01-01,6"])
    both = cleaned(text, from_day=date(1970, 1, 1))
    assert len(rows(both)) == 202
    assert not both.report.warnings
    some = cleaned(text, from_day=date(2012, 1, 1))
    assert [one.reason for one in some.report.set_aside] == ["day before 2012-01-01"]
    assert len(rows(cleaned(text, version=1))) == 202


def from_days(days):
    told = (date(1970, 1, 1) + timedelta(int(day)) for day in np.sort(days))
    return "customer,date,amount\n" + "".join(f"{i % 9},{day},{i}\n" for i, day in enumerate(told))


@pytest.mark.parametrize("shop", [seasonal, paused, growing], ids=lambda shop: shop.__name__)
def test_a_last_day_that_stands_alone_is_told_where_it_may_be_honest(cleaned, shop):
    """Left in or set aside, the user is told of it, and how to decide."""
    days = shop(np.random.default_rng(9))
    honest = days - days.max() + 18_900
    assert not cleaned(from_days(honest)).report.warnings
    late = date(1970, 1, 1) + timedelta(18_900 + 548)
    result = cleaned(from_days([*honest, 18_900 + 548]))
    assert [one.kind for one in result.report.warnings] == ["far-days"]
    assert f"--to-day {late}" in result.report.warnings[0].sentence
    assert not cleaned(from_days([*honest, 18_900 + 548]), to_day=late).report.warnings
