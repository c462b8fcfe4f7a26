"""A made-up question whose cases stray by nature, some adding up others: low and high, and their coverage."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from functools import partial
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest

from stepladder.bakeoff import row as rows_of
from stepladder.bakeoff.coverage import coverage, sentence
from stepladder.bakeoff.replay import prepare
from stepladder.bakeoff.result import AtCutoff, RungResult
from stepladder.bakeoff.score import score
from stepladder.core import asking, outcomes
from stepladder.core.asking import answered
from stepladder.core.own_loss import judged_by
from stepladder.core.predictions import check, complete
from stepladder.core.question import Completed, Holdout
from stepladder.core.strays import Strays
from stepladder.release.release import format_of
from stepladder.report.coverage import each_moment
from stepladder.watch import judgement

SHOPS, PARTS, STEPS = 20, 4, 6
BOTTOM = [f"{shop} / {part}" for shop in range(SHOPS) for part in range(PARTS)]
UPPER = [str(shop) for shop in range(SHOPS)]
CASES = pa.table({"series": BOTTOM})


def grid(series) -> pa.Table:
    return pa.table(
        {"series": np.repeat(series, STEPS), "step": np.tile(np.arange(1, STEPS + 1), len(series))}
    )


def above(values: np.ndarray) -> np.ndarray:
    return values.reshape(SHOPS, PARTS, STEPS).sum(axis=1).ravel()


def ladder_of(table: pa.Table) -> pa.Table:
    """The bottom rows, and rows that add them up."""
    added = grid(UPPER).append_column("prediction", pa.array(above(table["prediction"].to_numpy())))
    return pa.concat_tables([table, added], promote_options="default")


@dataclasses.dataclass(frozen=True)
class At:
    """As much of a history as is asked of it: when it is, and what came by then."""

    now: date
    ask: SimpleNamespace = dataclasses.field(
        default_factory=partial(SimpleNamespace, seed=1, known_after=28)
    )
    tables: dict = dataclasses.field(default_factory=dict)
    left_out: tuple = ()


class Sales:
    """How much of each part, in each shop, some steps ahead? Shops add up their parts, and stray far more."""

    KEYS, CASE, UNIT, LABELS = ("series", "step"), ("series",), ("series",), {}
    INTERVALS, LOSS, REFERENCE = "count", "", "r1"
    EXTRAS: ClassVar = {"low80": "number", "high80": "number"}

    def holdouts(self, history):
        for nth in range(1, 8):
            now = date(2024, nth, 1)
            role = "report" if nth == 7 else "choose"
            yield Holdout(At(now), At(now + timedelta(days=28)), role, CASES)

    def outcome(self, past, later, cases):
        rng = np.random.default_rng(past.now.month)
        shock = np.repeat(rng.normal(0, 40, SHOPS), PARTS)  # of a shop: one part knows little of it
        alone = rng.normal(0, 10, len(BOTTOM))
        came = 1000 + np.sqrt(np.arange(1, STEPS + 1)) * (shock + alone)[:, None]
        rows = pa.concat_tables([grid(BOTTOM), grid(UPPER)])
        rows = rows.append_column("actual", pa.array([*came.ravel(), *above(came.ravel())]))
        mark = np.repeat([False, True], [len(BOTTOM) * STEPS, SHOPS * STEPS])
        return rows.append_column("summed", pa.array(mark))

    def scale(self, past, cases):
        rows = pa.concat_tables([grid(BOTTOM), grid(UPPER)])
        kind = np.repeat([0, 1], [len(BOTTOM) * STEPS, SHOPS * STEPS])
        return rows.append_column("scale", pa.array(np.ones(len(kind)))).append_column(
            "kind", pa.array(kind)
        )

    def complete(self, answers, reference, past, cases):
        found = complete(answers, reference(), None, self.KEYS)
        return Completed(ladder_of(found.predictions), 0, 0)

    def adds_up(self, ask):
        return True

    def measures(self, said, past, later, cases):
        return pa.table({"name": ["bias"], "value": [0.0], "sentence": ["too much, on average"]})

    def loss(self, said, past, later, cases):
        ones = np.ones(len(BOTTOM))
        return pa.table({"series": BOTTOM, "loss": ones, "weight": ones})


def said(**columns) -> pa.Table:
    rows = grid(BOTTOM).append_column("prediction", pa.array(np.full(len(BOTTOM) * STEPS, 1000.0)))
    for name, values in columns.items():
        rows = rows.append_column(name, pa.array(np.full(rows.num_rows, values)))
    return check(rows, Sales(), CASES)


@pytest.fixture(scope="module")
def replays(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stepladder.bakeoff.replay.write", lambda *_: SimpleNamespace(tables={}))
        return prepare(Sales(), At(date(2024, 12, 1)), tmp_path_factory.mktemp("sales"))


def scored(replays, table):
    raw = [table] * len(replays)
    return score(Sales(), replays, raw, raw, True)[0]


def test_sums_teach_low_and_high_and_count_nowhere_else(replays):
    *_, last = scored(replays, said())
    found = last.predictions.to_pylist()
    wide = {tall: {r["high"] - r["low"] for r in found if ("/" in r["series"]) != tall and r["step"] == 4}
            for tall in (True, False)}  # fmt: skip
    assert [len(each) for each in wide.values()] == [1, 1]
    assert wide[True].pop() > 3 * wide[False].pop()  # they have a kind of their own
    assert all(r["low"] <= r["low80"] <= 1000 * PARTS and r["high80"] <= r["high"] for r in found)
    assert all(r[name] == round(r[name]) for r in found for name in ("low", "high", "low80"))
    assert len(last.beside.actual) == len(replays[-1].actual) == len(BOTTOM) * STEPS
    assert "summed" not in replays[-1].came.column_names
    assert replays[-1].actual.sum() < 1.2 * 1000 * len(BOTTOM) * STEPS


def test_without_a_past_there_is_no_interval(replays):
    first = scored(replays, said())[0].predictions
    assert {first[name].null_count for name in ("low", "high80")} == {first.num_rows}


def test_coverage_is_counted_at_every_cutoff_that_had_an_interval(replays):
    each = scored(replays, said())
    assert coverage(Sales(), each[0]) == ()
    for one, at in zip(each[1:], replays[1:], strict=True):
        rows = one.predictions.slice(0, len(BOTTOM) * STEPS).to_pydict()  # as the outcomes lie
        inside = [
            sum(a <= b <= c for a, b, c in zip(rows[low], at.actual, rows[high], strict=True))
            for low, high in (("low", "high"), ("low80", "high80"))
        ]
        found = coverage(Sales(), one)
        assert [(c.of_100, c.inside, c.outcomes) for c in found] == [
            (95, inside[0], 480),
            (80, inside[1], 480),
        ]
    assert sentence(found[0]) == "of 480 outcomes lay between low and high; 95 of 100 are meant"
    row = RungResult("r2", 2, "", True, "ok", cutoffs=tuple(
        AtCutoff(at.now, at.holdout.role, None, 0, 0, "", coverage(Sales(), one))
        for at, one in zip(replays, each, strict=True)))  # fmt: skip
    named = {one.name: one.value for one in rows_of._measures(Sales(), replays[-1], each[-1])}
    assert named == {"bias": 0.0, **{f"coverage{c.of_100}": c.inside / 480 for c in found}}
    most, _ = each_moment(row)
    assert f"in the exam {found[0].inside} of 480 (1 July 2024): " in most
    assert "1 January" not in most  # no interval yet


def test_what_a_rung_says_itself_is_left_alone(replays):
    *_, last = scored(replays, said(low=999.0, high=1001.0))
    own = [r for r in last.predictions.to_pylist() if "/" in r["series"]]
    assert {(r["low"], r["high"], r["low80"]) for r in own} == {(999.0, 1001.0, None)}


def test_what_is_asked_later_is_answered_as_it_was_scored(replays):
    each = scored(replays, said())
    past = [b for one in each[:-1] for b in (one.beside, one.sums)]
    bins = asking.bins(Sales(), past)
    assert isinstance(bins, Strays)
    assert (format_of(asking.Taught(None, bins), ""), format_of(asking.Taught(), "")) == (4, 2)
    at = replays[-1]
    taught = asking.Taught(None, bins)
    again = answered(Sales(), said(), said, at.known, at.cases, taught).predictions
    assert again.equals(each[-1].predictions)


def test_who_adds_up_others_is_not_asked_about_again(monkeypatch):
    """Stored answers name shops too; nobody asks a rung about them, and no total counts them twice."""
    past, later = At(date(2024, 3, 1)), At(date(2024, 3, 29))
    stored = ladder_of(said())
    named = pa.table({"series": [*BOTTOM, *UPPER]})
    assert outcomes.bottom(Sales(), past, later, named).equals(CASES)
    monkeypatch.setattr(judgement, "moment", lambda history, day: At(day))
    history = SimpleNamespace(ask=past.ask, once=lambda _, work_out: work_out())
    question = Sales()
    at = judgement.window(question, history, past.now, stored)
    assert sorted(at.cases["series"].to_pylist()) == sorted(BOTTOM)
    assert judgement.total(question, stored, at) == pytest.approx(1, abs=0.02)
    found = judgement.calibrate(question, stored, at, 0.95)
    assert sum(group.cases for group in found.groups) == len(BOTTOM) * STEPS


def test_a_loss_of_ones_own_sees_no_sums():
    seen, at = [], (At(date(2024, 3, 1)), At(date(2024, 3, 29)), CASES)
    judge = judged_by(Sales(), "-- .\nselect 1")
    shown = lambda past, cases, said, came: seen.append(came) or Sales().loss(said, *at)  # noqa: E731
    object.__setattr__(judge, "_asked", shown)
    judge.loss(said(), *at)
    assert seen[0].num_rows == len(BOTTOM) * STEPS
