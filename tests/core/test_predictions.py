"""A rung's answer is checked: what is missing, invented, misnamed or no number is told in three parts."""

from __future__ import annotations

import pyarrow as pa
import pytest

from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.core.predictions import check, complete

QUESTION = questions.load("retention")
CASES = pa.table({"customer": [1, 2, 3]})


def answer(**columns) -> pa.Table:
    return pa.table({"customer": [3, 1, 2], "prediction": [0.3, 0.1, None], **columns})


def test_an_answer_is_put_in_order_and_completed():
    checked = check(answer(alive=[0.5, None, 1.0]), QUESTION, CASES)
    assert checked["customer"].to_pylist() == [1, 2, 3]
    assert checked["prediction"].to_pylist() == [0.1, None, 0.3]
    assert checked["alive"].to_pylist() == [None, 1.0, 0.5]
    assert checked["low"].null_count == 3
    reference = check(pa.table({"customer": [1, 2, 3], "prediction": [20.0] * 3}), QUESTION, CASES)
    full, nulls, floored = complete(checked, reference, 0.01, ("customer",))
    assert full["prediction"].to_pylist() == [0.2, 20.0, 0.3]
    assert (nulls, floored) == (1, 1)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pa.table({"customer": [1, 2], "prediction": [0.1, 0.2]}), "1 of 3 cases missing"),
        (pa.table({"customer": [1, 1, 2, 3], "prediction": [0.1] * 4}), "1 of 3 cases doubled"),
        (pa.table({"customer": [1, 2, 3, 4], "prediction": [0.1] * 4}), "1 of 3 cases invented"),
        (pa.table({"customer": [1, 2, 3], "score": [0.1] * 3}), "no column `prediction`"),
        (answer(alife=[0.5] * 3), "a column `alife`"),
        (pa.table({"customer": [1, 2, 3], "prediction": [0.1, float("nan"), 0.2]}), "NaN"),
        (pa.table({"customer": [1, 2, 3], "prediction": [0.1, -0.1, 0.2]}), "-0.1"),
        (
            pa.table({"customer": [1, 2, 3], "prediction": ["a", "b", "c"]}),
            "`prediction` as string",
        ),
        ([1, 2, 3], "a list"),
    ],
)
def test_a_wrong_answer_is_refused(table, said):
    with pytest.raises(Problem) as caught:
        check(table, QUESTION, CASES)
    assert said in caught.value.given
