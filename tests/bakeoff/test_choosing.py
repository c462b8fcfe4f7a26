"""The study of choosing, in small: its truth is what the rungs answer, its choice is the bake-off's."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.bakeoff.run import run
from stepladder.bakeoff.runs import Setting
from stepladder.core.cases import everyone
from stepladder.core.history import History
from stepladder.core.predictions import complete
from stepladder.core.rung import Rung, ladder
from stepladder.fence.measure import Measured
from stepladder.questions import folder, question_toml, retention

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import choosing
from choosing_bakeoff import ask_of, bakeoff, cutoffs_of
from choosing_table import excess, lowest, upper, verdict
from choosing_truth import answers, fresh, truth
from choosing_worlds import draw, purchases

SEED, SEASONAL = 1, 15  # a seasonal world with a gain for statistics
RUNGS = ladder(folder("retention"))


@pytest.fixture(scope="module")
def drawn():
    return draw(SEED, SEASONAL, True)


@pytest.fixture(scope="module")
def found(drawn, tmp_path_factory):
    """The study's own bake-off in that world."""
    return bakeoff(drawn, 1000, [1], tmp_path_factory.mktemp("study") / "here")


@pytest.fixture(scope="module")
def those(drawn, tmp_path_factory):
    ask = ask_of(drawn)
    cutoffs = cutoffs_of(drawn, ask)
    return fresh(drawn, 3000, [2], cutoffs, ask, tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def everybody(drawn, tmp_path_factory):
    """The same fresh customers as an ordinary history."""
    path = tmp_path_factory.mktemp("everybody") / "purchases.parquet"
    pq.write_table(pa.concat_tables(purchases(drawn, 3000, [2])), path)
    ask = ask_of(drawn)
    return History(drawn.world.end, ask, {"purchases": (str(path), "day")})


@pytest.mark.slow
def test_the_truth_is_what_each_rung_answers_for_every_fresh_customer(
    drawn, found, those, everybody
):
    sums, cases = np.zeros(len(RUNGS)), 0
    for at, cutoff in zip(those, cutoffs_of(drawn, everybody.ask), strict=True):
        known = everybody.at(cutoff)
        asked = everyone(retention, known)
        later = everybody.at(cutoff + (drawn.world.end - cutoffs_of(drawn, known.ask)[1]) / 2)
        said = []
        for rung in RUNGS:
            model = found.models[rung.name, str(cutoff)]
            table = rung.predict(model, known, asked).sort_by("customer")
            said.append(table.select(["customer", "prediction"]))
            np.testing.assert_array_equal(at.customer, table["customer"].to_numpy())
            grouped = answers(rung, model, at)
            direct = table["prediction"].cast(pa.float64()).to_numpy(zero_copy_only=False)
            np.testing.assert_allclose(grouped, direct, rtol=1e-9, err_msg=rung.name)
        usual = said[[rung.name for rung in RUNGS].index(retention.REFERENCE)]
        for r, table in enumerate(said):
            whole, _, _ = complete(table, usual, retention.FLOOR, retention.KEYS)
            sums[r] += retention.loss(whole, known, later, asked)["loss"].to_numpy().sum()
        cases += asked.num_rows
    models = [
        [found.models[rung.name, str(cutoff)] for cutoff in cutoffs_of(drawn, everybody.ask)]
        for rung in RUNGS
    ]
    mean = truth(RUNGS, models, those, retention.REFERENCE, 3000)
    np.testing.assert_allclose(mean.loss, sums / cases, rtol=1e-9)
    assert (np.sqrt(np.diag(mean.covariance)) < 0.1 * mean.loss).all()


@pytest.mark.slow
def test_the_studys_choice_is_the_bakeoffs(drawn, found, tmp_path):
    path = tmp_path / "purchases.parquet"
    pq.write_table(pa.concat_tables(purchases(drawn, 1000, [1])), path)
    ask = ask_of(drawn)

    def measure(job, **_):
        history = History(
            date.fromisoformat(job.now), question_toml.asked(json.loads(job.ask)), job.tables
        )
        rung, cases = Rung(Path(job.rung), ours=True), everyone(retention, history)
        learn_from = replace(history, only=tuple((job.learn_from or {}).items()))
        fitted = None if job.learn_from else found.models.get((rung.name, job.now))
        model = fitted or rung.fit(learn_from)
        table = rung.predict(model, history, cases).select(["customer", "prediction"])
        for name in ("low", "high"):
            table = table.append_column(name, pa.nulls(cases.num_rows, pa.float64()))
        for name in ("alive", "value"):
            table = table.append_column(name, pa.nulls(cases.num_rows, pa.float64()))
        out = Path(job.out) / "predictions.parquet"
        out.parent.mkdir(parents=True)
        pq.write_table(table.sort_by("customer"), out)
        return Measured("ok", 0.0, 0.0, cases.num_rows, 1.0, 1, predictions=out)

    (tmp_path / "runs").mkdir()
    history = History(drawn.world.end, ask, {"purchases": (str(path), "day")})
    setting = Setting(
        "retention", retention, history, RUNGS, tmp_path / "runs", tmp_path, 1, measure
    )
    real = run(setting, {}, "").result
    assert real.proposal.rung == found.proposal.rung
    assert real.proposal.good_enough == found.proposal.good_enough
    for row in real.rungs:
        assert row.choose is not None
        mine = found.comparison.choose[row.rung]
        assert mine.loss == pytest.approx(row.choose.loss)
        assert mine.worse == pytest.approx(row.choose.worse, abs=1e-9)
        assert mine.worse_high == pytest.approx(row.choose.worse_high, rel=0.05, abs=0.01)


def row(proposal, losses, se=0.001, margin=0.1):
    rungs = {name: {"se": se, "truth": [loss]} for name, loss in losses.items()}
    return {
        "proposal": proposal, "reference": "r1_same", "margin": margin, "rungs": rungs,
    }  # fmt: skip


def test_a_verdict_is_of_the_true_losses_and_the_bakeoffs_own_errors():
    losses = {"r1_same": 2.0, "r2_table": 1.08, "r3_model": 1.0}
    assert excess(losses, "r1_same", 0.1)["r2_table"] == pytest.approx(-0.02)
    assert lowest(row("r2_table", losses), losses) == "r2_table"
    assert verdict(row("r1_same", losses), losses) == "too low"
    assert verdict(row("r2_table", losses), losses) == "right"
    assert verdict(row("r3_model", losses, se=0.006), losses) == "needlessly high"
    assert verdict(row("r3_model", losses, se=0.007), losses) == "in between"
    equal = {"r1_same": 1.0, "r2_table": 1.01, "r3_model": 1.02}
    assert verdict(row("r1_same", equal), equal) == "right"
    assert upper(0, 59) == pytest.approx(0.0495, abs=1e-3)
    assert upper(5, 5) == 1.0


@pytest.mark.slow
def test_a_small_study_is_right_where_it_is_plain_and_goes_on_where_it_stopped(
    tmp_path, monkeypatch
):
    out = tmp_path / "found.jsonl"
    small = choosing.Study(fresh=4_000, datasets=1, seed=SEED, sizes=(1000,))
    monkeypatch.setattr(
        choosing, "missing", lambda study, draws, rows: [] if rows else [(0, False, (1000,))]
    )
    choosing.go_on(small, 1, out, workers=1, time_limit=600)
    choosing.go_on(small, 1, out, workers=1, time_limit=600)
    rows = choosing.read(small, out)
    assert [row["n"] for row in rows] == [1000]
    true = {name: np.mean(rung["truth"]) for name, rung in rows[0]["rungs"].items()}
    assert verdict(rows[0], true) == "right"
    assert int(rows[0]["proposal"][1]) == 3
    assert all(len(rung["truth"]) == 2 for rung in rows[0]["rungs"].values())
    assert json.loads(out.read_text())["parameters"]["weeks"] in (56, 82, 106)
    assert "too low: 0 of 1" in choosing.report(small, rows)
