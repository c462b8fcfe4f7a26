"""Lists made where only some persons' rows lie are those made among everybody's, for every rung."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.core import model as models
from stepladder.core.asking import Taught, answered, explained
from stepladder.core.cases import everyone
from stepladder.core.history import History
from stepladder.core.predictions import check
from stepladder.core.rung import ladder
from stepladder.questions.question_toml import parse
from stepladder.questions.recommend import toy, tuning

RULES = 'exclude = {kind = ["5"]}\nat_most = {kind = 2}\n'
QUESTION = questions.load("recommend")
RUNGS = {rung.name: rung for rung in ladder(questions.folder("recommend"))}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """What was known of all, and of a bucket of persons alone, with items and derived views whole."""
    folder, ask = tmp_path_factory.mktemp("buckets"), parse(toy.ASK + RULES)
    tables = {
        spec.name: (str(folder / f"{spec.name}.parquet"), spec.time) for spec in QUESTION.TABLES
    }
    for name, rows in toy.tables(1).items():
        pq.write_table(rows, tables[name][0])
    whole = History(toy.NOW, ask, tables, views=tuple(QUESTION.views(ask).items()))
    for name in QUESTION.DERIVED:
        pq.write_table(whole.sql(f"select * from {name}"), folder / f"{name}.parquet")
        tables[name] = (str(folder / f"{name}.parquet"), None)
    pq.write_table(
        whole.sql("select * from interactions where person % 40 = 0"), folder / "some.parquet"
    )
    some = {**tables, "interactions": (str(folder / "some.parquet"), "time")}
    return replace(whole, tables=tables), replace(whole, tables=some)


def learnt(name: str, history: History):
    """What a rung learns; of the one that learns on Spark, figures that might have come from there."""
    if not RUNGS[name].engine:
        return RUNGS[name].fit(history)
    items = history.sql("select item from support order by item")
    return {"items": items, "factors": np.random.default_rng(1).random((len(items), 8), np.float32)}


@pytest.mark.parametrize("name", RUNGS)
def test_a_bucket_of_persons_is_answered_as_among_everybody(known, name, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "LARGEST", 0)  # any setting will do
    models.save(learnt(name, known[0]), tmp_path / "model")
    model, usual = models.load(tmp_path / "model"), learnt(QUESTION.REFERENCE, known[0])

    def lists(history: History, cases: pa.Table) -> pa.Table:
        raw, foot = (
            check(RUNGS[rung].predict(it, history, cases), QUESTION, cases)
            for rung, it in ((name, model), (QUESTION.REFERENCE, usual))
        )
        found = answered(QUESTION, raw, lambda: foot, history, cases, Taught()).predictions
        why = RUNGS[name].why(model, history, found.filter(pc.is_valid(found["prediction"])))
        # reasons that no rung gives are found among everybody's rows
        return found if why is None else explained(QUESTION, history, found, why)

    whole, some = known
    cases = everyone(QUESTION, some)
    mine = lists(some, cases)
    assert mine.num_rows > 5 * cases.num_rows > 50
    assert mine.equals(lists(whole, cases))
