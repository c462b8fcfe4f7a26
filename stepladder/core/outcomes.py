"""What came of those asked about, apart from what only adds up others: a shop, all shops together."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.history import History
from stepladder.core.predictions import places
from stepladder.core.question import Question

SUMMED = "summed"  # the column of an outcome that says which rows add up others


def own(came: pa.Table) -> pa.Table:
    """What came of each by itself: KEYS…, actual, and so on. These rows alone count in losses and totals."""
    return came if SUMMED not in came.column_names else _where(came, False)


def sums(came: pa.Table) -> pa.Table:
    """The rows that add up others; they teach how far forecasts of such stray, and count nowhere else."""
    return came.slice(0, 0) if SUMMED not in came.column_names else _where(came, True)


def bottom(question: Question, past: History, later: History, named: pa.Table) -> pa.Table:
    """Those among the named who can be asked about: stored answers name what adds up others as well."""
    case = list(question.CASE)
    above = sums(question.outcome(past, later, named))
    if not above.num_rows:
        return named
    once = above.select(case).group_by(case, use_threads=False).aggregate([]).select(case)
    return named.filter(pc.is_null(places(named, once, case)))


def _where(came: pa.Table, summed: bool) -> pa.Table:
    """The rows that add up others, or all the rest, without the mark."""
    there = pc.equal(pc.fill_null(came[SUMMED], False), summed)
    return came.filter(there).drop_columns([SUMMED])
