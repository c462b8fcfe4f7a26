"""Who liked what, and how long ago: read from a history into rows of a sparse matrix."""

from __future__ import annotations

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
ENTRIES = """
with codes as (
  select item, cast(row_number() over (order by item) - 1 as integer) as code
  from {counted} as counted where raters >= {least}
)
select likes.person, codes.code,
  cast(min(date_diff('day', cast(likes.time as date), ask.now)) as integer) as age
from likes join codes on likes.item = codes.item cross join ask
group by likes.person, codes.code order by likes.person, codes.code
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

    Excluded items are in: what may not be shown still tells tastes apart. Streamed in order of person and
    item, so that neither the files' order nor their size matters: 25 million pairs take 1.5 GB.
    Raises CannotStand where no item is left.
    """
    counted = COUNTED if counted_anew else "support"
    items = history.sql(ITEMS.format(counted=counted, least=least))["item"].combine_chunks()
    if not len(items):
        raise CannotStand(f"needs items that {least} persons or more took; there was none")
    persons: list[pa.Array] = []
    lengths: list[NDArray[np.int64]] = []
    codes, ages = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    last = None
    for batch in history.scan(ENTRIES.format(counted=counted, least=least)):
        if not batch.num_rows:
            continue
        who, runs = _runs(batch["person"])
        if last is not None and who[0].equals(last):  # a person's rows go on in the next batch
            lengths[-1][-1] += runs[0]
            who, runs = who[1:], runs[1:]
        last = batch["person"][-1]
        if len(runs):
            persons.append(who)
            lengths.append(runs)
        codes.append(_ints(batch["code"]))
        ages.append(_ints(batch["age"]))
    ends = np.cumsum(np.concatenate(lengths)) if lengths else np.empty(0, np.int64)
    indptr = np.concatenate([[0], ends]).astype(np.int64)
    age = np.concatenate(ages)
    data = strength(age, history.ask.horizon, RECENCY)
    there = pa.chunked_array(persons, items.type if not persons else persons[0].type)
    return Matrix(there.combine_chunks(), items, Csr(indptr, np.concatenate(codes), data), age)


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


def _runs(person: pa.Array) -> tuple[pa.Array, NDArray[np.int64]]:
    """The persons of a batch in which equal ones stand together, and how many rows each has."""
    encoded = pc.run_end_encode(person, run_end_type=pa.int64())
    return encoded.values, np.diff(np.concatenate([[0], np.array(encoded.run_ends)]))


def _ints(column: Any) -> NDArray[np.int32]:
    # interactions whose time is not known are as good as today's
    known = pc.fill_null(column, 0) if column.null_count else column
    return np.asarray(known.to_numpy(zero_copy_only=False), np.int32)
