"""Every SQL statement of every question gives the same answers on DuckDB and on Spark; found on disk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stepladder import people, questions
from stepladder.core import asking, own_loss
from stepladder.core.cases import drawn, everyone
from stepladder.core.predictions import check
from stepladder.core.question import references
from stepladder.core.rung import ladder

from .worlds import alike

# A statement that Spark cannot run yet, with its reason: expected to fail, so that we learn when it passes.
NOT_YET: dict[str, str] = {}


def sql_rungs():
    for name in questions.names():
        for rung in ladder(questions.folder(name)):
            if rung.path.suffix == ".sql":
                key = f"{name}/{rung.name}"
                reason = NOT_YET.get(key)
                marks = pytest.mark.xfail(reason=reason, strict=True) if reason else ()
                yield pytest.param(name, rung, id=key, marks=marks)


@pytest.fixture(scope="session")
def worlds(toys):
    return {name: (toy, toy.at(toy.now), toy.at(toy.later)) for name, toy in toys.items()}


@pytest.mark.parametrize(("name", "rung"), list(sql_rungs()))
def test_a_sql_rung_learns_and_answers_alike(worlds, name, rung):
    _, both, _ = worlds[name]
    cases = everyone(worlds[name][0].question, both.duckdb)
    here, there = rung.fit(both.duckdb), rung.fit(both.spark)
    assert here.keys() == there.keys()
    for key in here:
        alike(here[key], there[key])
    answers = [rung.predict(here, history, cases) for history in (both.duckdb, both.spark)]
    alike(*answers)
    assert answers[0].schema.types == answers[1].schema.types


# All that the formulas of retention ask of their data (regular buyers ask for most), and the trees.
@pytest.mark.parametrize("name", ["r3_mbg_cnbd", "r4_boosting"])
def test_retention_learns_and_answers_alike_in_python(worlds, name):
    toy, both, _ = worlds["retention"]
    rung = next(r for r in ladder(questions.folder("retention")) if r.name == name)
    cases = everyone(toy.question, both.duckdb)
    here, there = rung.fit(both.duckdb), rung.fit(both.spark)
    assert here.keys() == there.keys()
    for key, value in here.items():
        if isinstance(value, float) or hasattr(value, "dtype"):
            np.testing.assert_allclose(value, there[key], rtol=1e-6, err_msg=key)
        elif key != "trees":  # as text, in which last digits differ
            assert value == there[key], key
    alike(*(rung.predict(here, history, cases) for history in (both.duckdb, both.spark)))


def test_what_a_person_said_last_counts_on_both(worlds):
    toy, both, _ = worlds["retention"]
    cases = everyone(toy.question, both.duckdb)
    said = cases.take([0, 1, 0]).append_column("prediction", pa.array([1.0, 2.0, 3.0]))
    for day in ("shown_as_of", "said_on"):
        said = said.append_column(day, pa.array([date(2020, 1, 1)] * 3))
    said = said.append_column("blind", pa.array([True] * 3))
    said = said.append_column("nth", pa.array(range(3), pa.int64()))
    (rung,) = ladder(Path(people.__file__).parent)
    answers = [rung.predict({"answers": said}, h, cases) for h in (both.duckdb, both.spark)]
    alike(*answers)
    assert sorted(answers[0]["prediction"].drop_null().to_pylist()) == [2.0, 3.0]


@pytest.mark.parametrize("name", questions.names())
def test_cases_and_views_are_alike(worlds, name):
    toy, both, _ = worlds[name]
    cases = everyone(toy.question, both.duckdb)
    assert cases.equals(everyone(toy.question, both.spark))
    lots, everybody = drawn(toy.question, both.duckdb, 0.5)
    assert 0 < lots.num_rows < cases.num_rows == everybody
    assert drawn(toy.question, both.spark, 0.5) == (lots, everybody)
    for view, _ in both.duckdb.views:
        tables = [h.sql(f"select * from {view}") for h in (both.duckdb, both.spark)]
        alike(*tables)
        assert tables[0].schema.types == tables[1].schema.types


@pytest.mark.parametrize("name", questions.names())
def test_replays_outcome_and_loss_are_alike(worlds, name):
    toy, _, later = worlds[name]
    question = toy.question
    replays = [list(question.holdouts(h)) for h in (later.duckdb, later.spark)]
    here, there = ([(h.name, h.past.now, h.role, h.cases) for h in each] for each in replays)
    assert here == there
    last = [each[-1] for each in replays]
    past = last[0].past
    cases = everyone(question, past) if last[0].cases is None else last[0].cases
    rung = next(r for r in ladder(questions.folder(name)) if r.name == references(question)[0])
    reference = check(rung.predict(rung.fit(past), past, cases), question, cases)
    engines = [(h.past, h.later) for h in last]
    alike(*(question.outcome(*pair, cases) for pair in engines), ordered=True)
    full = [question.complete(reference, lambda: reference, before, cases) for before, _ in engines]
    alike(full[0].predictions, full[1].predictions, ordered=True)
    assert full[0][1:] == full[1][1:]
    few = full[0].predictions.slice(0, 9)
    explained = [asking.explained(question, before, few, None) for before, _ in engines]
    alike(*explained, ordered=True)
    unit = ", ".join(question.UNIT)
    text = f"""-- What was said beside what came, of one's own; -- as it ends.
    select {unit}, sum(coalesce(prediction, 0.0)) - count(actual) as loss, 0.5 as weight
    from predictions left join outcome using ({", ".join(question.KEYS)}) group by {unit}; -- the end"""
    own = own_loss.judged_by(question, text)
    for each in (question, own):
        losses = [each.loss(full[0].predictions, *pair, cases) for pair in engines]
        alike(*losses, ordered=True)
    measures = [question.measures(full[0].predictions, *pair, cases) for pair in engines]
    alike(*measures, ordered=True)
