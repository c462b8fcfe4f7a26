"""Because of which of a person's own interactions a rung recommends an item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stepladder.core.history import History
from stepladder.questions.recommend.matrix import Csr, rows_of

MOST = 5
LATEST = """
with mine as (
  select own.person, own.item, likes.row, row_number() over (
    partition by own.person, own.item order by likes.time desc, likes.row desc) as nth
  from (select distinct person, item from own) as own
  join likes on own.person = likes.person and own.item = likes.item
)
select person, item, row from mine where nth = 1
"""
# a person's row, the place of an item -> what each entry of the row adds to that item's score
Parts = Callable[[Csr, int], NDArray[Any]]


def because(
    history: History, answers: pa.Table, items: pa.Array, recency: float, parts: Parts
) -> pa.Table:
    """For each answer the latest rows of the person's items that added most to its score, at most five."""
    asked = answers.select(["person", "item"]).filter(pc.is_valid(answers["item"]))
    person, item = (asked[name].combine_chunks() for name in ("person", "item"))
    persons = pa.table({"person": person.unique()})
    rows = rows_of(history, persons, items, recency)
    mine = dict(zip(persons["person"].to_pylist(), _each(rows), strict=True))
    place = _places(item, items)
    own = [
        _most(mine[who], place.get(what, -1), parts)
        for who, what in zip(person.to_pylist(), item.to_pylist(), strict=True)
    ]
    wanted = np.concatenate([*own, np.empty(0, np.int64)]).astype(np.int64)
    owner = np.repeat(np.arange(len(own)), [len(mine) for mine in own])
    pairs = {"person": person.take(pa.array(owner)), "item": items.take(pa.array(wanted))}
    latest = history.sql(LATEST, own=pa.table(pairs)).to_pydict()
    row = dict(zip(zip(latest["person"], latest["item"], strict=True), latest["row"], strict=True))
    said: list[list[int]] = [[] for _ in own]
    theirs = zip(pairs["person"].to_pylist(), pairs["item"].to_pylist(), strict=True)
    for i, pair in zip(owner.tolist(), theirs, strict=True):
        said[i].append(row[pair])
    return asked.append_column("why", pa.array(said, pa.list_(pa.int64())))


def _each(rows: Csr) -> list[Csr]:
    return [rows.chosen(np.array([nth])) for nth in range(rows.rows)]


def _places(few: pa.Array, items: pa.Array) -> dict[Any, int]:
    """Where some of the items stand among all."""
    found = np.flatnonzero(pc.is_in(items, value_set=few))
    return dict(zip(items.take(pa.array(found)).to_pylist(), found.tolist(), strict=True))


def _most(row: Csr, item: int, parts: Parts) -> NDArray[np.int64]:
    """The places of the items that speak most for this one; those that speak against it are left out."""
    if item < 0 or not len(row.indices):
        return np.empty(0, np.int64)
    added = np.asarray(parts(row, item), float)
    order = np.argsort(-added, kind="stable")[:MOST]
    return row.indices[order[added[order] > 0]].astype(np.int64)
