"""Neighbours, EASE and ALS against their formulas, and their reasons against their scores."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from stepladder.questions.recommend import matrix, r3_ease, r3_item_neighbours, r4_als
from stepladder.questions.recommend.als.half_step import Penalty, axes, solve
from stepladder.questions.recommend.matrix import Csr, Matrix, Scores
from stepladder.questions.recommend.tuning import best_setting

RUNGS = {rung.__name__.split(".")[-1]: rung for rung in (r3_item_neighbours, r3_ease, r4_als)}


@pytest.fixture(params=RUNGS.values(), ids=RUNGS)
def rung(request):
    return request.param


@pytest.fixture(scope="module")
def world() -> Matrix:
    """300 persons × 40 items of two kinds."""
    rng = np.random.default_rng(5)
    likes = rng.random((300, 40)) < np.where(
        (np.arange(300)[:, None] + np.arange(40)) % 2, 0.03, 0.3
    )
    indptr = np.concatenate([[0], np.cumsum(likes.sum(1))]).astype(np.int64)
    age = rng.integers(0, 100, indptr[-1]).astype(np.int32)
    rows = Csr(indptr, np.nonzero(likes)[1].astype(np.int32), matrix.strength(age, 28, 3.0))
    return Matrix(pa.array(range(300)), pa.array(range(40)), rows, age)


def learnt(rung, world: Matrix, **setting) -> dict:
    more = {r3_item_neighbours: {"megabytes": 200}, r4_als: {"seed": 1}}.get(rung, {})
    return rung.learnt(world, rung.Setting(**setting), **more)


def exact(scores: Scores) -> np.ndarray:
    if scores.exact is None:
        return scores.quick
    row, column = np.indices(scores.quick.shape)
    return scores.exact(row.ravel(), column.ravel()).reshape(row.shape)


def test_neighbours_are_shrunk_cosines_of_each_items_nearest(world):
    model = learnt(r3_item_neighbours, world, own=0.5, shrink=10.0, neighbours=40)
    x = matrix.scipy_of(world.by_person, 40).toarray().astype(float)
    together, size = x.T @ x, (x**2).sum(0)
    cosine = together / (np.sqrt(np.outer(size, size)) + 10)
    np.fill_diagonal(cosine, 0)
    near = Csr(model["indptr"], model["indices"], model["likeness"])
    np.testing.assert_allclose(matrix.scipy_of(near, 40).toarray(), cosine, rtol=1e-5, atol=1e-7)
    few = learnt(r3_item_neighbours, world, own=0.5, shrink=10.0, neighbours=12)
    near = matrix.scipy_of(Csr(few["indptr"], few["indices"], few["likeness"]), 40).toarray()
    nearest = np.argsort(-cosine, axis=0, kind="stable")[:12]
    for item in range(40):
        assert set(nearest[:, item]) <= set(np.flatnonzero(near[:, item]))
    assert (np.count_nonzero(near, axis=1) >= 10).all(), "every item speaks for some"


def test_ease_solves_its_least_squares(world):
    model = learnt(r3_ease, world, ridge=20.0)
    x = matrix.scipy_of(world.by_person, 40).toarray().astype(float)
    ridge = 20 * np.mean(world.by_person.data.astype(float) ** 2)
    weights = model["weights"].astype(float)
    assert (np.diag(weights) == 0).all()
    slope = x.T @ x @ weights - x.T @ x + ridge * weights
    np.fill_diagonal(slope, 0)  # the diagonal is held at zero, everything else is at its best
    assert np.abs(slope).max() < 1e-3 * np.abs(x.T @ x).max() * 0.01


def test_a_taste_is_what_a_half_step_finds(world):
    model = learnt(r4_als, world)
    vectors, sizes = axes(model["figures"])
    penalty = Penalty(model["shrink"], model["weight"], 1.0)
    found = solve(model["figures"] @ vectors, sizes, world.by_person, penalty, 40) @ vectors.T
    own = np.array([r4_als.taste(model, world.by_person, i) for i in range(300)])
    np.testing.assert_allclose(own, found, rtol=1e-3, atol=1e-4)


def test_the_reasons_add_up_to_the_score(rung, world):
    model = learnt(rung, world)
    for person in (0, 7, 299):
        row = world.by_person.chosen(np.array([person]))
        scores = exact(rung.score(model, row))[0]
        added = [rung.parts(model, row, item).sum() for item in range(40)]
        np.testing.assert_allclose(added, scores, rtol=1e-4, atol=1e-5)


def test_people_are_shown_their_own_kind(rung, world):
    """Of what they lack, nearly all at the top is of the kind that they mostly took."""
    scores = exact(rung.score(learnt(rung, world, recency=0.0), world.by_person)).copy()
    owner = np.repeat(np.arange(300), world.by_person.lengths)
    scores[owner, world.by_person.indices] = -np.inf
    first = np.argmax(scores, axis=1)
    assert np.mean((first + np.arange(300)) % 2 == 0) > 0.95


def test_why_points_at_the_latest_rows_of_the_persons_own(rung, shop):
    history = shop("min_support = 1")
    late = pa.table(
        {
            "person": [77, 77, 77], "item": [10, 10, 12], "value": [1.0] * 3, "row": [901, 902, 903],
            "time": pa.array([datetime(2024, 2, d) for d in (1, 9, 5)], pa.timestamp("us")),
        }
    )  # fmt: skip
    model = rung.fit(history)
    answers = pa.table({"person": [77, 77, 4, 987], "item": [13, 99, 10, 10]})
    found = rung.why(model, history.plus(interactions=late), answers)
    said = {(r["person"], r["item"]): r["why"] for r in found.to_pylist()}
    assert len(said) == 4
    assert set(said[77, 13]) <= {902, 903}
    assert said[77, 13], "somebody who took 10 and 12 also took 13"
    assert said[4, 10] == [11]
    assert said[987, 10] == [], "a stranger has nothing that could speak for anything"


@pytest.mark.parametrize("taken", [[(1, 1)], [(1, 1), (1, 2)], [(1, 1), (2, 1)]])
def test_one_person_or_one_item_is_no_error(rung, taken, shop, tmp_path):
    from dataclasses import replace

    import pyarrow.parquet as pq

    history = shop("min_support = 1\nalready_seen = true", "memory_mb = 300")
    rows = pa.table(
        {
            "person": [p for p, _ in taken], "item": [i for _, i in taken], "value": [1.0] * len(taken),
            "row": range(len(taken)),
            "time": pa.array([datetime(2024, 2, 1)] * len(taken), pa.timestamp("us")),
        }
    )  # fmt: skip
    pq.write_table(rows, tmp_path / "few.parquet")
    history = replace(
        history, tables={**history.tables, "interactions": (str(tmp_path / "few.parquet"), "time")}
    )
    found = rung.predict(rung.fit(history), history, pa.table({"person": [1, 5]}))
    assert set(found["person"].to_pylist()) == {1, 5}
    assert np.isfinite(found["prediction"].drop_null().to_numpy()).all()


def test_ease_says_how_many_items_it_was_learnt_on(shop, monkeypatch):
    monkeypatch.setattr(r3_ease, "MOST_ITEMS", 2)
    model = r3_ease.fit(shop("min_support = 1"))
    assert model["weights"].shape == (2, 2)
    assert model["warnings"].startswith("It was learnt on the 2 most taken of 7 items")


def test_the_better_setting_is_found_on_the_rungs_own_past(tmp_path):
    import pyarrow.parquet as pq

    from stepladder.core.history import History
    from stepladder.questions.question_toml import parse
    from stepladder.questions.recommend import toy
    from stepladder.questions.recommend.rules import views

    tables = {}
    for name, table in toy.tables(3).items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
        tables[name] = (
            str(tmp_path / f"{name}.parquet"),
            "time" if name == "interactions" else None,
        )
    ask = parse(toy.ASK)
    history = History(toy.NOW, ask, tables, views=tuple(views(ask).items()))
    known = matrix.known(history, ask.settings.min_support)
    good, bad = r3_ease.Setting(ridge=50.0), r3_ease.Setting(ridge=1e-3)

    def found(settings, history=history):
        return best_setting(history, known, settings, r3_ease.learnt, r3_ease.score)

    assert found((bad, good)) == found((good, bad)) == good
    # on a past too short to tell, the first
    assert found((bad, good), history.at(toy.START + timedelta(days=20))) == bad
