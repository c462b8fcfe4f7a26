"""Null worlds are quiet, a shift is found in two weeks, and what lasts counts once."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import stdtr

from stepladder.watch.drift_alarms import LEAST, SETTLED, both_beyond, critical, judge

STUDY = Path(__file__).parents[2] / "benchmarks" / "watch_null_worlds.py"


@pytest.fixture(scope="module")
def study():
    """The simulation study itself, run small."""
    spec = importlib.util.spec_from_file_location("watch_null_worlds", STUDY)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_threshold_is_what_the_bivariate_t_says():
    for r, df in ((0.0, 1e9), (0.4, 12.0), (1.0, 20.0)):
        rng = np.random.default_rng(1)
        spread = np.sqrt(rng.chisquare(min(df, 1e6), 400_000) / min(df, 1e6))
        one, other = rng.normal(size=(2, 400_000))
        both = np.minimum(one, r * one + (1 - r**2) ** 0.5 * other) / spread
        said = both_beyond(*(np.array([v]) for v in (1.5, np.arcsin(r), 1 / df)))[0]
        assert said == pytest.approx((both > 1.5).mean(), abs=0.001)
    one_sided = critical(0.02, np.array([1.0]), np.array([20.0]))[0]
    assert 1 - stdtr(20, one_sided) == pytest.approx(0.01, rel=0.01)


@pytest.mark.parametrize("kind", [{}, {"christmas": True}, {"tail": 4}])
def test_nothing_happens_and_nobody_is_woken(study, kind):
    said = study.null_years(4, 104, study.World(**kind), 3)
    alarms = float(said.split(": ")[1].split(" ±")[0])
    assert alarms <= 1.25 if "tail" not in kind else alarms <= 2, said


@pytest.mark.parametrize(("past", "effect"), [(104, 0.02), (104, 0.03), (52, 0.02)])
def test_a_fifth_of_the_spread_is_found_within_two_weeks(study, past, effect):
    assert study.found(0.2, past, effect, 4, 200) >= 0.9


def test_what_is_promised_to_be_found_is_found(study):
    smallest, kept = study.promised(104, 0.05, 5, 500)
    assert 0.2 < smallest < 0.4
    assert kept >= 0.88


def test_a_lasting_alarm_counts_once_and_settles():
    rng = np.random.default_rng(2)
    weekly = rng.normal(0, 0.02, (110, 4))
    weekly[80:, 0] += 0.3  # for good
    weekly[80:86, 1] += 0.3  # for six weeks
    weekly[80, 2] += 0.3  # one wild week
    weekly[80:, 3] += 0.3  # for good, but for one week in between
    weekly[86, 3] -= 0.3
    judged = judge(weekly, np.full(weekly.shape, 0.01), 1e-5)
    assert judged.openings == ((80, 0), (80, 1), (80, 3))
    assert list(judged.opened) == [-1] * 4
    during = judge(weekly[: 80 + SETTLED - 1], np.full((80 + SETTLED - 1, 4), 0.01), 1e-5)
    assert list(during.opened) == [80, -1, -1, 80]
    assert judged.expected[-1, 0] == pytest.approx(0.3, abs=0.02)


def test_too_few_weeks_are_never_judged():
    weekly = np.random.default_rng(3).normal(0, 1, (LEAST + 1, 5))
    weekly[-2:] += 100
    judged = judge(weekly, np.full(weekly.shape, 0.01), 1e-4)
    assert not judged.openings
    assert np.isnan(judged.smallest).all()
