"""Series that add up: sums of what is said of all, in files, in what came, and for the watch."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import tourism

import stepladder
from stepladder.core import outcomes
from stepladder.core.cases import everyone
from stepladder.core.errors import Problem
from stepladder.core.predictions import check
from stepladder.project.one_case import predict_one
from stepladder.questions import forecast
from stepladder.questions.forecast import levels
from stepladder.questions.forecast.levels import BETWEEN, TOTAL
from stepladder.questions.question_toml import parse


def adds_up(rows: pa.Table, column: str, names: tuple[str, ...]) -> None:
    """Every upper row is the sum of the bottom rows whose names begin with its own, period by period."""
    bottom = rows.filter(pc.equal(rows["level"], names[-1]))
    by_time: dict = {}
    for row in bottom.to_pylist():
        parts = row["series"].split(BETWEEN)
        above = [TOTAL, *(BETWEEN.join(parts[:depth]) for depth in range(1, len(parts)))]
        for name in above:
            key = name, row["time"]
            by_time[key] = by_time.get(key, 0.0) + row[column]
    upper = rows.filter(pc.not_equal(rows["level"], names[-1])).to_pylist()
    assert {(row["series"], row["time"]) for row in upper} == set(by_time)
    for row in upper:
        wanted = by_time[row["series"], row["time"]]
        assert row[column] == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_a_file_of_forecasts_has_every_level_and_totals_are_their_parts(project, tmp_path):
    """Also low and high, from errors of sums; the ladder has the rung that makes levels agree."""
    rows = pq.read_table(stepladder.predict(project, to=tmp_path / "forecast.parquet"))
    wanted = ["series", "time", "prediction", "low", "high", "low80", "high80", "level"]
    assert set(wanted) <= set(rows.column_names)
    assert pc.value_counts(rows["level"]).to_pylist() == [
        {"values": "article", "counts": 48 * 14},
        {"values": "total", "counts": 14},
        {"values": "shop", "counts": 4 * 14},
    ]
    adds_up(rows, "prediction", ("shop", "article"))
    keys = rows.group_by(["series", "time"]).aggregate([])
    assert keys.num_rows == rows.num_rows
    said, low, high = (rows[name].to_numpy() for name in ("prediction", "low", "high"))
    assert (low <= said).all()
    assert (said <= high).all()
    assert (said == np.round(said)).all()
    total = rows.filter(pc.equal(rows["level"], TOTAL))
    assert pc.max(total["high"]).as_py() < 2 * pc.max(total["prediction"]).as_py()
    ran = {row.rung: row for row in project.result().rungs}
    assert ran["r3_reconciled"].status == "ok"
    measured = {m.name: m.value for m in ran["r3_smoothed"].measures}
    assert 0 < measured["total off"] < measured["shop off"] < 1


def test_one_series_asked_about_alone_adds_nothing(project):
    alone = predict_one(project, case=f"Ulm{BETWEEN}03", rung="r3_smoothed")
    assert alone["series"].unique().to_pylist() == [f"Ulm{BETWEEN}03"]
    assert alone["level"].unique().to_pylist() == ["article"]


def test_nights_publish_every_level_and_the_watch_judges_series_alone(project, tmp_path):
    day = project.now()
    stepladder.ship_decided(project)
    stepladder.run_nightly(project, since=day, until=day)
    (path,) = (project.folder / "published").glob("*.parquet")
    adds_up(pq.read_table(path), "prediction", ("shop", "article"))
    judged = stepladder.watch_predictions(project).realised.bakeoff
    scored = {row.rung: row for row in project.result().rungs}["r3_smoothed"].cutoffs
    assert [each.cases for each in judged] == [48] * len(scored)
    assert [each.loss for each in judged] == pytest.approx([each.estimate.loss for each in scored])


def test_levels_that_names_do_not_fit_are_refused_with_a_way_out(project):
    history = project.history()
    for given in ('["shop"]', '["shop", "floor", "article"]'):
        ask = parse(f'question = "forecast"\nhorizon = 14\n[forecast]\nlevels = {given}\n')
        with pytest.raises(Problem) as refused:
            levels.check(stepladder.core.history.replace(history, ask=ask))
        assert all(refused.value.parts())
        assert "48 of 48 series" in refused.value.given
    for given in ('["total", "article"]', '["article", "article"]', '[""]'):
        with pytest.raises(Problem, match="levels"):
            parse(f'question = "forecast"\nhorizon = 14\n[forecast]\nlevels = {given}\n')


@tourism.here
def test_tourism_adds_up_from_purposes_to_the_country(tmp_path):
    """What is said, and what came; losses are of the 304 series alone."""
    history = tourism.history(tmp_path)
    last = list(forecast.holdouts(history))[-1]
    past, later, cases = last.past, last.later, everyone(forecast, last.past)
    said = past.sql(
        "select series, time, 10.0 * step as prediction from cases cross join ahead", cases
    )
    raw = check(said, forecast, cases)
    full = forecast.complete(raw, lambda: raw, past, cases).predictions
    assert full.num_rows == 8 * (304 + 1 + 8 + 76)
    adds_up(full, "prediction", ("state", "region", "purpose"))
    came = forecast.outcome(past, later, cases)
    sums = outcomes.sums(came)
    total = sums.filter(pc.equal(sums["level"], TOTAL))["actual"].to_numpy()
    straight = later.sql(
        "select sum(value) as v from series join ahead_ using (time) group by time order by time",
        ahead_=past.sql("select time from ahead"),
    )["v"].to_numpy()
    np.testing.assert_allclose(total, straight, rtol=1e-12)
    scale = forecast.scale(past, cases)
    kinds = scale.group_by("kind").aggregate([("series", "count_distinct")]).sort_by("kind")
    assert kinds["kind"].to_pylist() == [0, 1, 2, 3, 4]
    assert kinds["series_count_distinct"].to_pylist()[-1] == 85
    assert forecast.loss(full, past, later, cases).num_rows == 304
    # a bottom series of which nothing is known leaves its sums unknown, and no others
    unknown = later.without("series", pa.table({"series": cases["series"].slice(0, 1)}))
    less = outcomes.sums(forecast.outcome(past, unknown, cases))
    assert set(less.filter(less["actual"].is_null())["series"].to_pylist()) == {
        TOTAL,
        *(BETWEEN.join(cases["series"][0].as_py().split(BETWEEN)[:n]) for n in (1, 2)),
    }
    # files of answers name upper series too: nobody asks what came of these by themselves
    named = full.select(["series"]).group_by("series", use_threads=False).aggregate([])
    assert forecast.outcome(past, later, named).num_rows == came.num_rows
    assert outcomes.bottom(forecast, past, later, named).num_rows == 304
