"""Settings that the data cannot carry, and forecasts as of days that the bake-off did not stand on."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import date

import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.bakeoff.result import to_json
from stepladder.core.asking import Taught
from stepladder.core.errors import Problem
from stepladder.project.all_cases import taught_by
from stepladder.project.record import same
from stepladder.questions.question_toml import parse


def with_settings(project, change):
    text = change(project.settings)
    return stepladder.Project(project.folder, parse(text), text)


def test_now_beyond_the_data_is_refused(project):
    later = with_settings(
        project, lambda text: text.replace("seed = 1", "seed = 1\nnow = 2100-01-01")
    )
    with pytest.raises(Problem, match="the data end before"):
        stepladder.run_bakeoff(later)


def test_prices_need_values(tmp_path):
    lines = [f"{i % 50},2024-{1 + i % 9:02}-{1 + i % 28:02}" for i in range(900)]
    (tmp_path / "o.csv").write_text("customer,date\n" + "\n".join(lines))
    made = stepladder.new("retention", str(tmp_path / "o.csv"), tmp_path / "shop")
    priced = with_settings(
        made,
        lambda text: text.replace(
            "[tables.p", "[prices]\nmargin = 0.3\ncost = 2.0\n\n[tables.p", 1
        ),
    )
    with pytest.raises(Problem, match="no purchase has a value"):
        stepladder.run_bakeoff(priced)


def test_as_of_an_earlier_day_nothing_later_is_used(project, tmp_path):
    """At the first cutoff only the calibrate window had ended; at now, all had."""
    first = next(w for w in project.result().windows if w.role == "choose")
    kept = project.folder / "bakeoffs" / str(project.result().id) / "r3_pareto_nbd"
    scored = pq.read_table(kept / f"{first.now}.parquet")
    made = stepladder.predict(
        project,
        rung="r3_pareto_nbd",
        as_of=date.fromisoformat(first.now),
        to=tmp_path / "a.parquet",
    )
    published = pq.read_table(made)
    for name in ("customer", "prediction", "low", "high", "value"):
        assert published[name].to_pylist() == scored[name].to_pylist(), name


def test_another_horizon_has_no_intervals_yet(project, tmp_path):
    week = with_settings(project, lambda text: text.replace("horizon = 91", "horizon = 7"))
    made = stepladder.predict(week, rung="r3_pareto_nbd", to=tmp_path / "a.parquet")
    assert pq.read_table(made)["high"].null_count == pq.read_table(made).num_rows


def test_there_must_be_somebody_to_forecast_for(project):
    with pytest.raises(Problem, match="nobody to forecast for"):
        stepladder.predict(project, rung="r1_bought_lately", as_of=date(1990, 1, 1))


def test_the_source_is_never_written_over(project, shop):
    before = (shop / "orders.csv").read_bytes()
    with pytest.raises(Problem, match="is a table of this project"):
        stepladder.predict(project, rung="r1_bought_lately", to=shop / "orders.csv")
    assert (shop / "orders.csv").read_bytes() == before


def test_ranges_are_those_the_rung_earned_whatever_was_asked_since(project, tmp_path):
    """Other windows, an earlier moment, and a bake-off over other days ahead take no range away."""
    copy = shutil.copytree(project.folder, tmp_path / "copy")
    same(stepladder.Project.open(copy))
    shop, name = stepladder.Project.open(copy), "r3_pareto_nbd"
    earned = taught_by(shop, name, shop.now()).bins.plain()
    stands = next(line for line in shop.settings.splitlines(True) if line.startswith("cutoffs"))
    for line in ("cutoffs = [2021-01-01, 2021-04-03]\n", "", "now = 2021-07-01\n"):
        other = with_settings(shop, lambda text, line=line: text.replace(stands, line))
        assert other.settings != shop.settings
        assert taught_by(other, name, shop.now()).bins.plain() == earned
    week = dataclasses.replace(shop.result(), horizon=7)
    number = shop.record.begin_bakeoff("retention", settings="", data_fingerprint="", versions={})
    shop.record.finish_bakeoff(number, to_json(week), [], [])
    assert shop.result().horizon == 7
    assert taught_by(shop, name, shop.now()).bins.plain() == earned
    assert taught_by(shop, "r3_raises", shop.now()) == Taught()
