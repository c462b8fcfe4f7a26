"""From a dirty file to a decision and a forecast; and again, to the byte."""

from __future__ import annotations

import datetime
import json

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.bakeoff.result import from_json, to_json
from stepladder.core.errors import Problem


@pytest.fixture(scope="module")
def result(project):
    return project.result()


def row(result, name):
    return next(r for r in result.rungs if r.rung == name)


def test_every_row_read_is_kept_or_dropped_for_a_reason(project):
    found = to_json(project.result())["data"]
    assert found["rows_read"] == found["rows_kept"] + sum(found["dropped"].values())
    assert sum(found["dropped"].values()) >= 2  # the doubled row and the total
    assert project.ask.tables["purchases"].choices["decimal"] == ","


def test_the_proposal_is_the_lowest_rung_inside_the_margin(result):
    ok = [r for r in result.rungs if r.status == "ok"]
    inside = [r for r in ok if r.choose.worse_high <= 0.10 or r.rung == result.proposal.best]
    assert row(result, result.proposal.rung).height == min(r.height for r in inside)
    assert result.proposal.rung in result.proposal.sentence
    assert result.windows[-1].role == "report"


def test_a_rung_that_fails_is_a_row_that_says_why(result):
    said = {r.rung: r.status for r in result.rungs}
    assert said["r0_person"] == "nobody has answered yet"
    assert "form" in said["r2_bad_sql"]
    assert "SELECT" in said["r2_not_a_select"] or "statement" in said["r2_not_a_select"]
    assert "division by zero" in said["r3_raises"]
    assert "NaN" in said["r3_nan"]
    assert "missing" in said["r3_few"]
    assert "no_such_library" in said["r4_missing"]
    assert not any("Traceback" in status for status in said.values())


def test_a_rule_that_says_yes_or_no_is_calibrated_and_marked(result):
    found = row(result, "r1_our_rule")
    assert found.calibrated is not None
    assert found.calibrated["1"] > 2 * found.calibrated["0"] > 0
    assert found.choose.loss < row(result, "r1_same_for_all").choose.loss


def test_no_opinion_is_scored_as_the_reference_and_counted(result):
    found = row(result, "r1_no_opinion")
    assert found.cutoffs[0].nulls == 500
    assert found.status == "ok"


def test_low_and_high_cover_at_the_last_cutoff(result):
    bins = row(result, "r3_pareto_nbd").calibration
    cases = sum(b.cases for b in bins)
    assert sum(b.covered * b.cases for b in bins) / cases > 0.93


def test_results_survive_json(result):
    plain = json.loads(json.dumps(to_json(result), allow_nan=False))
    assert json.loads(json.dumps(to_json(from_json(plain)))) == plain
    for key in ("question", "proposal", "data", "rungs"):
        assert key in plain
    needed = {"rung", "height", "status", "loss", "loss_low", "loss_high", "worse_low", "worse_high",
              "fit_s", "predict_s_per_1000", "memory_mb", "measures"}  # fmt: skip
    assert all(needed <= r.keys() for r in plain["rungs"])


def test_again_everything_reproduces(project):
    found = stepladder.run_again(project, project.result().id)
    assert found.different == ()
    assert len(found.same) == len(project.ladder)
    assert found.changed == ()


def test_the_business_decides_and_the_rung_forecasts(project, tmp_path):
    with pytest.raises(Problem, match="did not run"):
        stepladder.decide(project, "r3_raises", by="Ada", because="why not")
    with pytest.raises(Problem, match="without a name or a reason"):
        stepladder.decide(project, "r3_pareto_nbd", by=" ", because="x")
    with pytest.raises(Problem, match="no rung called"):
        stepladder.decide(project, "r9_magic", by="Ada", because="x")
    stepladder.decide(project, "r3_pareto_nbd", by="Ada", because="we can explain it")
    assert project.record.decision("retention").because == "we can explain it"
    first = pq.read_table(stepladder.predict(project, to=tmp_path / "a.parquet"))
    again = stepladder.predict(project, to=tmp_path / "b.parquet")
    assert again.read_bytes() == (tmp_path / "a.parquet").read_bytes()
    assert first["as_of"][0].as_py() == project.now()
    assert first["low"].null_count == 0
    earlier = stepladder.predict(project, as_of=datetime.date(2020, 12, 1), to=tmp_path / "c.csv")
    assert pyarrow.csv.read_csv(earlier)["as_of"][0].as_py() == datetime.date(2020, 12, 1)
    assert len(project.record.predictions("retention")) >= 3


def test_predict_refuses_the_future_and_odd_files(project, tmp_path):
    with pytest.raises(Problem, match="the data end before"):
        stepladder.predict(project, rung="r1_bought_lately", as_of=datetime.date(2100, 1, 1))
    with pytest.raises(Problem, match="Parquet, CSV or a workbook"):
        stepladder.predict(project, rung="r1_bought_lately", to=tmp_path / "a.docx")
    with pytest.raises(Problem, match="cannot be written"):
        stepladder.predict(project, rung="r1_bought_lately", to="/proc/nowhere/a.csv")


def test_the_report_is_one_small_page(project, page):
    assert page.stat().st_size < 1_500_000
    text = page.read_text()
    assert project.result().proposal.rung in text
    assert "http://" not in text.replace("http://www.w3.org", "")
