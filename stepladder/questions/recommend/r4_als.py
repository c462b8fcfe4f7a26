"""Matching tastes: a few dozen figures for each person and item, such that people match what they took (ALS).

Alternating least squares for implicit feedback (Hu, Koren & Volinsky, 2008), its penalty in proportion to
what is known of a row (Rendle et al., "Revisiting the performance of iALS on item recommendation
benchmarks", RecSys 2022). Only the items' figures are kept: everybody's own are worked out from their
likes when they are asked about, so that a late-comer needs no learning anew. Recent likes count more.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.questions.recommend import als, matrix
from stepladder.questions.recommend.matrix import Csr, Matrix, Scores
from stepladder.questions.recommend.tuning import best_setting
from stepladder.questions.recommend.why import because

ITERATIONS = 10
Floats = NDArray[np.float64]


class Setting(NamedTuple):
    """How tastes are measured.

    recency: see matrix.strength. pull: what was liked weighs so much of what was not, all pairs together;
    about .05 wherever the literature tells, be the matrix a fortieth full or a thousandth. penalty: how
    strongly figures are drawn to zero, over the root of the number of persons: the more are learnt from,
    the less. factors: how many figures.
    """

    recency: float = 5.0
    pull: float = 0.05
    penalty: float = 0.8
    factors: int = 64


TRIED = (
    Setting(),
    Setting(recency=30.0, pull=0.03),
    Setting(recency=300.0, pull=0.04),
    Setting(recency=0.0),
    Setting(penalty=1.2),
)


def fit(history: History) -> Model:
    """Find the items' figures, on everybody's likes."""
    known = matrix.known(history, history.ask.settings.min_support)
    learn = partial(learnt, seed=history.ask.seed)
    setting = best_setting(history, known, TRIED, learn, score)
    weighed = known.reweighed(history.ask.horizon, setting.recency)
    return {
        "items": pa.table({"item": known.items}),
        **setting._asdict(),
        **learn(weighed, setting),
    }


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """What matches the taste of each case; null for whoever has nothing yet."""
    items = model["items"]["item"].combine_chunks()
    return matrix.answer(history, cases, items, model["recency"], partial(score, model))


def why(model: Model, history: History, answers: pa.Table) -> pa.Table:
    """The person's own items that add most to the item's score."""
    items = model["items"]["item"].combine_chunks()
    return because(history, answers, items, model["recency"], partial(parts, model))


def parts(model: Model, row: Csr, item: int) -> Floats:
    """What each of a person's items adds to the score of another (Hu et al., section 5)."""
    square, own, confidence = _system(model, row)
    toward = np.linalg.solve(square, model["figures"][item].astype(float))
    return np.asarray((own @ toward) * confidence)


def learnt(known: Matrix, setting: Setting, seed: int) -> Model:
    """figures: items × factors; gram: what all items say together; weight: of a like of strength 1."""
    rows, n = known.by_person, len(known.items)
    liked = float(rows.data.sum(dtype=float))
    weight = setting.pull * rows.rows * n / liked if liked else 1.0
    factors = min(setting.factors, n)
    penalty = setting.penalty / max(rows.rows, 1) ** 0.5
    figures = als.fit(
        rows, n, factors=factors, regularization=penalty, weight=weight,
        scaling=1.0, iterations=ITERATIONS, seed=seed,
    )  # fmt: skip
    gram = figures.T.astype(float) @ figures
    return {"figures": figures, "gram": gram, "weight": weight, "shrink": penalty}


def score(model: Model, rows: Csr) -> Scores:
    """How well each row's taste matches each item."""
    tastes = np.array([taste(model, rows, i) for i in range(rows.rows)])
    figures = model["figures"]

    def exact(row: NDArray[np.int64], item: NDArray[np.int64]) -> Floats:
        return np.asarray(np.einsum("nf,nf->n", tastes[row], figures[item].astype(float)))

    return Scores(tastes.astype(np.float32) @ figures.T, exact)


def taste(model: Model, rows: Csr, i: int) -> Floats:
    """One row's exact figures, worked out alone: next to others its last digits would differ."""
    part = slice(rows.indptr[i], rows.indptr[i + 1])
    square, own, confidence = _system(
        model, Csr(rows.indptr[:2], rows.indices[part], rows.data[part])
    )
    return np.asarray(np.linalg.solve(square, confidence @ own))


def _system(model: Model, row: Csr) -> tuple[Floats, Floats, Floats]:
    """(YᵀY + λI + Σ w y yᵀ), the row's own items y, and their confidence 1 + w."""
    own = model["figures"][row.indices].astype(float)
    extra = model["weight"] * row.data.astype(float)
    square = model["gram"] + (own * extra[:, None]).T @ own
    total = len(model["figures"]) + extra.sum()
    square[np.diag_indices_from(square)] += model["shrink"] * total
    return square, own, 1 + extra
