"""What every rung is held to, found on disk: the questions' own, and those in $STEPLADDER_RUNGS."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.core import model as models
from stepladder.core.cases import everyone
from stepladder.core.history import History
from stepladder.core.predictions import check, places
from stepladder.core.question import Question, references
from stepladder.core.rung import Rung, ladder
from stepladder.questions.question_toml import load, parse

SEED = 7
OWN = Path(os.environ.get("STEPLADDER_RUNGS", "/nonexistent"))
OWN_QUESTION = (  # of the project whose rungs they are
    load(OWN.parent / "question.toml").question if OWN.is_dir() else ""
)
RUNGS = [
    # whoever runs this suite on rungs of their own runs them in it
    pytest.param((name, replace(rung, free="a test's own")), id=f"{name}/{rung.name}")
    for name in questions.names()
    for rung in ladder(questions.folder(name), *([OWN] if name == OWN_QUESTION else []))
    if not rung.engine  # one that stands on Spark alone is held to this in tests/spark
]


Tables = dict[str, pa.Table]
Change = Callable[[Question, object, Tables], Tables]


def world(name: str, rung: Rung):
    """The question's toy world, or another where the rung stands: toy_….py, with settings of its own."""
    more = sorted(path.stem for path in questions.folder(name).glob("toy_*.py"))
    toys = [importlib.import_module(f"stepladder.questions.{name}.{toy}") for toy in ("toy", *more)]
    return next(toy for toy in toys if rung.stands(parse(toy.ASK)))


@dataclass(frozen=True)
class Stage:
    """A question, its toy world written to disk, and one rung."""

    name: str
    question: Question
    toy: object
    history: History
    rung: Rung
    folder: Path

    @cached_property
    def fitted(self) -> models.Model:
        """What it learnt; once, for that is most of the time all this takes."""
        return self.rung.fit(self.history)

    @cached_property
    def everyone(self) -> pa.Table:
        """What it says of every case."""
        return self.said(self.fitted, self.history, everyone(self.question, self.history))

    def said(self, fitted: models.Model, history: History, cases: pa.Table) -> pa.Table:
        return check(self.rung.predict(fitted, history, cases), self.question, cases)

    def changed(self, *changes: Change) -> History:
        return written(self.question, self.toy, self.folder, *changes)

    def answer(self, history: History, cases: pa.Table | None = None) -> pa.Table:
        cases = everyone(self.question, history) if cases is None else cases
        return self.said(self.rung.fit(history), history, cases)


WRITTEN: dict[tuple[str, str], History] = {}  # the worlds of a question, once for all its rungs
YARDSTICKS: dict[str, tuple[pa.Table, float, float]] = {}  # and what their gain is measured by


@pytest.fixture(scope="module", params=RUNGS)
def stage(request, tmp_path_factory) -> Stage:
    name, rung = request.param
    question, toy = questions.load(name), world(name, rung)
    folder = tmp_path_factory.mktemp("stage")
    return Stage(name, question, toy, written(question, toy, folder), rung, folder)


def written(question: Question, toy, folder: Path, *changes: Change) -> History:
    """A question's toy world on disk, after these changes."""
    key = (toy.__name__, " ".join(change.__name__ for change in changes))
    if key in WRITTEN:
        return WRITTEN[key]
    tables = toy.tables(SEED)
    for change in changes:
        tables = change(question, toy, tables)
    paths = {}
    for spec in question.TABLES:
        path = folder / f"{spec.name}-{len(changes)}-{len(list(folder.iterdir()))}.parquet"
        pq.write_table(tables[spec.name], path)
        paths[spec.name] = (str(path), spec.time)
    ask = parse(toy.ASK)
    views = tuple(question.views(ask).items())
    WRITTEN[key] = History(toy.NOW, ask, paths, views=views)
    return WRITTEN[key]


def poisoned(question: Question, toy, tables: Tables) -> Tables:
    """Whatever happens from now on, however absurd."""
    found = {}
    for spec in question.TABLES:
        rows = tables[spec.name]
        if spec.time is None:
            found[spec.name] = rows
            continue
        now = pa.scalar(toy.NOW).cast(rows[spec.time].type)
        past = rows.filter(pc.less(rows[spec.time], now))
        later = past.set_column(
            past.column_names.index(spec.time),
            spec.time,
            pa.repeat(now, past.num_rows),
        )
        found[spec.name] = pa.concat_tables([past, later, later])
    return found


def shuffled(question: Question, toy, tables: Tables) -> Tables:
    """The rows in another order."""
    rng = np.random.default_rng(SEED)
    return {name: rows.take(rng.permutation(rows.num_rows)) for name, rows in tables.items()}


def as_text(question: Question, toy, tables: Tables) -> Tables:
    """Ids with leading zeros are text, in the same order."""
    return {name: texts(question, rows) for name, rows in tables.items()}


def texts(question: Question, rows: pa.Table) -> pa.Table:
    for key in question.KEYS:
        if key in rows.column_names and pa.types.is_integer(rows[key].type):
            values = rows[key].to_pylist()
            text = pa.array([v if v is None else f"{v:08d}" for v in values], pa.string())
            rows = rows.set_column(rows.column_names.index(key), key, text)
    return rows


def alike(a: pa.Table, b: pa.Table) -> None:
    assert a.column_names == b.column_names
    for name in a.column_names:
        if pa.types.is_floating(a[name].type):
            left, right = (t[name].to_numpy(zero_copy_only=False) for t in (a, b))
            np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-12)
        else:
            assert a[name].to_pylist() == b[name].to_pylist(), name


def only(answers: pa.Table, case: pa.Table) -> pa.Table:
    """The answers to one case."""
    return answers.filter(pc.is_valid(places(answers, case, case.column_names)))


def test_it_says_what_it_does_in_a_sentence(stage):
    assert stage.rung.title.endswith("."), "the first line is a sentence for the business"
    assert len(stage.rung.title) > 30


def test_it_keeps_the_contract(stage):
    answers = stage.everyone
    asked = everyone(stage.question, stage.history).num_rows
    assert answers["prediction"].null_count <= (asked // 20 if answers.num_rows > asked else 0)
    for name, kind in stage.question.EXTRAS.items():
        known = pc.drop_null(answers[name])
        if kind == "share" and len(known):
            assert pc.min(known).as_py() >= 0
            assert pc.max(known).as_py() <= 1


def test_neither_the_future_nor_the_order_of_rows_nor_the_type_of_ids_matters(stage):
    """All at once: whoever bears them together bears each. Where it does not, one after another."""
    wanted = texts(stage.question, stage.everyone)
    try:
        alike(wanted, stage.answer(stage.changed(poisoned, shuffled, as_text)))
    except Exception:
        alike(stage.everyone, stage.answer(stage.changed(poisoned)))
        alike(stage.everyone, stage.answer(stage.changed(shuffled)))
        alike(wanted, stage.answer(stage.changed(as_text)))
        raise


def test_alone_it_answers_as_in_a_crowd(stage):
    cases = everyone(stage.question, stage.history)
    for i in (0, cases.num_rows // 2, cases.num_rows - 1):
        alone = stage.said(stage.fitted, stage.history, cases.slice(i, 1))
        alike(alone, only(stage.everyone, cases.slice(i, 1)))
    if stage.question.adds_up(stage.history.ask):
        return
    third = cases.num_rows // 3  # as everybody is asked about at night, where they are many
    parts = [cases.slice(0, third), cases.slice(third)]
    said = [stage.said(stage.fitted, stage.history, part) for part in parts]
    alike(pa.concat_tables(said), stage.everyone)


def test_without_the_rows_of_others_it_answers_as_with_them(stage):
    """What it learnt of all is in its model: on a cluster, and as a newcomer, a case has its own rows."""
    if stage.rung.name in getattr(stage.toy, "NEED_OTHERS", ()):
        pytest.skip("it says that it needs them")
    if stage.question.adds_up(stage.history.ask):
        pytest.skip("where answers add up, all are asked about at once")
    cases = everyone(stage.question, stage.history)
    few = cases.take([0, cases.num_rows // 2, cases.num_rows - 1])
    alike(stage.said(stage.fitted, of_these(stage, few), few), only(stage.everyone, few))


def of_these(stage: Stage, cases: pa.Table) -> History:
    """The same history without any row of another case; tables that name none, and derived ones, whole."""
    history, tables = stage.history, {}
    for name, time in [
        *((spec.name, spec.time) for spec in stage.question.TABLES),
        *((name, None) for name in stage.question.DERIVED),
    ]:
        whole = name in stage.question.DERIVED
        columns = history.sql(f"select * from {name} limit 0").column_names
        theirs = not whole and set(stage.question.CASE) <= set(columns)
        using = f"semi join cases using ({', '.join(stage.question.CASE)})" if theirs else ""
        pq.write_table(
            history.sql(f"select * from {name} {using}", cases), stage.folder / f"{name}-of-these"
        )
        tables[name] = (str(stage.folder / f"{name}-of-these"), time)
    return replace(history, tables=tables)


def test_a_stranger_does_not_crash_it(stage):
    cases = everyone(stage.question, stage.history)
    strange = pa.table(
        {key: pa.array(["987654321"]).cast(cases[key].type) for key in cases.column_names}
    )
    both = pa.concat_tables([cases.slice(0, 1), strange])
    answers = stage.said(stage.fitted, stage.history, both)
    assert only(answers, strange).num_rows
    assert answers["prediction"][0].is_valid


def test_saved_it_is_as_unsaved(stage, tmp_path):
    models.save(stage.fitted, tmp_path / "model")
    cases = everyone(stage.question, stage.history)
    loaded = models.load(tmp_path / "model")
    a, b = (stage.rung.predict(m, stage.history, cases) for m in (stage.fitted, loaded))
    assert a.equals(b)


def test_the_same_input_gives_the_same_bytes(stage, tmp_path):
    again, cases = stage.rung.fit(stage.history), everyone(stage.question, stage.history)
    hashes = {models.save(m, tmp_path / str(i)) for i, m in enumerate((stage.fitted, again))}
    assert len(hashes) == 1
    assert stage.said(again, stage.history, cases).equals(stage.everyone)


def test_it_recovers_the_truth_as_its_height_promises(stage):
    """Of the gain an all-knowing being has over the reference, it has the share its height promises."""
    question, history = stage.question, stage.history
    ahead = timedelta(days=history.ask.known_after)
    later = replace(history, now=history.now + ahead)
    cases, ours = everyone(question, history), stage.everyone
    if not any(spec.time for spec in question.TABLES):  # folds: labels are left out, and asked for
        last = list(question.holdouts(history))[-1]
        history, later, cases = last.past, last.later, last.cases
        ours = stage.answer(history, cases)
    if stage.toy.__name__ not in YARDSTICKS:
        YARDSTICKS[stage.toy.__name__] = yardstick(stage, history, later, cases)
    reference, base, omniscient = YARDSTICKS[stage.toy.__name__]
    mean = mean_loss(stage, ours, reference, history, later, cases)
    gain = (base - mean) / (base - omniscient)
    assert gain >= stage.toy.PROMISE[stage.rung.height], f"recovers {gain:.2f} of what can be known"


def yardstick(
    stage: Stage, history: History, later: History, cases: pa.Table
) -> tuple[pa.Table, float, float]:
    """What the reference says, and the losses of it and of a being that knows everything."""
    rungs = ladder(questions.folder(stage.name))
    may_be = [rung for rung in rungs if rung.name in references(stage.question)]
    usual = [replace(stage, rung=rung).answer(history, cases) for rung in may_be]
    each = [mean_loss(stage, t, t, history, later, cases) for t in usual]
    base, reference = min(zip(each, usual, strict=True), key=lambda one: one[0])
    known = check(stage.toy.truth(SEED, cases, history.ask.horizon), stage.question, cases)
    return reference, base, mean_loss(stage, known, reference, history, later, cases)


def mean_loss(stage, answers, reference, history, later, cases) -> float:
    question = stage.question
    full = question.complete(answers, lambda: reference, history, cases).predictions
    return float(np.mean(question.loss(full, history, later, cases)["loss"].to_numpy()))
