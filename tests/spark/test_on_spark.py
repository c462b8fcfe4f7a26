"""Rungs that stand on Spark alone, and a bake-off's runs on Spark."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.bakeoff.on_spark import measure_on_spark
from stepladder.core import model as models
from stepladder.core.cases import everyone
from stepladder.core.predictions import check
from stepladder.core.question import references
from stepladder.core.rung import ladder
from stepladder.fence.child import Job

SPARK_ONLY = [
    pytest.param(name, rung, id=f"{name}/{rung.name}")
    for name in questions.names()
    for rung in ladder(questions.folder(name))
    if rung.engine == "spark"
]


fitted_once = {}  # learning takes seconds even of a toy


@pytest.mark.slow
@pytest.mark.parametrize(("name", "rung"), SPARK_ONLY)
def test_a_rung_of_spark_keeps_the_contract(toys, name, rung, tmp_path):
    toy = toys[name]
    question, history = toy.question, toy.at(toy.now).spark
    fitted = fitted_once[name, rung.name] = rung.fit(history)
    models.save(fitted, tmp_path / "model")
    loaded = models.load(tmp_path / "model")
    known = everyone(question, history)
    strange = pa.table({known.column_names[0]: pa.array([987_654_321])})
    cases = pa.concat_tables([known, strange])
    answers = check(rung.predict(loaded, history, cases), question, cases)
    assert answers.equals(check(rung.predict(fitted, history, cases), question, cases))
    alone = rung.predict(fitted, history, cases.slice(7, 1))
    mine = answers.filter(pa.compute.equal(answers[known.column_names[0]], known[0][7]))
    assert alone["item"].to_pylist() == mine["item"].to_pylist()
    again = rung.fit(history)  # sums of floats depend on which part comes first
    for key, value in fitted.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_allclose(again[key], value, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("name", "rung"), SPARK_ONLY)
def test_it_recovers_the_truth_as_its_height_promises(toys, name, rung):
    toy = toys[name]
    past, later = toy.at(toy.now).duckdb, toy.at(toy.later).duckdb
    question, cases = toy.question, everyone(toy.question, past)
    first = next(r for r in ladder(questions.folder(name)) if r.name == references(question)[0])
    reference = check(first.predict(first.fit(past), past, cases), question, cases)

    def mean_loss(answers):
        full = question.complete(
            check(answers, question, cases), lambda: reference, past, cases
        ).predictions
        return float(np.mean(question.loss(full, past, later, cases)["loss"].to_numpy()))

    history = toy.at(toy.now).spark
    fitted = fitted_once.get((name, rung.name)) or rung.fit(history)
    ours = mean_loss(rung.predict(fitted, history, cases))
    base = mean_loss(reference.select([*question.KEYS, "prediction"]))
    gain = (base - ours) / (base - mean_loss(toy.world.truth(7, cases, toy.ask.horizon)))
    assert gain >= toy.world.PROMISE[rung.height], f"recovers {gain:.2f} of what can be known"


@pytest.fixture
def job(toys, tmp_path) -> Job:
    toy = toys["retention"]
    pq.write_table(everyone(toy.question, toy.at(toy.now).duckdb), tmp_path / "cases.parquet")
    rung = questions.folder("retention") / "r1_same_for_all.sql"
    return Job(
        question="retention", rung=str(rung), tables=toy.tables, cases=str(tmp_path / "cases.parquet"),
        now=str(toy.now), ask=toy.ask.model_dump_json(), out=str(tmp_path / "out"),
    )  # fmt: skip


def user_rung(job: Job, folder, body: str) -> Job:
    path = folder / f"r1_own_{len(body)}.py"  # a file once read is not read again
    path.write_text(f'"""A rung of a user\'s own, to be measured."""\n{body}')
    return replace(job, rung=str(path))


def test_a_run_on_spark_leaves_what_any_run_leaves(job):
    measured = measure_on_spark(job, time_box=120, memory_mb=1500)
    assert measured.status == "ok", measured.detail
    assert (measured.cases, len(measured.model_hash)) == (3000, 64)
    assert measured.fit_s > 0
    assert measured.memory_mb > 200
    answers = pq.read_table(measured.predictions)
    assert answers.num_rows == 3000
    assert answers["prediction"].null_count == 0


LONG = """
ENGINE = "spark"
def fit(history):
    history.frame("select count(*) as n from purchases as a cross join purchases as b "
                  "where a.value * b.value > 3 and a.value + b.value < 2").collect()
    return {}
def predict(model, history, cases):
    return cases
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["time", "hand"])
def test_a_run_ends_when_its_time_is_up_or_by_hand(job, tmp_path, how):
    stop = Event()
    if how == "hand":
        stop.set()
    box = 1 if how == "time" else 60
    found = measure_on_spark(user_rung(job, tmp_path, LONG), time_box=box, memory_mb=900, stop=stop)
    assert found.status.startswith(
        "stopped: out of its time" if how == "time" else "stopped: by hand"
    )
    assert not list((tmp_path / "out").iterdir())


def test_a_failing_rung_is_a_row_that_says_why(job, tmp_path):
    body = (
        "def fit(history):\n    return dict()\ndef predict(model, history, cases):\n"
        "    return history.sql('{}')"
    )
    wrong = user_rung(job, tmp_path, body.format("select nonsense from purchases"))
    found = measure_on_spark(wrong, time_box=60, memory_mb=900)
    assert "nonsense" in found.status
    assert "line 5 of" in found.problem[0]
    assert measure_on_spark(
        user_rung(job, tmp_path, "import nothing_here"), time_box=60, memory_mb=900
    ).status == ("not run: needs the library nothing_here")
