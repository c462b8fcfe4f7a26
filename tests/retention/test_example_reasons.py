"""Why a customer is an example: whatever the customers are, the sentence is true of the one it is about."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stepladder.questions.retention.example_customers import BETWEEN, KINDS, _ranked
from stepladder.questions.retention.example_reasons import Known, ago, reason

HORIZON = 56


@st.composite
def crowds(draw) -> Known:
    """Customers of any kind: once or daily, today or years ago, forecasts that tie or make no sense."""
    many = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    times = rng.geometric(draw(st.floats(0.01, 1.0)), many)
    silent = rng.integers(0, draw(st.integers(1, 900)), many)
    age = silent + np.where(times > 1, (times - 1) * rng.integers(1, 60, many), 0)
    forecast = np.round(rng.gamma(0.5, 2.0, many), draw(st.integers(0, 6)))
    came = rng.poisson(draw(st.floats(0.0, 3.0)), many).astype(float)
    return Known(times, age, silent, forecast, came)


@given(crowds())
@settings(max_examples=60, deadline=None)
def test_a_reason_says_nothing_that_its_numbers_deny(known):
    view = SimpleNamespace(history=SimpleNamespace(ask=SimpleNamespace(horizon=HORIZON)))
    for kind in (*KINDS, BETWEEN):
        for i in map(int, _ranked(kind, known, view, 10)):
            true_of(kind, known, i, reason(kind, known, i))


def true_of(kind: str, known: Known, i: int, said: str) -> None:
    """Every part of the sentence is read, held against the numbers, and none is left over."""
    assert "lately" not in said + kind
    assert "champion" not in kind
    days = f"{known.times[i]} day{'s' * bool(known.times[i] != 1)}"
    left = said.removeprefix(f"Bought on {days}, last {ago(known.silent[i])} before the cutoff")
    assert left != said
    if part := re.match(r", after one about every (.+) until then", left):
        usual = (known.age[i] - known.silent[i]) / (known.times[i] - 1)
        assert part[1] == ago(usual)
        assert known.silent[i] > max(3 * usual, HORIZON)
        assert (known.times >= known.times[i]).mean() <= 0.5 or known.times[i] >= 3
    elif part := re.match(r", first (.+) before it, so there is little past to go by", left):
        assert part[1] == ago(known.age[i])
        assert known.age[i] <= HORIZON
    elif part := re.match(r", which says little", left):
        assert known.times[i] == 1
    left = left[part.end() if part else 0 :]
    if kind == "biggest miss":
        held = re.fullmatch(
            r"; then (nothing came|bought (\d+) times?), where (.+) were expected\.", left
        )
        assert int(held[2] or 0) == known.came[i]
        below = held[3] == "below 0.01"
        assert (
            known.forecast[i] < 0.01 if below else abs(float(held[3]) - known.forecast[i]) <= 0.051
        )
    elif left == "; as much is expected of them as of nearly everybody.":
        assert (known.forecast == known.forecast[i]).mean() > 0.98
        assert kind != "highest forecast"
    else:
        word, many = re.fullmatch(
            r"; (more|less) is expected of them than of (\d+) in 100 customers\.", left
        ).groups()
        other = (
            known.forecast < known.forecast[i]
            if word == "more"
            else known.forecast > known.forecast[i]
        )
        assert 0 < int(many) <= 100 * other.mean()
        assert word == "more" or kind != "highest forecast"
