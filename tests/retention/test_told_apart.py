"""What the formulas say of who is a customer still, and of segments: no more than the data do."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.core.cases import everyone
from stepladder.core.history import History
from stepladder.core.predictions import check
from stepladder.core.rung import Rung, ladder
from stepladder.questions import retention
from stepladder.questions.question_toml import parse
from stepladder.questions.retention import segments, toy
from stepladder.questions.retention.btyd import bg_nbd, pareto_nbd
from stepladder.questions.retention.btyd.told_apart import NOBODY, as_told
from stepladder.questions.retention.rfm import fifths

RUNGS = {rung.name: rung for rung in ladder(questions.folder("retention")) if not rung.engine}
FORMULAS = [rung for name, rung in RUNGS.items() if name.endswith(("_nbd", "_cnbd"))]
WORLDS = {"they leave": toy.World(), "nobody leaves": toy.World(s=3.0, beta=3e9)}


@pytest.fixture(scope="module", params=WORLDS)
def world(request, tmp_path_factory) -> tuple[str, History]:
    """A toy world in which customers leave, and one in which they do not."""
    return request.param, past(request.param, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def leaving(tmp_path_factory) -> History:
    """The one in which they leave."""
    return past("they leave", tmp_path_factory.mktemp("world"))


def past(which: str, folder: Path) -> History:
    path = folder / "purchases.parquet"
    pq.write_table(toy.simulate(WORLDS[which], 1500, 5)[0], path)
    return History(toy.World().end, parse(toy.ASK), {"purchases": (str(path), "day")})


def said(rung: Rung, history: History) -> tuple[dict, pa.Table]:
    model, cases = rung.fit(history), everyone(retention, history)
    return model, check(rung.predict(model, history, cases), retention, cases)


@pytest.mark.parametrize("rung", FORMULAS, ids=lambda rung: rung.name)
def test_of_who_is_a_customer_still_nothing_is_said_that_the_data_do_not_show(rung, world):
    which, history = world
    model, answers = said(rung, history)
    given = answers["alive"].drop_null()
    view = SimpleNamespace(
        at_now={rung.name: answers},
        now_times=1.0,
        rung=rung.name,
        models={rung.name: model},
        history=history,
    )
    (page,) = segments.sections(view)
    if which == "they leave":
        assert 0.0 < np.min(given) < np.max(given) <= 1.0
        assert NOBODY not in model["warnings"] + page.sentence
        assert "Still customers" in page.table.headings
    else:
        assert len(given) == 0
        assert NOBODY in model["warnings"]
        assert NOBODY in page.sentence
        assert "Still customers" not in page.table.headings
    assert answers["prediction"].null_count == 0


@pytest.mark.parametrize("formula", [bg_nbd, pareto_nbd])
def test_leaving_earns_nothing_where_nobody_leaves_and_much_where_they_do(formula):
    rng = np.random.default_rng(16)
    T = np.floor(rng.uniform(20, 52, 800) * 7) / 7
    x = rng.poisson(rng.gamma(1.0, 0.1, len(T)) * T).astype(float)
    last = T * rng.random(len(T)) ** (1 / np.maximum(x, 1))

    def fit(part: float) -> dict:
        return formula.fit(x, np.where(x > 0, np.ceil(7 * part * last) / 7, 0.0), T)

    stays = fit(1.0)
    assert stays["dropout_gain"] < 1.92
    assert np.isnan(as_told(stays, x, np.ones(len(x)))).all()
    leaves = fit(1 / 3)  # all of them long silent
    assert leaves["dropout_gain"] > 50
    # when somebody bought last says nothing where nobody leaves
    without = [found["log_likelihood"] - found["dropout_gain"] for found in (stays, leaves)]
    assert without[0] == pytest.approx(without[1], rel=1e-9)


def test_a_limit_settles_by_how_often_and_nothing_is_said_of_whom_it_settles():
    x, half = np.array([0.0, 1.0, 2.0, 9.0]), np.full(4, 0.5)
    split = {"limit": "one purchase rate and leave at once or never", "dropout_gain": 30.0}
    assert np.isnan(as_told(split, x, half)).tolist() == [False, True, True, True]
    split["a"] = 0.0  # of BG/NBD
    assert np.isnan(as_told(split, x, half)).tolist() == [True, False, True, True]
    for limit in ("NBD", "one repeat", "one purchase rate and NBD"):
        assert np.isnan(as_told({"limit": limit, "dropout_gain": 30.0}, x, half)).all()
    assert np.isnan(as_told({"limit": "", "converged": False}, x, half)).all()
    assert as_told({"r": 1.0}, x, half).tolist() == half.tolist()  # fitted by an earlier version


def test_every_rung_that_says_a_segment_says_the_same(leaving):
    usual = said(RUNGS["r2_rfm_quintiles"], leaving)[1]["segment"]
    assert usual.null_count == 0
    assert len(usual.unique()) > 5
    for rung in (*FORMULAS, RUNGS["r4_boosting"]):
        assert said(rung, leaving)[1]["segment"].to_pylist() == usual.to_pylist(), rung.name


@pytest.mark.parametrize("customers", [1, 3, 5, 7, 100, 1003])
def test_fifths_are_those_of_sql(customers):
    """Also where there are fewer than five, and where most tie."""
    known = np.random.default_rng(customers).geometric(0.3, (2, customers)).astype(float)
    both = pa.table({"recency": known[0], "frequency": known[1]})
    lines = ", ".join(
        f"max(case when ntile_{c} = {n} then {c} end) as {c}{n}"
        for c in both.column_names
        for n in range(1, 5)
    )
    tiled = ", ".join(f"ntile(5) over (order by {c}) as ntile_{c}" for c in both.column_names)
    with duckdb.connect() as con:
        con.register("crowd", both)
        by_sql = con.sql(f"select {lines} from (select *, {tiled} from crowd)").fetchall()[0]
    np.testing.assert_array_equal(fifths(*known).ravel(), np.array(by_sql, float))


def test_the_page_lists_the_segments_that_the_shown_rung_says_and_no_others(leaving):
    history = leaving
    tables = {n: said(RUNGS[n], history)[1] for n in ("r1_bought_lately", "r2_rfm_quintiles")}
    view = SimpleNamespace(at_now=tables, now_times=1.0, models={}, history=history)
    view.rung = "r1_bought_lately"
    assert segments.sections(view) == []
    view.rung = "r2_rfm_quintiles"
    (page,) = segments.sections(view)
    written = tables[view.rung].group_by("segment").aggregate([([], "count_all")]).to_pydict()
    listed = {row[0].lower(): int(row[3].replace(",", "")) for row in page.table.rows}
    assert listed == dict(zip(written["segment"], written["count_all"], strict=True))
