"""Near items: those that the same people took; each is shown what lies nearest to theirs (neighbours).

The cosine of two items over persons, drawn towards zero where little speaks for it, and kept for each
item's nearest neighbours alone (Sarwar et al., 2001; Deshpande & Karypis, 2004; the uneven cosine is
Aiolli's, 2013). Learnt from each person's latest 300 items; recent ones count more.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.questions.recommend import matrix
from stepladder.questions.recommend.matrix import Csr, Matrix, Scores
from stepladder.questions.recommend.tuning import best_setting
from stepladder.questions.recommend.why import because

LATEST = 300  # items of a person: pairs grow with the square
LEAST = 10  # items that every item speaks for, where any were taken with it
Some = tuple[NDArray[np.int32], NDArray[np.float32]]  # items, and their likeness
NONE: Some = (np.empty(0, np.int32), np.empty(0, np.float32))


class Setting(NamedTuple):
    """How likeness is measured.

    recency: see matrix.strength. shrink: how much speaks against any likeness beforehand. own: the share
    of the cosine's root that falls to the item a person has, ½ in the plain cosine; more favours what is
    popular. neighbours: how many each item keeps.
    """

    recency: float = matrix.RECENCY
    shrink: float = 100.0
    own: float = 0.6
    neighbours: int = 50


TRIED = (
    Setting(),
    Setting(own=0.7, shrink=200.0, neighbours=20),
    Setting(own=0.5, neighbours=20),
    Setting(recency=0.0, shrink=20.0, own=0.5),
    Setting(recency=0.0, shrink=20.0, neighbours=20),
)


def fit(history: History) -> Model:
    """The nearest neighbours of every item that enough people took."""
    known = matrix.known(history, history.ask.settings.min_support)
    learn = partial(learnt, megabytes=history.ask.memory_mb)
    setting = best_setting(history, known, TRIED, learn, score)
    weighed = known.reweighed(history.ask.horizon, setting.recency)
    return {
        "items": pa.table({"item": known.items}),
        **setting._asdict(),
        **learn(weighed, setting),
    }


def predict(model: Model, history: History, cases: pa.Table) -> pa.Table:
    """What is nearest to all that each case has; null for whoever has nothing yet."""
    items = model["items"]["item"].combine_chunks()
    return matrix.answer(history, cases, items, model["recency"], partial(score, model))


def why(model: Model, history: History, answers: pa.Table) -> pa.Table:
    """The person's own items that lie nearest to the item."""
    items = model["items"]["item"].combine_chunks()
    return because(history, answers, items, model["recency"], partial(parts, model))


def parts(model: Model, row: Csr, item: int) -> NDArray[Any]:
    """What each of a person's items adds to the score of another."""
    return np.asarray(row.data * _near(model)[row.indices][:, [item]].toarray().ravel())


def learnt(known: Matrix, setting: Setting, megabytes: int) -> Model:
    """For every item one row: its likeness to each item that it is a near neighbour of."""
    n = len(known.items)
    rows = matrix.scipy_of(matrix.latest(known.by_person, known.age, LATEST), n)
    size = np.asarray(rows.power(2).sum(axis=0), float).ravel()
    own, other = size**setting.own, size ** (1 - setting.own)
    near: list[Some] = []  # for each item the items that speak most for it
    back: list[Some] = []  # for each item the items that it speaks most for
    for item, others, both in _together(rows, megabytes):
        others, both = others[others != item], both[others != item]
        speaks_for = both / (own[others] * other[item] + setting.shrink)
        near.append(_largest(others, speaks_for, setting.neighbours))
        back.append(_largest(others, both / (own[item] * other[others] + setting.shrink), LEAST))
    kept = _matrix(near).T.tocsr()
    # an item that is nobody's near neighbour would have nothing to say to whoever has it alone
    few = np.diff(kept.indptr) < LEAST
    kept = kept.maximum(_matrix([some if few[i] else NONE for i, some in enumerate(back)]))
    kept.sort_indices()
    indptr, indices = kept.indptr.astype(np.int64), kept.indices.astype(np.int32)
    return {"indptr": indptr, "indices": indices, "likeness": kept.data}


def score(model: Model, rows: Csr) -> Scores:
    """The sum of likenesses to all that a person has, each as strong as their liking."""
    near = _near(model)
    return Scores((matrix.scipy_of(rows, near.shape[0]) @ near).toarray())


def _together(rows: Any, megabytes: int) -> Iterator[tuple[int, NDArray[Any], NDArray[Any]]]:
    """For each item the items taken by the same persons, and how often, weighted.

    A few items at a time: all pairs at once would be a matrix of items × items.
    """
    by_item = rows.T.tocsr()
    step = max(1, int(megabytes * 1e6 / 16) // (12 * rows.shape[1]))
    for start in range(0, rows.shape[1], step):
        both = by_item[start : start + step] @ rows
        for i, (a, b) in enumerate(zip(both.indptr[:-1], both.indptr[1:], strict=True)):
            yield start + i, both.indices[a:b], both.data[a:b]


def _largest(names: NDArray[Any], values: NDArray[Any], most: int) -> Some:
    """The largest few, in order of name; of equals the first names."""
    least = np.partition(values, -most)[-most] if len(values) > most else 0.0
    there = np.flatnonzero((values >= least) & (values > 0))
    first = there[np.lexsort((names[there], -values[there]))[:most]]
    first = first[np.argsort(names[first])]
    return names[first].astype(np.int32), values[first].astype(np.float32)


def _matrix(rows: list[Some]) -> Any:
    names, values = (np.concatenate(column) for column in zip(*rows, strict=True))
    indptr = np.concatenate([[0], np.cumsum([len(some) for some, _ in rows])]).astype(np.int64)
    return matrix.scipy_of(Csr(indptr, names, values), len(rows))


def _near(model: Model) -> Any:
    rows = Csr(model["indptr"], model["indices"], model["likeness"])
    return matrix.scipy_of(rows, rows.rows)
