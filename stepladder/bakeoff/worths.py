"""What each case was worth by every rung's answers, beside what it brought: so lists are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from stepladder.core.asking import matched, numbers
from stepladder.core.history import History
from stepladder.core.predictions import places
from stepladder.core.question import Question
from stepladder.core.stats import Floats


class Worths(NamedTuple):
    """The answers' cases of which it is known what they brought, and what each rung expected of them."""

    unit: str  # what is counted: money, purchases
    rows: pa.Table  # KEYS…, in the order of the first rung's answers
    actual: Floats
    expected: dict[str, Floats]  # by rung, beside `rows`


def worths(
    question: Question, past: History, came: pa.Table, answers: Mapping[str, pa.Table]
) -> Worths | None:
    """Expected beside actual, by key; None where answers say no amount."""
    said = {rung: question.worth(table, past) for rung, table in answers.items()}
    first, worth = next(iter(answers.values())), next(iter(said.values()))
    if worth is None:
        return None
    actual = numbers(matched(first, came, question.KEYS, worth.actual))
    known = np.flatnonzero(~np.isnan(actual))
    rows = first.take(pa.array(known))
    expected = {
        rung: numbers(_column(found.expected).take(places(rows, answers[rung], question.KEYS)))
        for rung, found in said.items()
        if found
    }
    return Worths(worth.unit, rows, actual[known], expected)


def _column(values: Floats) -> pa.ChunkedArray:
    return pa.chunked_array([values])
