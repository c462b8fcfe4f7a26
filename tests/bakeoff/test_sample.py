"""Rungs judged on some customers, drawn by lot: what is told is of everybody, and its ranges hold that."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from toy_projects import measured

from stepladder.bakeoff.compare import Losses, compare
from stepladder.bakeoff.result import Result, to_json
from stepladder.bakeoff.run import run
from stepladder.bakeoff.runs import Setting
from stepladder.core.history import History
from stepladder.core.rung import ladder
from stepladder.questions import folder, question_toml, retention
from stepladder.questions.retention.toy import World, simulate
from stepladder.report import captured_chart
from stepladder.report.expected import by_lot

SOME, ALL = 600, 4000
RUNGS = ("r1_same_for_all", "r2_rfm_quintiles")
ASK = """question = "retention"
horizon = "13 weeks"
sample = {sample}
[prices]
margin = 0.3
cost = 2.0
contacts = 800
"""


@pytest.fixture(scope="module")
def some(tmp_path_factory) -> Result:
    return judged(SOME, tmp_path_factory.mktemp("some"))


@pytest.fixture(scope="module")
def everybody(tmp_path_factory) -> Result:
    return judged(ALL, tmp_path_factory.mktemp("all"))


def judged(sample: int, here: Path) -> Result:
    pq.write_table(simulate(World(), ALL, 5)[0], here / "purchases.parquet")
    ask = question_toml.parse(ASK.format(sample=sample))
    history = History(World().end, ask, {"purchases": (str(here / "purchases.parquet"), "day")})
    rungs = [rung for rung in ladder(folder("retention")) if rung.name in RUNGS]
    (here / "runs").mkdir()
    setting = Setting("retention", retention, history, rungs, here / "runs", here, 1, measured)
    data = {"purchases": {"fingerprint": "", "report": {"rows_read": 1, "rows_kept": 1}}}
    return run(setting, data, "").result


def test_the_same_is_found_and_its_ranges_hold_what_all_would_have_said(some, everybody):
    assert some.proposal.rung == everybody.proposal.rung
    for mine, theirs in zip(some.rungs, everybody.rungs, strict=True):
        for one, other in ((mine.choose, theirs.choose), (mine.report, theirs.report)):
            assert one.loss_low < other.loss < one.loss_high
            assert one.worse_low <= other.worse <= one.worse_high
        assert one.loss_high - one.loss_low > 1.5 * (other.loss_high - other.loss_low)


def test_every_number_told_is_of_everybody(some, everybody):
    last, whole = some.windows[-1], everybody.windows[-1]
    assert (last.everybody, whole.everybody) == (whole.cases, 0)
    assert SOME * 0.85 < last.cases < SOME * 1.15
    assert last.actual == pytest.approx(whole.actual, rel=0.2)
    lists, theirs = some.lists, everybody.lists
    assert (lists.places, lists.usual, lists.cases) == (theirs.places, theirs.usual, theirs.cases)
    for name in RUNGS:
        for one, other in zip(some.totals[name], everybody.totals[name], strict=True):
            for at, then in zip(one.windows, other.windows, strict=True):
                assert at.forecast == pytest.approx(then.forecast, rel=0.2)
                assert at.came == pytest.approx(then.came, rel=0.25)
        brought = lists.of(name).brought.report
        assert brought.low < theirs.of(name).brought.report.amount < brought.high
    held, of = some.captured, everybody.captured
    assert (held.cases, held.budget, of.named) == (of.cases, 800, (100, 400, 500, 800))
    assert (held.named, held.left_out) == ((400, 500, 800), (100,))
    for name in RUNGS[1:]:
        _, low, high = held.at(name, 400)
        assert low < of.at(name, 400)[0] < high
    bins = [sum(bin.cases for bin in rung.calibration) for rung in some.rungs]
    assert bins == pytest.approx([last.everybody] * len(bins), rel=0.01)
    night, cost = some.rungs[0].cost, question_toml.parse(ASK.format(sample=SOME)).costs
    seconds = 0.1 + 0.01 * last.times  # as `measured` says: to learn, and to answer those judged
    assert night.machine_money == pytest.approx(365 * seconds / 3600 * cost.machine_hour)


def test_it_is_said_in_plain_words_and_what_is_left_out_too(some, everybody):
    last = some.windows[-1]
    assert (
        f"Judged on {last.cases} of 4,000 customers, drawn by lot; all were learnt from."
        in " ".join(some.notes)
    )
    assert "drawn by lot" not in " ".join(everybody.notes)
    (section,) = captured_chart.section(some, RUNGS[1], "customers", "")
    assert "Of the best 100 too few are among" in section.sentence
    assert "sample = 800 in question.toml" in section.sentence
    windows = to_json(some)["windows"]
    assert [(w["cases"], w["everybody"]) for w in windows][-1] == (last.cases, 4000)


def test_the_same_lots_are_drawn_again(some, tmp_path):
    again = judged(SOME, tmp_path)
    assert json.dumps(to_json(again), default=str) == json.dumps(to_json(some), default=str)
    assert [at.predictions_sha256 for at in again.rungs[1].cutoffs]  # the answers' bytes are in it


def test_the_range_of_a_difference_holds_that_of_all_whoever_is_drawn():
    """Three rungs of 4,000 with heavy losses: 95 of 100 draws of 100 hold the truth, or a few more."""
    rng, n = np.random.default_rng(2), 100
    base = rng.gamma(0.5, 2.0, (4000, 1))
    losses = base * np.array([1.0, 0.9, 0.8]) + rng.gamma(0.5, 1.0, (4000, 3))
    truth = losses[:, 1].mean() - losses[:, 2].mean()
    held = []
    for seed in range(80):
        lots = rng.choice(4000, n, replace=False)
        each = Losses(("r1", "r2", "r3"), ("a", "b"), ("choose", "report"), (np.arange(n),) * 2,
                      (np.ones(n),) * 2, (losses[lots],) * 2)  # fmt: skip
        found = compare(each, "r1", seed)
        low, high = found.choose["r2"].loss_low, found.choose["r2"].loss_high
        held.append(low <= losses[:, 1].mean() <= high)
        if found.best == "r3":
            held.append(found.above_best["r2"].low <= truth <= found.above_best["r2"].high)
    assert 0.88 <= np.mean(held) <= 0.99


def test_how_far_a_total_may_be_off_that_some_tell_holds_95_of_100_draws():
    rng, times = np.random.default_rng(3), 5.0
    everybody = rng.gamma(0.3, 4.0, 20_000)
    draws = [rng.choice(everybody, 4000, replace=False) for _ in range(300)]
    inside = [
        abs(each.sum() * times / everybody.sum() - 1) <= by_lot(each, times) for each in draws
    ]
    assert 0.91 <= np.mean(inside) <= 0.985
    assert by_lot(everybody, 1.0) == 0
