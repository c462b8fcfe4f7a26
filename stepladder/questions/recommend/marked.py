"""The marks of the exam, rung by rung: who found what in their list, and how much they had before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stepladder.core.stats import Floats
from stepladder.core.view import View
from stepladder.questions.recommend import truth
from stepladder.questions.recommend.replays import stranger

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
HAD = """
select count(distinct likes.item) as had
from cases left join likes on cases.person = likes.person
group by cases.nth order by cases.nth
"""


@dataclass(frozen=True)
class Marks:
    """Everyone of whom something came, in the same order for every rung."""

    person: pa.ChunkedArray
    asked: pa.ChunkedArray  # who had to be asked: oneself, or a stranger
    came: Ints  # items they went on to take
    hit: Ints  # of these, how many stood in the list
    mark: Floats  # NDCG
    had: Ints  # items they had when asked
    stranger: Bools
    late: Bools

    @property
    def known(self) -> Bools:
        """Those with a past of their own."""
        return ~self.stranger & ~self.late

    @property
    def found(self) -> int:
        """How many found at least one."""
        return int((self.hit > 0).sum())


def lists(view: View, rung: str) -> Marks:
    """The marks of a rung's lists at the exam."""
    exam = view.exam
    return exam.known.once(f"marks of {rung}", lambda: _marks(view, rung))


def _marks(view: View, rung: str) -> Marks:
    known, later, cases = view.exam
    found = truth.hits(view.at_cutoff[rung], known, later, cases)
    new = [
        rows["person"].combine_chunks() for name, rows in known.laid_over if name == "interactions"
    ]
    asked = found["asked"]
    late = pc.is_in(asked, value_set=pa.concat_arrays(new)) if new else pa.repeat(False, len(asked))
    return Marks(
        found["person"],
        asked,
        found["came"].to_numpy(),
        found["hits"].to_numpy(),
        truth.ndcg(found, view.history.ask.settings.k),
        _had(view, asked),
        _bools(pc.equal(asked, stranger(asked.type))),
        _bools(late),
    )


def _had(view: View, asked: pa.ChunkedArray) -> Ints:
    """How many items each had when asked: nothing, for a stranger."""

    def counted() -> Ints:
        nth = pa.array(np.arange(len(asked)))
        cases = pa.table({"person": asked, "nth": nth})
        return np.asarray(view.exam.known.sql(HAD, cases)["had"].to_numpy())

    return view.exam.known.once("had when asked", counted)


def other(view: View) -> str:
    """What the shown rung is held against: the reference, or where that is shown, the best of the others."""
    if view.rung != view.reference:
        return view.reference
    names = [name for name in view.at_cutoff if name != view.rung]
    return max(names, key=lambda name: (lists(view, name).mark.mean(), name), default=view.rung)


def newcomers(view: View) -> int:
    """How many late-comers were asked about."""
    rows = [rows["person"] for name, rows in view.exam.known.laid_over if name == "interactions"]
    return sum(pc.count_distinct(column).as_py() for column in rows)


def _bools(found: pa.Array | pa.ChunkedArray) -> Bools:
    return np.asarray(found.to_numpy(zero_copy_only=False), bool)
