"""What every question is held to, found on disk."""

from __future__ import annotations

import importlib
from datetime import timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.core.ask import parse
from stepladder.core.history import History
from stepladder.core.predictions import check
from stepladder.core.rung import ladder


@pytest.fixture(params=questions.names())
def name(request) -> str:
    return request.param


@pytest.fixture
def history(name, tmp_path) -> History:
    question, toy = (
        questions.load(name),
        importlib.import_module(f"stepladder.questions.{name}.toy"),
    )
    tables = {}
    for spec in question.TABLES:
        path = tmp_path / f"{spec.name}.parquet"
        pq.write_table(toy.tables(3)[spec.name], path)
        tables[spec.name] = (str(path), spec.time)
    return History(toy.NOW + timedelta(days=parse(toy.ASK).horizon), parse(toy.ASK), tables)


def test_it_is_a_question_in_words(name):
    question = questions.load(name)
    assert question.WORDS.endswith("?")
    assert questions.folder(name).joinpath("README.md").is_file()
    assert all(text.endswith(".") for text in question.GLOSSARY.values())
    assert (questions.folder(name) / question.DEMO.file).is_file()
    assert question.DEMO.source


def test_its_reference_stands_on_its_ladder(name):
    question = questions.load(name)
    rungs = {rung.name: rung for rung in ladder(questions.folder(name))}
    assert question.REFERENCE in rungs
    assert min(rung.height for rung in rungs.values()) == rungs[question.REFERENCE].height


def test_replays_are_in_order_and_the_last_window_is_untouched(name, history):
    """Every early outcome window ends on or before the last cutoff; exactly one window reports."""
    question = questions.load(name)
    replays = list(question.holdouts(history))
    assert [r.role for r in replays].count("report") == 1
    assert replays[-1].role == "report"
    assert any(r.role == "choose" for r in replays)
    for early in replays[:-1]:
        assert early.past.now < early.later.now <= replays[-1].past.now
    assert replays[-1].later.now <= history.now


def test_a_better_forecast_costs_less(name, history):
    """Loss is per case, in order; the truth costs less than the reference, nonsense more."""
    question = questions.load(name)
    past, later, _ = list(question.holdouts(history))[-1]
    cases = question.cases(past)
    rung = next(r for r in ladder(questions.folder(name)) if r.name == question.REFERENCE)
    reference = check(rung.predict(rung.fit(past), past, cases), question, cases)
    came = question.outcome(past, later, cases)
    assert came["actual"].to_numpy().sum() > 0

    def mean_loss(numbers):
        at = reference.column_names.index("prediction")
        table = reference.set_column(at, "prediction", [np.asarray(numbers, float)])
        found = question.loss(table, past, later, cases)
        assert found.num_rows == cases.num_rows
        assert found.column_names == [*question.UNIT, "loss", "weight"]
        return float(np.average(found["loss"].to_numpy(), weights=found["weight"].to_numpy()))

    usual = reference["prediction"].to_numpy()
    truth = mean_loss(np.maximum(came["actual"].to_numpy(), 0.001))
    assert truth < mean_loss(usual) < mean_loss(usual * 10)


def test_measures_are_sentences(name, history):
    question = questions.load(name)
    past, later, _ = list(question.holdouts(history))[-1]
    cases = question.cases(past)
    rung = next(r for r in ladder(questions.folder(name)) if r.name == question.REFERENCE)
    reference = check(rung.predict(rung.fit(past), past, cases), question, cases)
    rows = question.measures(reference, past, later, cases).to_pylist()
    assert rows
    assert all(row["sentence"] and np.isfinite(row["value"]) for row in rows)
