"""The whole watch of a small shop: realised loss, the business's own figures, alarms, the page."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pages import elsewhere

from stepladder.bakeoff.totals import plan
from stepladder.core.ask import Indicator
from stepladder.project.folder import Project
from stepladder.questions.question_toml import parse
from stepladder.release.ship import ship
from stepladder.watch import judgement
from stepladder.watch.findings import Calibrated, Drift, Figure, Input, Judgement, Realised, to_json
from stepladder.watch.page import write_page
from stepladder.watch.realised import Ended, _planned, fell
from stepladder.watch.suggest import compared, suggestion
from stepladder.watch.watch import watch

from .conftest import RUNGS, as_text, publish

BUYERS = "select count(distinct customer) from purchases cross join ask where day >= now - 28"


def with_figures(project: Project, **kpis: Indicator) -> Project:
    return replace(project, ask=project.ask.model_copy(update={"kpis": kpis}))


def test_realised_loss_is_the_bakeoffs_own_where_its_answers_were_published(project):
    found = watch(project)
    row = next(r for r in project.result().rungs if r.rung == RUNGS[1])
    losses = {at.now: at.estimate.loss for at in row.cutoffs}
    windows = found.realised.windows
    assert windows[0].as_of == row.cutoffs[-1].now
    for window in windows:
        if window.as_of in losses:
            assert window.loss == pytest.approx(losses[window.as_of], rel=1e-12)
        assert window.loss_low < window.loss < window.loss_high
    assert found.realised.verdict == "as good"
    assert found.suggestion.step == "nothing"
    assert {w.as_of for w in found.realised.bakeoff} == set(losses)


def test_horizons_are_disjoint_and_the_first_word_counts(project):
    last = watch(project).realised.windows[0]
    said = pq.read_table(project.folder / "bakeoffs/1" / RUNGS[1] / f"{last.as_of}.parquet")
    ten = said.set_column(1, "prediction", [[10.0] * said.num_rows])
    publish(project, ten, last.as_of, "second.parquet")  # too late: said again the same day
    between = date.fromisoformat(last.as_of) - timedelta(days=20)
    publish(project, ten, between.isoformat())
    found = watch(project).realised.windows
    assert found[0] == last
    starts = [date.fromisoformat(w.as_of) for w in found]
    assert all((a - b).days >= project.ask.horizon for a, b in itertools.pairwise(starts))


def test_another_question_is_not_judged_and_what_was_filled_in_afterwards_is_said(project):
    found = watch(project)
    assert set(found.realised.afterwards) == {w.as_of for w in found.realised.windows}
    page = write_page(found, project.folder / "watch.html").read_text("utf-8")
    assert "Made afterwards" in page
    assert elsewhere(page) == []
    last = found.realised.windows[0].as_of
    said = pq.read_table(project.folder / "published" / f"{last}.parquet")
    between = date.fromisoformat(last) - timedelta(days=87)
    said = said.drop_columns(["as_of", "masked"])
    publish(project, said, str(between), release=ship(project).release)
    assert not watch(project).realised.missing
    other = replace(project, ask=project.ask.model_copy(update={"horizon": 84}))
    told = [trouble.given for trouble in watch(other).realised.missing]
    assert told == [f"the predictions as of {between} were made with another horizon"]


def test_what_is_gone_or_altered_is_told_and_the_rest_is_judged(project):
    as_of = watch(project).realised.windows[0].as_of
    path = project.folder / "published" / f"{as_of}.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    found = watch(project).realised
    assert "altered" in found.missing[0].given
    assert found.windows
    assert found.windows[0].as_of != as_of


def test_nothing_later_than_now_is_looked_at(project):
    day = date.fromisoformat(project.result().windows[-1].now)
    before = as_text(to_json(watch(project, now=day)))
    table = project.table("purchases")
    rows = pq.read_table(table)
    pq.write_table(rows.filter(rows["day"].to_numpy() < day), table)
    assert as_text(to_json(watch(Project.open(project.folder), now=day))) == before
    assert watch(project, now=day).realised.windows[0].until <= day.isoformat()


def test_before_anything_is_due_the_day_is_named(project):
    as_of = project.result().windows[0].now
    soon = date.fromisoformat(as_of) + timedelta(days=30)
    found = watch(project, now=soon).realised
    assert not found.windows
    assert (
        found.due == (date.fromisoformat(as_of) + timedelta(days=project.ask.horizon)).isoformat()
    )


def test_a_figure_beyond_its_limit_is_an_alarm_and_a_broken_one_stays_in_its_place(project):
    found = watch(
        with_figures(
            project,
            buyers=Indicator(sql=BUYERS, words="Buyers lately", limit=1e6),
            slip=Indicator(sql="select foo from purchases"),
            two=Indicator(sql="select 1 union all select 2"),
            write=Indicator(sql="drop table purchases"),
        )
    )
    assert found.exit_code == 1
    assert [alarm.name for alarm in found.alarms] == ["KPI buyers"]
    assert "below its limit" in found.alarms[0].sentence
    assert found.alarms[0].since < found.now
    buyers, *broken = found.figures
    assert buyers.value
    assert all(each.verdict == "broken" and each.trouble for each in broken)
    assert "kpis.slip" in broken[0].trouble.given
    assert "2 rows" in broken[1].trouble.given


def test_less_is_better_of_what_is_feared(project):
    text = f'{project.settings}\n[kris.gone]\nsql = "select 5"\nlimit = 3\n'
    found = watch(Project(project.folder, parse(text), text))
    assert found.figures[0].verdict == "beyond limit"
    assert found.suggestion.step == "new bake-off"


def test_the_page_is_small_whole_and_the_same_twice(project, tmp_path):
    many = {
        f"k{i}": Indicator(sql=BUYERS, words=f"Buyers {i} <b>", target=1, limit=0) for i in range(9)
    }
    found = watch(with_figures(project, **many))
    inputs = tuple(
        replace(i, words=f"{i.words} {n}") for i in found.drift.inputs for n in range(40)
    )
    found = replace(found, drift=replace(found.drift, inputs=inputs))
    first = write_page(found, tmp_path / "a.html").read_bytes()
    assert first == write_page(found, tmp_path / "b.html").read_bytes()
    assert len(first) <= 300_000
    page = first.decode()
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="https?:', page)
    assert "Buyers 1 &lt;b&gt;" in page
    order = [page.index(f'id="{part}"') for part in ("figures", "suggestion", "realised", "drift")]
    assert order == sorted(order)
    assert as_text(to_json(found)) == as_text(to_json(found))
    json.dumps(to_json(found), allow_nan=False)


NOW = date(2024, 1, 1)


def judged(**more) -> Realised:
    window = Judgement("2023-10-01", "2023-12-31", 9, 1.0, 0.9, 1.1, 1.5, 0.3, 0.2, 0.4)
    return replace(Realised("r2_x", (window,), learnt="2023-12-25", verdict="as good"), **more)


def moved(days: int) -> Drift:
    since = (NOW - timedelta(days=days)).isoformat()
    return Drift((Input("t", "x", "mean", "x: average", "alarm", 60, 1, 0, 0, 0, 0, 0, since),))


def test_the_next_total_is_planned_by_spans_that_do_not_overlap():
    """The latest span beside those of the bake-off: of two that overlap the later one counts."""

    def span(first, last):
        return Judgement(f"2023-{first:02}-01", f"2023-{last:02}-01", 9, *[0.0] * 7)

    now = Ended([span(10, 12)], Calibrated("", 0.8, 0.7, 0.9, (), (), None, ""))
    then = [(span(2, 4), 0.9), (span(3, 5), 9.0), (span(5, 7), 0.7), (span(9, 11), 9.0)]
    few = _planned(now.calibrated, now, then[3:])
    assert few.plan == (1.25, 1.25)
    assert "only 1 window" in few.planned
    then[1] = (span(2, 5), None)  # of lists nothing adds up
    found = _planned(now.calibrated, now, then)
    assert found.plan == plan([1 / 0.8, 1 / 0.7, 1 / 0.9])[:2]
    assert "as far as 3 can tell" in found.planned


@pytest.mark.parametrize(
    ("realised", "drift", "kri", "step"),
    [
        (judged(), Drift(()), False, "nothing"),
        (judged(calibration=Calibrated("", 1.3, 1.2, 1.4, (), (), None, "too high")), Drift(()), False,
         "recalibrate"),
        (judged(), moved(14), False, "refit"),
        (judged(verdict="less gain", learnt="2023-01-01"), Drift(()), False, "refit"),
        (judged(verdict="less gain"), Drift(()), False, "new bake-off"),
        (judged(verdict="no gain"), Drift(()), False, "new bake-off"),
        (judged(), moved(40), False, "new bake-off"),
        (judged(), Drift(()), True, "new bake-off"),
    ],
)  # fmt: skip
def test_the_first_rule_that_holds_is_the_suggestion(realised, drift, kri, step):
    risk = Figure(
        "g", "KRI", "Gone", 5.0, None, 3.0, "lower", "", "beyond limit" if kri else "fine"
    )
    found = suggestion([risk], realised, drift, NOW, 91)
    assert found.step == step
    assert found.reason.endswith(".")


@pytest.mark.parametrize("spans", [3, 7])
def test_what_spans_do_anyway_is_no_fall_and_a_fall_is_told(spans):
    rng, level = np.random.default_rng(5), 0.95
    gains = rng.normal(0.3, 0.02, (4_000, spans + 1))
    told = np.mean([fell(last, list(before), level) for last, *before in gains])
    assert told == pytest.approx((1 - level) / 2, abs=0.008)
    assert fell(0.0, [0.3, 0.31, 0.29], level)
    assert not fell(0.0, [0.3, 0.31], level)


def test_a_new_bakeoff_says_whether_a_lower_rung_would_do():
    assert compared(2, "r3_bg_nbd", "r1_bought_lately").compared == "lower"
    assert "lower rung would now do" in compared(2, "r3_bg_nbd", "r1_bought_lately").sentence
    assert compared(2, "r1_x", "r3_y").compared == "higher"
    assert compared(2, "r3_x", "r3_x").compared == "same"


def test_a_unit_of_several_columns_is_neither_its_first_nor_its_last():
    rows = pa.table({"x": ["a", "a", "b", "a"], "y": [1, 2, 1, 1], "loss": [1.0, 2.0, 4.0, 8.0]})
    found = judgement.by_unit(SimpleNamespace(UNIT=("x", "y")), rows, ["loss"])
    assert found.to_pylist() == [
        {"x": "a", "y": 1, "loss": 9.0}, {"x": "a", "y": 2, "loss": 2.0},
        {"x": "b", "y": 1, "loss": 4.0},
    ]  # fmt: skip
