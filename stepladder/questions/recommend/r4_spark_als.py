"""Matching tastes, on a cluster: a few dozen figures of taste for every item (ALS of Spark MLlib).

For interactions that outgrow one machine. Only the figures of the items come back; a person's own are
reckoned from what they have when they are asked about, so somebody new is answered like everybody else.
Implicit feedback: Hu, Koren & Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (2008).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stepladder.core.errors import CannotStand
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.questions.recommend import matrix
from stepladder.questions.recommend.matrix import Csr, Scores

ENGINE = "spark"
FACTORS = 64
ITERATIONS = 10
WEIGHT = 1.0  # how much surer an interaction of strength 1 is than none
PULL = 0.3  # towards zero, for each entry of a row
# MLlib takes small whole numbers only, so ids of any kind are numbered; strengths as in matrix.strength
CODES = """
select item, cast(row_number() over (order by item) - 1 as integer) as code
from support where raters >= {least} order by item
"""
ENTRIES = """
with persons as (
  select person, cast(row_number() over (order by person) - 1 as integer) as code
  from (select distinct person from likes) as p
),
latest as (
  select persons.code as person, codes.code as item,
    coalesce(min(date_diff('day', cast(likes.time as date), ask.now)), 0) as age,
    max(ask.horizon) as horizon
  from likes join codes on likes.item = codes.item join persons on likes.person = persons.person
    cross join ask
  group by persons.code, codes.code
)
select person, item, cast(1.0 + {recency} * pow(2.0, -1.0 * age / horizon) as float) as strength
from latest
"""


def fit(history: History) -> Model:
    """Let Spark work out the figures of every item that enough persons took."""
    if not hasattr(history, "frame"):
        raise CannotStand('needs Spark: set engine = "spark" in question.toml')
    codes = history.sql(CODES.format(least=history.ask.settings.min_support))
    items = codes.num_rows
    if not items:
        raise CannotStand("needs items that enough persons took; there was none")
    entries = history.frame(ENTRIES.format(recency=matrix.RECENCY), codes=codes)
    rank = max(1, min(FACTORS, items // 10))  # few items hold few tastes
    # as many parts as Spark makes of any table, and no more than it takes by itself
    parts = min(10, int(entries.sparkSession.conf.get("spark.sql.shuffle.partitions")))
    fitted = _als(rank, parts, history.ask.seed).fit(entries.orderBy("person", "item"))
    found = fitted.itemFactors.toArrow()
    factors = np.zeros((items, rank), np.float32)  # an item that nobody liked has no taste
    flat = found["features"].combine_chunks().flatten()
    factors[found["id"].to_numpy()] = flat.to_numpy().reshape(-1, rank)
    return {"items": codes.select(["item"]), "factors": factors}


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """What suits each case's taste; null for whoever has nothing yet."""
    items = model["items"]["item"].combine_chunks()
    found = partial(score, model["factors"], model["factors"].T @ model["factors"])
    return matrix.answer(history, cases, items, matrix.RECENCY, found)


def score(factors: NDArray[Any], square: NDArray[Any], rows: Csr) -> Scores:
    """How well each item's figures match the person's."""
    tastes = np.array([
        taste(factors, square, rows.indices[a:b], rows.data[a:b])
        for a, b in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
    ]).reshape(rows.rows, factors.shape[1])  # fmt: skip

    def exact(row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray((tastes[row] * factors[column].astype(float)).sum(axis=1))

    return Scores(tastes.astype(np.float32) @ factors.T, exact)


def taste(
    factors: NDArray[Any], square: NDArray[Any], items: NDArray[np.int32], data: NDArray[np.float32]
) -> NDArray[np.float64]:
    """A person's own figures, from what they have: the step that MLlib takes for each person."""
    if not len(items):
        return np.zeros(factors.shape[1])
    own = factors[items].astype(float)
    surer = WEIGHT * data.astype(float)
    left = square + (own.T * surer) @ own
    left[np.diag_indices_from(left)] += PULL * len(items)
    return np.asarray(np.linalg.solve(left, own.T @ (1 + surer)))


def _als(rank: int, parts: int, seed: int) -> Any:
    from pyspark.ml.recommendation import ALS

    columns = {"userCol": "person", "itemCol": "item", "ratingCol": "strength"}
    return ALS(
        rank=rank, maxIter=ITERATIONS, regParam=PULL, alpha=WEIGHT, implicitPrefs=True,
        coldStartStrategy="drop", numUserBlocks=parts, numItemBlocks=parts, seed=seed, **columns,
    )  # fmt: skip
