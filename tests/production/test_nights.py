"""benchmarks/nights.py in small: what goes wrong with a source overnight is stopped, honest nights pass."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import nights

QUICK = 5  # of sources by which no limit was set


@pytest.mark.parametrize("which", nights.QUICK, ids=" ".join)
def test_a_bad_night_is_stopped(which):
    found = nights.bad_night(QUICK, *which, 0)
    assert found.should == "stop"
    assert found.came == "stop", found.said


@pytest.mark.parametrize("number", range(2))
def test_honest_nights_are_let_pass(number):
    year = nights.honest(QUICK, 1, number)
    assert year.nights == nights.WEEK
    assert year.stops == 0, year.said
