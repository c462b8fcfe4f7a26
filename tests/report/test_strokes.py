"""What the ladder says in sentences and in strokes, and what came of those who were forecast two."""

from __future__ import annotations

import re
from dataclasses import replace

import altair as alt
import numpy as np
import pytest

from stepladder.bakeoff.result import CalibrationBin, from_json, to_json
from stepladder.core.stats import calibration
from stepladder.questions import retention
from stepladder.report import dots_chart
from stepladder.report.drawing import draw
from stepladder.report.ladder_chart import climb, ladder
from stepladder.report.margin import Margin, margin
from stepladder.report.verdict import often, verdict, why_not_simpler
from stepladder.report.words import GLUE

ALLOWED = 0.1


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.0, 0.0, "as good as the best"),
        (-0.02, 0.1, "not surely worse, and surely not by more than yours"),
        (0.0, 0.11, "not surely worse"),
        (0.001, 0.1, "surely worse, but surely by less than yours"),
        (0.001, 0.1001, "surely worse; whether by more than yours is close"),
        (0.1, 0.3, "surely worse; whether by more than yours is close"),
        (0.1001, 0.3, "surely worse, and surely by more than yours"),
    ],
)
def test_a_verdict_answers_whether_it_is_surely_worse_and_by_more_than_is_allowed(low, high, said):
    assert verdict(Margin(low, high, ALLOWED, "yours", 1.0, (), "")) == said
    if low > 0:  # a rung as dear as the best has nothing that makes up for being worse
        assert verdict(Margin(low, high, 0.0, "yours", 1.0, (), "")) == "surely worse"


def test_a_hundred_strokes_say_how_often_a_rung_would_be_good_enough(toy):
    result, best, foot = toy[0], toy[0].proposal.best, toy[0].proposal.reference
    drawn = dict(zip(_climbed(result), ladder(result, "", "purchases").steps, strict=True))
    for rung in result.rungs:
        step = drawn[rung.rung]
        if rung.rung == foot or rung.status != "ok":
            assert step.strokes is None
            continue
        strokes = [path.count("M") for path in (step.strokes.enough, step.strokes.short)]
        assert sum(strokes) == 100
        assert f"{strokes[0]} of 100 times" in step.strokes.said
        if rung.rung == best:
            assert (strokes[0], step.kept) == (100, "the best")
            continue
        assert strokes[0] == sum(draw <= result.good_enough for draw in rung.choose.worse_draws)
        assert step.enough == (strokes[0] >= 98)  # the range's end is the 98th of them
        assert "its best tenth held" in step.told
    said = why_not_simpler(result).replace(GLUE, " ")
    assert re.search(
        r"with other customers like these, \d+ of 100 times it keeps at least 90 %", said
    )


def test_of_a_bakeoff_that_kept_no_draws_none_are_told(toy):
    raw = to_json(toy[0])
    for rung in raw["rungs"]:
        for name in ("worse_draws", "above_draws"):
            (rung["choose"] or {}).pop(name, None)
        for group in rung["calibration"]:
            group.pop("came")
    old = from_json(raw)
    found = ladder(old, "", "purchases")
    assert not found.strokes
    assert "of 100 times" not in " ".join(step.told for step in found.steps)
    assert "of 100 times" not in why_not_simpler(old)
    assert (
        dots_chart.dots(next(r for r in old.rungs if r.calibration), retention, "forecast") is None
    )


def test_a_margin_in_money_is_counted_in_money(toy):
    """A year of a million cases: what a rung loses more than the best, in each draw, against a thousand."""
    result, year = toy[0], 1e6
    rungs = tuple(
        replace(r, cost=replace(r.cost, regret_per_year=r.choose.loss * year)) if r.cost else r
        for r in result.rungs
    )
    made = replace(result, rungs=rungs, good_enough_money=1000.0)
    below = next(r for r in rungs if r.choose and r.rung == "r2_rfm_quintiles")
    found = margin(made, below)
    assert found.draws == pytest.approx([year * draw for draw in below.choose.above_draws])
    assert found.kept == sum(year * draw <= 1000 for draw in below.choose.above_draws)
    assert "at most 1,000 a year more than the best’s" in often(found)


def test_what_came_of_a_forecast_of_two_is_told_on_average_and_for_one(toy):
    """Of a known world: forecasts of two after which 1.5 came on average, each as chance would have it."""
    came = np.random.default_rng(1).poisson(1.5, 4000).astype(float)
    only = [CalibrationBin(*each) for each in calibration(np.full(4000, 2.0), came)]
    rung = replace(toy[0].rungs[-1], calibration=tuple(only))
    found = dots_chart.dots(rung, retention, "forecast")
    assert found.about == "2"
    assert found.said == (
        "Of those whose forecast was about 2, on average 1.5 came; for one customer 0 to 4, 19 times of 20."
    )
    assert len(only[0].came) == 20
    assert np.mean((came >= only[0].came[0]) & (came <= only[0].came[-1])) > 0.95
    assert found.picture.wide.count("<path") > 20


def test_figures_on_an_axis_are_never_rounded_away():
    """Places are drawn to a tenth of a pixel; what is written is not touched."""
    values = alt.Data(values=[{"off": 0.02}, {"off": 0.05}])
    y = alt.Y("off:Q", axis=alt.Axis(values=[0.02, 0.05], format="~r"))
    drawn = draw(lambda width: alt.Chart(values).mark_point(opacity=0.28).encode(y=y), "two").wide
    assert ">0.02<" in drawn
    assert ">0.05<" in drawn
    assert 'opacity="0.28"' in drawn


def _climbed(result):
    return [rung.rung for rung in climb(result)[::-1]]
