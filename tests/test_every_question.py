"""What every question is held to, found on disk."""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.core.asking import numbers
from stepladder.core.cases import drawn, everyone, share
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.predictions import check
from stepladder.core.question import references
from stepladder.core.rung import ladder
from stepladder.money import priced
from stepladder.questions.question_toml import parse

SEED = 3


@pytest.fixture(scope="module", params=questions.names())
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def history(name, tmp_path_factory) -> History:
    question, toy = (
        questions.load(name),
        importlib.import_module(f"stepladder.questions.{name}.toy"),
    )
    tables, rows, folder = {}, toy.tables(SEED), tmp_path_factory.mktemp(name)
    for spec in question.TABLES:
        path = folder / f"{spec.name}.parquet"
        pq.write_table(rows[spec.name], path)
        tables[spec.name] = (str(path), spec.time)
    ask = parse(toy.ASK)
    end = toy.NOW + timedelta(days=ask.known_after)
    return History(end, ask, tables, views=tuple(question.views(ask).items()))


def test_it_is_a_question_in_words(name):
    question = questions.load(name)
    assert question.WORDS.endswith("?")
    assert questions.folder(name).joinpath("README.md").is_file()
    assert all(text.endswith(".") for text in question.GLOSSARY.values())
    assert question.DEMO is None or (questions.folder(name) / question.DEMO.file).is_file()
    assert question.DEMO is None or question.DEMO.source
    assert set(question.CASE) <= set(question.KEYS)


PRICES = "[prices]\nmargin = 0.3\ncost = 2.0\n"  # the usual ones; a toy may say what its own are


@pytest.mark.parametrize("given", [PRICES, "good_enough_money = 9\n"])
def test_prices_are_taken_only_where_the_loss_is_money(name, given):
    toy = importlib.import_module(f"stepladder.questions.{name}.toy")
    question, own = questions.load(name), getattr(toy, "PRICES", PRICES)
    text = f"{given}{toy.ASK}" if given.startswith("good") else f"{toy.ASK}\n{own}"
    if question.LOSS_IN_MONEY is not None:
        assert priced(parse(text if "[prices]" in text else f"{text}\n{own}"))
        return
    with pytest.raises(Problem) as refused:
        parse(text)
    assert all(refused.value.parts())
    assert "is no amount of money" in refused.value.given


def test_a_new_file_is_read_as_it_was_written_and_the_horizon_fits_the_data(name, history):
    """What a question says of data for the first time, before its settings stand, it can be asked by."""
    question, plain = questions.load(name), replace(history, views=())
    said = question.settings(plain)
    ask = parse(f'question = "{name}"\nhorizon = 1\n{said}')
    assert question.settings(plain) == said
    assert 1 <= question.horizon(2, ask) <= question.horizon(365, ask) <= 365


def test_its_reference_stands_on_its_ladder(name):
    question = questions.load(name)
    rungs = {rung.name: rung for rung in ladder(questions.folder(name))}
    lowest = min(rung.height for rung in rungs.values())
    assert {rungs[named].height for named in references(question)} == {lowest}


def test_replays_are_in_order_and_the_last_window_is_untouched(name, history):
    """Every early outcome window ends on or before the last cutoff; exactly one window reports."""
    question = questions.load(name)
    replays = list(question.holdouts(history))
    assert [r.role for r in replays].count("report") == 1
    assert replays[-1].role == "report"
    assert any(r.role == "choose" for r in replays)
    assert len({r.name for r in replays}) == len(replays)
    for early in replays[:-1]:
        if timed(question):
            assert early.past.now < early.later.now <= replays[-1].past.now
        else:  # folds at one moment: what is asked about is left out of what was known
            assert early.past.left_out
    assert replays[-1].later.now <= history.now


def test_a_better_forecast_costs_less(name, history):
    """The truth costs less than any reference, nonsense more; the rows of a loss do not depend on them."""
    question, toy = (
        questions.load(name),
        importlib.import_module(f"stepladder.questions.{name}.toy"),
    )
    past, later = history.at(toy.NOW), history
    cases = everyone(question, past)
    if not timed(question):
        last = list(question.holdouts(history))[-1]
        past, later, cases = last.past, last.later, last.cases
    came = question.outcome(past, later, cases)
    assert set(came.column_names) >= {*question.KEYS, "actual"}
    assert np.nansum(numbers(came["actual"], question.LABELS)) > 0
    units = []

    def mean_loss(answers):
        checked = check(answers, question, cases)
        full = question.complete(checked, lambda: usual, past, cases).predictions
        found = question.loss(full, past, later, cases)
        assert found.column_names == [*question.UNIT, "loss", "weight"]
        units.append(found.select(list(question.UNIT)))
        return float(np.average(found["loss"].to_numpy(), weights=found["weight"].to_numpy()))

    for rung in references(question):
        usual = said(name, rung, past, cases)
        truth = mean_loss(toy.truth(SEED, cases, history.ask.horizon))
        assert truth < mean_loss(usual) < mean_loss(toy.nonsense(usual)), rung
    assert units[0].equals(units[1])
    assert units[0].equals(units[2])


def test_some_drawn_by_lot_are_judged_as_they_are_among_all(name, history):
    """So a sample of the cases tells of all of them: whose lot it is does not depend on who else is there."""
    question, toy = (
        questions.load(name),
        importlib.import_module(f"stepladder.questions.{name}.toy"),
    )
    past = history.at(toy.NOW) if timed(question) else history
    everybody, lots = everyone(question, past), drawn(question, past, 0.5)[0]
    ask = history.ask.model_copy(update={"sample": 100})
    if share(question, replace(past, ask=ask)) == 1 or not timed(question):
        return  # all are asked about at once
    rows, mine = everybody.to_pylist(), lots.to_pylist()
    assert [row for row in rows if row in mine] == mine
    assert 0.3 * len(rows) < len(mine) < 0.7 * len(rows)

    def found(cases):
        usual = said(name, references(question)[0], past, cases)
        truth = check(toy.truth(SEED, cases, history.ask.horizon), question, cases)
        full = question.complete(truth, lambda: usual, past, cases).predictions
        return question.loss(full, past, history, cases).to_pylist()

    losses = [
        {tuple(row[n] for n in question.UNIT): row for row in found(cases)}
        for cases in (everybody, lots)
    ]
    assert losses[1]
    assert all(losses[0][unit] == pytest.approx(row) for unit, row in losses[1].items())


def timed(question) -> bool:
    return any(spec.time for spec in question.TABLES)


def said(name, called, past, cases):
    rung = next(r for r in ladder(questions.folder(name)) if r.name == called)
    return check(rung.predict(rung.fit(past), past, cases), questions.load(name), cases)


def test_measures_are_sentences(name, history):
    question = questions.load(name)
    last = list(question.holdouts(history))[-1]
    past, later = last.past, last.later
    cases = everyone(question, past) if timed(question) else last.cases
    reference = said(name, references(question)[0], past, cases)
    full = question.complete(reference, lambda: reference, past, cases).predictions
    rows = question.measures(full, past, later, cases).to_pylist()
    assert rows
    assert all(row["sentence"] and np.isfinite(row["value"]) for row in rows)
