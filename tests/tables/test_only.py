"""Rows are set aside by a column's value before anything is read, for every question."""

from __future__ import annotations

import pytest

from stepladder.core.errors import Problem
from stepladder.tables import Choices, choose, clean, look
from tests.tables.conftest import PURCHASES, TODAY, adds_up
from tests.tables.series import written

HEAD = ["customer", "date", "amount", "Country"]
ROWS = [
    [f"c{i % 5}", f"2024-01-{1 + i % 28:02d}", f"{i}.5", ("UK", "uk ", "France", "")[i % 4]]
    for i in range(40)
]


def run(path, only):
    seen = look(str(path), PURCHASES, {}, shape={"only": only})
    chosen = choose(seen, ask_user=None, today=TODAY)
    result = clean(str(path), PURCHASES, chosen, raw=seen.raw)
    again = clean(str(path), PURCHASES, Choices.from_dict(chosen.to_dict()))
    assert again.table.equals(result.table)
    adds_up(result)
    return result


def test_rows_of_another_value_are_set_aside_and_counted(tmp_path):
    path = written(tmp_path / "orders.csv", HEAD, ROWS)
    result = run(path, {"Country": "uk"})
    assert result.report.rows_read == 40
    assert [(one.reason, one.count) for one in result.report.set_aside] == [("other Country", 20)]
    assert result.report.set_aside[0].examples[0] == (4, "c2, 2024-01-03, 2.5, France")
    assert result.report.choices.to_dict()["only"] == {"Country": "uk"}
    assert run(path, {"Country": ["uk", "FRANCE"]}).report.rows_kept == 30


@pytest.mark.parametrize(
    ("only", "given", "remedy"),
    [
        ({"country": "UK"}, "'country'", "Did you mean --only Country=UK?"),
        ({"Country": "Frence"}, "'Frence'", "Did you mean --only Country=France?"),
        ({"Country": "Peru"}, "'Peru'", "Name one of these"),
        ({"Country": []}, r"\[\]", "e.g. --only"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(tmp_path, only, given, remedy):
    path = written(tmp_path / "orders.csv", HEAD, ROWS)
    with pytest.raises(Problem, match=given) as problem:
        run(path, only)
    assert remedy in problem.value.remedy
