"""Who liked what, and how long ago: read from a history into rows of a sparse matrix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stepladder.core.errors import CannotStand
from stepladder.core.history import History
from stepladder.questions.recommend.als.csr import Csr
from stepladder.questions.recommend.matrix.shape import RECENCY, strength, within

# `support` says what is known now; at an earlier moment it is counted anew
COUNTED = "(select item, count(distinct person) as raters from interactions group by item)"
ITEMS = "select item from {counted} as counted where raters >= {least} order by item"
PERSONS = "select distinct person from likes order by person"
LIKES = """
with codes as (
  select item, row_number() over (order by item) - 1 as code
  from {counted} as counted where raters >= {least}
),
places as (
  select person, row_number() over (order by person) - 1 as place
  from (select distinct person from likes) as p
)
select cast(places.place * {items} + codes.code as bigint) as pair,
  cast(date_diff('day', cast(likes.time as date), ask.now) as integer) as age
from likes join codes on likes.item = codes.item join places on likes.person = places.person
  cross join ask
"""
ROWS = """
select cases.nth, likes.item,
  cast(min(date_diff('day', cast(likes.time as date), ask.now)) as integer) as age
from likes join cases on likes.person = cases.person cross join ask
group by cases.nth, likes.item order by cases.nth, likes.item
"""


class Matrix(NamedTuple):
    """Persons × items, both sorted; age: days since each pair's latest interaction."""

    persons: pa.Array
    items: pa.Array
    by_person: Csr
    age: NDArray[np.int32]

    def reweighed(self, horizon: int, recency: float) -> Matrix:
        """The same pairs, with another weight on what is recent."""
        rows = self.by_person
        data = strength(self.age, horizon, recency)
        return self._replace(by_person=Csr(rows.indptr, rows.indices, data))

    def of_most_taken(self, n: int) -> Matrix:
        """The same persons with the n items that most of them took; of equals the first items."""
        if n >= len(self.items):
            return self
        taken = np.bincount(self.by_person.indices, minlength=len(self.items))
        columns = np.sort(np.argsort(-taken, kind="stable")[:n])
        rows, kept = within(self.by_person, columns, len(self.items))
        return Matrix(self.persons, self.items.take(pa.array(columns)), rows, self.age[kept])


def known(history: History, least: int, *, counted_anew: bool = False) -> Matrix:
    """Everyone's likes before now, of the items that at least so many persons took.

    Excluded items are in: what may not be shown still tells tastes apart. The engine numbers persons and
    items and hands over the likes as they lie; they are put in order here, where numbers sort in a
    fraction of the time and memory: 25 million pairs take 1.3 GB. So neither the files' order nor their size
    matters. Raises CannotStand where no item is left.
    """
    counted = COUNTED if counted_anew else "support"
    items = history.sql(ITEMS.format(counted=counted, least=least))["item"].combine_chunks()
    if not len(items):
        raise CannotStand(f"needs items that {least} persons or more took; there was none")
    found = [batch["person"] for batch in history.scan(PERSONS)]
    persons = pa.concat_arrays(found) if found else items.slice(0, 0)
    likes = history.scan(LIKES.format(counted=counted, least=least, items=len(items)))
    pair, age = _latest_of_each(*_read(likes))
    place = pair // len(items)
    lengths = np.bincount(place, minlength=len(persons))
    there = lengths > 0  # whoever liked none of these items has no row
    indptr = np.concatenate([[0], np.cumsum(lengths[there])]).astype(np.int64)
    codes = (pair - place * len(items)).astype(np.int32)
    data = strength(age, history.ask.horizon, RECENCY)
    return Matrix(persons.filter(pa.array(there)), items, Csr(indptr, codes, data), age)


def _read(likes: Iterable[pa.RecordBatch]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The pairs of person and item as they come, each as one number, and their ages."""
    pairs, ages = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    for batch in likes:
        pairs.append(batch["pair"].to_numpy())
        ages.append(_ints(batch["age"]))
    age = np.concatenate(ages)
    ages.clear()
    return np.concatenate(pairs), age


def _latest_of_each(
    pair: NDArray[np.int64], age: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Each pair once, in order, with its least age: both are sorted as one number."""
    oldest = int(age.max(initial=0)) + 1
    if int(pair.max(initial=0)) >= 2**63 // oldest - 1:
        raise CannotStand("needs fewer persons and items: their pairs cannot be counted")
    pair *= oldest
    pair += np.maximum(age, 0)
    pair.sort()
    both = pair // oldest
    first = np.ones(len(both), bool)
    np.not_equal(both[1:], both[:-1], out=first[1:])
    pair -= both * oldest
    return both[first], pair[first].astype(np.int32)


def rows_of(history: History, cases: pa.Table, items: pa.Array, recency: float = RECENCY) -> Csr:
    """What each case has liked by now, in the order of the cases, over these items."""
    found = history.sql(ROWS, numbered(cases))
    nth, code, there = coded(found, items)
    indptr = np.searchsorted(nth, np.arange(cases.num_rows + 1))
    age = _ints(found["age"])[there]
    return Csr(indptr, code, strength(age, history.ask.horizon, recency))


def numbered(cases: pa.Table) -> pa.Table:
    """The cases with their place."""
    nth = pa.array(np.arange(cases.num_rows, dtype=np.int32))
    return pa.table({"person": cases["person"], "nth": nth})


def coded(
    found: pa.Table, items: pa.Array
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.intp]]:
    """Of rows with nth and item: nth, the item's place among `items`, and which rows have such an item."""
    code = pc.index_in(found["item"], value_set=items)
    there = np.flatnonzero(np.array(code.is_valid()))
    return _ints(found["nth"])[there], _ints(code)[there], there


def _ints(column: Any) -> NDArray[np.int32]:
    # interactions whose time is not known are as good as today's
    known = pc.fill_null(column, 0) if column.null_count else column
    return np.asarray(known.to_numpy(zero_copy_only=False), np.int32)
