"""From raw answers to scored ones: nulls, 0/1 rules, and what may be learnt from which past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from stepladder import questions
from stepladder.bakeoff.replay import Files, Replay
from stepladder.bakeoff.score import score
from stepladder.core.asking import meant
from stepladder.core.predictions import check, complete

QUESTION = questions.load("retention")
N = 400


@dataclass(frozen=True)
class At:
    """As much of a history as a replay needs: where it stands."""

    now: date


@dataclass(frozen=True)
class Holdout:
    past: At
    later: At
    role: str
    name: str


def replay(month: int, actual) -> Replay:
    now = date(2024, month, 1)
    holdout = Holdout(At(now), At(now + timedelta(days=28)), "choose", str(now))
    cases = pa.table({"customer": np.arange(N)})
    came = cases.append_column("actual", pa.array(np.asarray(actual, float)))
    return Replay(
        holdout, At(now), cases, cases.num_rows, came, np.asarray(actual, float), Files({}, "")
    )


def answers(numbers) -> pa.Table:
    column = pa.array([None if n is None else float(n) for n in numbers])
    table = pa.table({"customer": np.arange(N), "prediction": column})
    return check(table, QUESTION, table.select(["customer"]))


@pytest.fixture
def question(monkeypatch):
    monkeypatch.setattr(
        QUESTION, "loss", lambda p, past, later, cases: pa.table({"loss": p["prediction"]})
    )
    return QUESTION


def test_a_yes_or_no_is_worth_what_came_of_it_before_and_silence_is_no_no(question):
    came = np.repeat([0.0, 2.0, 5.0], [200, 100, 100])
    said = [0] * 200 + [1] * 100 + [None] * 100
    replays = [replay(1, came), replay(2, came)]
    usual = [answers([1.0] * N)] * 2
    scored, meaning = score(question, replays, [answers(said)] * 2, usual, ours=False)
    mean = (200 * 0 + 100 * 2) / 300
    assert meaning == pytest.approx({"0": 5 * mean / 405, "1": (400 + 5 * mean) / 205})
    first, second = (s.predictions["prediction"].to_numpy() for s in scored)
    assert set(first) == {1.0}  # nothing came before the first window: no opinion
    assert second[0] == pytest.approx(5 * mean / 205)
    assert second[250] == pytest.approx((200 + 5 * mean) / 105)
    assert second[-1] == 1.0
    assert scored[1].nulls == 100


def test_our_own_rungs_and_other_numbers_are_left_as_they_are(question):
    came = np.ones(N)
    for said, ours in (([0, 1] * 200, True), ([0, 0.5] * 200, False)):
        scored, meaning = score(
            question, [replay(1, came)], [answers(said)], [answers([1.0] * N)], ours
        )
        assert meaning is None
        assert scored[0].predictions["prediction"][1].as_py() == said[1]


def test_intervals_are_learnt_from_windows_that_had_ended(question):
    """What comes in the second window must not shape its own interval."""
    replays = [replay(1, np.zeros(N)), replay(2, np.full(N, 9.0)), replay(3, np.full(N, 9.0))]
    said = [answers([0.5] * N)] * 3
    scored, _ = score(question, replays, said, said, ours=True)
    assert scored[0].predictions["high"].null_count == N
    assert scored[1].predictions["high"].to_pylist() == [0.0] * N
    assert scored[2].predictions["high"].to_pylist() == [9.0] * N


def test_no_opinion_is_the_references_opinion_of_money_too():
    given = answers([0.2, None] + [0.1] * (N - 2))
    at = given.column_names.index("value")
    given = given.set_column(at, "value", pa.array([7.0, 8.0] + [9.0] * (N - 2)))
    reference = given.set_column(at, "value", pa.array([1.0] * N))
    reference = reference.set_column(1, "prediction", pa.array([0.5] * N))
    full, nulls, _ = complete(given, reference, None, ("customer",))
    assert nulls == 1
    assert full["prediction"].to_pylist()[:2] == [0.2, 0.5]
    assert full["value"].to_pylist()[:3] == [7.0, 1.0, 9.0]


def test_an_answer_never_heard_before_is_no_opinion():
    assert meant(answers([1] * N), {0: 0.3})["prediction"].null_count == N
