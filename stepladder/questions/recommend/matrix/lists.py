"""From scores to lists: the best items of each person, of those that may be shown to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stepladder.core.history import History
from stepladder.questions.recommend.als.csr import Csr
from stepladder.questions.recommend.matrix.read import coded, numbered, rows_of

BLOCK = 50_000  # persons whose rows are read at once: each time all are looked through
CELLS = 16_000_000  # scores held at once
SPARE = 16  # a quick score may put so many wrongly before the last one listed
SEEN = "select cases.nth, seen.item from seen join cases on seen.person = cases.person"
Ints = NDArray[np.int64]


class Scores(NamedTuple):
    """rows × items, higher is better; exact: the scores of some pairs (row, item), where `quick` is rough.

    A product of dense matrices rounds differently for one person than for a thousand. Whatever makes
    one gives the exact scores of the few best, or the same person would get two lists.
    """

    quick: NDArray[Any]
    exact: Callable[[Ints, Ints], NDArray[np.float64]] | None = None


Score = Callable[[Csr], Scores]


def answer(
    history: History, cases: pa.Table, items: pa.Array, recency: float, score: Score
) -> pa.Table:
    """The best items for each case: person, item, prediction; a null where there is nothing to say.

    Only what may be shown, is not seen yet, and scores above zero: below it the evidence speaks against
    an item, and bestsellers serve better. Equal scores stand in the order of the items.
    """
    shown = history.sql("select item from candidates")["item"]
    hidden = np.flatnonzero(~np.array(pc.is_in(items, value_set=shown)))
    parts = [
        _block(history, cases.slice(start, BLOCK), items, recency, score, hidden)
        for start in range(0, cases.num_rows, BLOCK)
    ]
    return (
        pa.concat_tables(parts)
        if parts
        else _table(cases["person"].combine_chunks(), items, [], [], [])
    )


def _block(
    history: History, cases: pa.Table, items: pa.Array, recency: float, score: Score,
    hidden: NDArray[np.intp],
) -> pa.Table:  # fmt: skip
    rows = rows_of(history, cases, items, recency)
    who, what, _ = coded(history.sql(SEEN, numbered(cases)), items)
    order = np.argsort(who, kind="stable")
    who, what = who[order], what[order]
    found = []
    step = max(1, min(1024, CELLS // len(items)))
    for start in range(0, rows.rows, step):
        some = _slice(rows, start, start + step)
        mine = slice(*np.searchsorted(who, [start, start + some.rows]))
        scores = score(some)
        quick = scores.quick
        quick[who[mine] - start, what[mine]] = -np.inf
        quick[:, hidden] = -np.inf
        nth, item, best = top(Scores(quick, scores.exact), history.ask.settings.list_length)
        found.append((nth + start, item, best))
    nth, item, best = (np.concatenate(column) for column in zip(*found, strict=True))
    return _table(cases["person"].combine_chunks(), items, nth, item, best)


def top(scores: Scores, length: int) -> tuple[Ints, Ints, NDArray[np.float64]]:
    """Row, column and score of the best of each row, best first; only scores above zero."""
    quick = scores.quick
    width = min(length + (SPARE if scores.exact else 0), quick.shape[1])
    least = _least(quick, width)
    row, column = np.nonzero((quick >= least[:, None]) & (quick > 0) & (quick < np.inf))
    best = quick[row, column].astype(float) if not scores.exact else scores.exact(row, column)
    best = _twelve_digits(best)
    order = np.lexsort((column, -best, row))
    row, column, best = row[order], column[order], best[order]
    first = np.searchsorted(row, np.arange(quick.shape[0]))
    keep = (np.arange(len(row)) - first[row] < length) & (best > 0)
    return row[keep], column[keep], best[keep]


def _least(quick: NDArray[Any], width: int) -> NDArray[Any]:
    """For each row a number that at least `width` of its scores reach, and few more.

    The width-th best of 512 groups' best: partition itself is slow where most scores are equal.
    """
    whole = quick.shape[1] // 512
    if whole >= 4 and width <= 512:
        quick = quick[:, : whole * 512].reshape(len(quick), whole, 512).max(axis=1)
    return np.asarray(np.partition(quick, quick.shape[1] - width, axis=1)[:, -width])


def _twelve_digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without the last bits, so that items which are alike tie, and stand in their own order."""
    mantissa, exponent = np.frexp(values)
    return np.asarray(np.ldexp(np.round(mantissa * 2.0**40), exponent - 40), float)


def _table(persons: pa.Array, items: pa.Array, nth: Any, item: Any, best: Any) -> pa.Table:
    without = np.ones(len(persons), bool)
    without[np.asarray(nth, np.int64)] = False
    none = np.flatnonzero(without)
    who = pa.array(np.concatenate([nth, none]).astype(np.int64))
    what = pa.array(np.concatenate([item, np.zeros(len(none))]).astype(np.int64))
    empty = np.arange(len(who)) >= len(nth)
    return pa.table(
        {
            "person": persons.take(who),
            "item": pc.if_else(pa.array(empty), pa.scalar(None, items.type), items.take(what)),
            "prediction": pa.array(
                np.concatenate([best, np.zeros(len(none))]).astype(float), mask=empty
            ),
        }
    )


def _slice(rows: Csr, start: int, stop: int) -> Csr:
    ends = rows.indptr[start : min(stop, rows.rows) + 1]
    part = slice(ends[0], ends[-1])
    return Csr(ends - ends[0], rows.indices[part], rows.data[part])
