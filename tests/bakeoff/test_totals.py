"""Totals: a plan holds what whole windows share, which resampling their customers never sees."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from stepladder.bakeoff import totals
from stepladder.bakeoff.totals import TotalAt, note, plan, strayed, total_of

CUSTOMERS, SHOCK = 500, 0.25


def ratios(rng: np.random.Generator, windows: int) -> np.ndarray:
    """Came for each one forecast: by chance of customers, and by what a window's customers share."""
    shared = 1.2 * np.exp(rng.normal(0, SHOCK, windows))
    return rng.poisson(CUSTOMERS * shared) / CUSTOMERS


@pytest.mark.parametrize("windows", [3, 4, 7])
def test_the_next_total_is_in_the_range_95_times_in_100(windows):
    rng, inside, by_chance = np.random.default_rng(windows), 0, 0
    for _ in range(2000):
        *past, following = ratios(rng, windows + 1)
        low, high, sure = plan(past)
        assert sure
        inside += low <= following <= high
        # the customers' own chance alone, as an interval over customers would have it
        by_chance += abs(following / past[-1] - 1) <= 1.96 * (2 / CUSTOMERS) ** 0.5
    assert 0.935 <= inside / 2000 <= 0.965
    assert by_chance / 2000 < 0.6


@pytest.mark.parametrize(
    ("came", "range_", "words"),
    [
        ((133,), (1.33, 1.33), "only 1 window:"),
        ((110, 133), (1.1, 1.33), "only 2 windows:"),
        ((110, 0, 133), (0.0, 1.33), "nothing came:"),
    ],
)
def test_where_windows_cannot_tell_the_least_and_the_most_are_told(came, range_, words):
    found = total_of("visits", [at(100, one) for one in came])
    assert (found.low, found.high, found.sure) == (*range_, False)
    assert words in note("r1_x", [found])


def test_what_leans_the_same_way_in_every_window_is_said():
    low = total_of("visits", [at(90, 100), at(67, 100), at(80, 100)])
    assert strayed(low) == "lay below what came in all 3 windows, by 10% to 33%"
    high = total_of("money", [at(110, 100), at(150, 100), at(120, 100)])
    assert strayed(high) == "lay above what came in all 3 windows, by 10% to 50%"
    both = total_of("visits", [at(90, 100), at(105, 100), at(100, 100)])
    assert strayed(both) == "lay from 10% below to 5% above what came in 3 windows"
    said = note("r3_x", [low, high])
    assert f"plan with {low.low:.2f} to {low.high:.2f} times that" in said
    assert "95 of 100 such windows" in said
    assert totals.ORDER in said
    assert total_of("visits", [at(0, 100)]) is None  # nothing that a factor could widen


def test_windows_that_overlap_count_once():
    """Four moments a week apart, each seeing four weeks, show how far one window strays, not four."""
    days = [0, 7, 14, 60]
    replays = [SimpleNamespace(day=day) for day in days]
    for each in replays:
        each.ended_before = lambda other, mine=each: mine.day + 28 <= other.day
    assert [each.day for each in totals._apart(replays)] == [14, 60]


def at(forecast: float, came: float) -> TotalAt:
    return TotalAt("2026-01-01", "2026-02-01", "choose", forecast, came)
