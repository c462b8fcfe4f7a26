"""Items explain items: what people took is explained by what else they took, pair by pair (EASE).

EASE, the closed form of Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019), on the
items that most people took: its cost grows with the cube of their number. Recent interactions count more.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stepladder.core.errors import CannotStand
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.questions.recommend import matrix
from stepladder.questions.recommend.matrix import Csr, Matrix, Scores
from stepladder.questions.recommend.tuning import best_setting
from stepladder.questions.recommend.why import because

LATEST = 500  # items of a person: pairs grow with the square
MOST_ITEMS = 5_000  # some 10 seconds and 400 MB
TRIED_ON = 1_200  # items on which settings are tried


class Setting(NamedTuple):
    """recency: see matrix.strength; ridge: λ, how much must speak for a weight, in average interactions."""

    recency: float = matrix.RECENCY
    ridge: float = 500.0


TRIED = (Setting(), Setting(ridge=150.0), Setting(ridge=1500.0), Setting(0.0), Setting(0.0, 150.0))


def fit(history: History) -> Model:
    """Weigh every pair of the most taken items, as many as memory and time allow."""
    known = matrix.known(history, history.ask.settings.min_support)
    most = min(MOST_ITEMS, int((history.ask.memory_mb * 1e6 * 0.4 / 20) ** 0.5))
    chosen = known.of_most_taken(most)
    setting = best_setting(history, known, TRIED, learnt, score, min(TRIED_ON, most))
    weighed = chosen.reweighed(history.ask.horizon, setting.recency)
    model = {
        "items": pa.table({"item": chosen.items}),
        **setting._asdict(),
        **learnt(weighed, setting),
    }
    if most < len(known.items):
        model["warnings"] = (
            f"It was learnt on the {most:,} most taken of {len(known.items):,} items, and recommends no "
            "others. Show the others elsewhere."
        )
    return model


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """What each case's items speak for; null for whoever has nothing yet."""
    items = model["items"]["item"].combine_chunks()
    return matrix.answer(history, cases, items, model["recency"], partial(score, model))


def why(model: Model, history: History, answers: pa.Table) -> pa.Table:
    """The person's own items whose weights speak most for the item."""
    items = model["items"]["item"].combine_chunks()
    return because(history, answers, items, model["recency"], partial(parts, model))


def parts(model: Model, row: Csr, item: int) -> NDArray[Any]:
    """What each of a person's items adds to the score of another, or takes from it."""
    return np.asarray(row.data * model["weights"][row.indices, item])


def learnt(known: Matrix, setting: Setting) -> Model:
    """weights: items × items, B = I − P / diag(P) with P the inverse of XᵀX + λI."""
    rows = matrix.latest(known.by_person, known.age, LATEST)
    together = _together(matrix.scipy_of(rows, len(known.items)))
    average = float(np.mean(np.square(rows.data, dtype=float))) if len(rows.data) else 1.0
    together[np.diag_indices_from(together)] += setting.ridge * average
    precision = _inverse(together)
    weights = np.divide(precision, -np.diag(precision), out=precision)
    np.fill_diagonal(weights, 0.0)
    # row by row, as a product with sparse rows reads them
    return {"weights": weights.astype(np.float32, order="C")}


def score(model: Model, rows: Csr) -> Scores:
    """The sum of the weights of all that a person has, each as strong as their liking."""
    weights = model["weights"]
    return Scores(np.asarray(matrix.scipy_of(rows, len(weights)) @ weights))


def _together(rows: Any) -> NDArray[np.float64]:
    """The half of XᵀX below its diagonal, dense, some columns at a time."""
    by_item = rows.T.tocsr()
    out = np.zeros((rows.shape[1], rows.shape[1]), order="F")
    for start in range(0, len(out), 250):
        some = by_item[start : start + 250] @ rows[:, start:]
        out[start:, start : start + 250] = some.toarray().T
    return out


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of a symmetric positive matrix, in its own place (LAPACK's potrf and potri)."""
    from scipy.linalg.lapack import dpotrf, dpotri

    factor, failed = dpotrf(matrix, lower=1, overwrite_a=1)
    if failed:
        raise CannotStand(
            "needs interactions that are finite numbers; the weights could not be solved"
        )
    inverse, _ = dpotri(factor, lower=1, overwrite_c=1)
    upper = np.triu_indices(250, 1)
    for a in range(0, len(inverse), 250):  # mirrored block by block: the half is all it writes
        inverse[a : a + 250, a + 250 :] = inverse[a + 250 :, a : a + 250].T
        block = inverse[a : a + 250, a : a + 250]
        inside = upper if len(block) == 250 else np.triu_indices(len(block), 1)
        block[inside] = block.T[inside]
    return np.asarray(inverse)
