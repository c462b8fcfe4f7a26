"""Data that cannot carry the question: a clear error in three parts, and nothing half-written."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import stepladder
from stepladder.core.errors import Problem

START = date(2024, 1, 1)


def write(path, rows):
    path.write_text("customer,date,amount\n" + "".join(f"{c},{d},{v}\n" for c, d, v in rows))
    return str(path)


def days(*offsets):
    return [START + timedelta(days=o) for o in offsets]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(i, START, 5) for i in range(50)], "all purchases are on one day"),
        ([(1, d, 5) for d in days(*range(0, 300, 10))], "1 customer"),
        ([(i, START + timedelta(days=i), 5) for i in range(300)], "bought on one day only"),
    ],
)
def test_new_refuses_it_and_leaves_nothing(tmp_path, rows, said):
    source = write(tmp_path / "orders.csv", rows)
    with pytest.raises(Problem) as caught:
        stepladder.new("retention", source, tmp_path / "shop")
    assert said in caught.value.given
    assert [p.name for p in tmp_path.iterdir()] == ["orders.csv"]


def test_settings_that_the_data_cannot_carry(tmp_path):
    rows = [(i % 40, START + timedelta(days=i % 300), 5) for i in range(0, 4000, 7)]
    made = stepladder.new("retention", write(tmp_path / "o.csv", rows), tmp_path / "shop")
    toml = made.folder / "question.toml"
    text = toml.read_text()
    horizon = f"horizon = {made.ask.horizon}"
    for change, said in [
        ("horizon = 200", "a horizon of 200 days in data that span"),
        (f"{horizon}\ncutoffs = [2024-01-10, 2024-06-01]", "needs"),
        (
            f"{horizon}\ncutoffs = [2024-06-01, 2024-06-02]",
            "outcome ends on or before the last cutoff",
        ),
        (f"{horizon}\nhorizn = 3", "line"),
    ]:
        toml.write_text(text.replace(horizon, change))
        with pytest.raises(Problem) as caught:
            stepladder.run_bakeoff(stepladder.Project.open(made.folder))
        assert said in str(caught.value)
    assert not (made.folder / "bakeoffs").exists() or not any((made.folder / "bakeoffs").iterdir())


def test_an_existing_folder_is_not_touched(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    with pytest.raises(Problem, match="exists already"):
        stepladder.new("retention", write(tmp_path / "o.csv", []), tmp_path / "shop")
    assert (tmp_path / "shop" / "mine.txt").read_text() == "mine"


def test_an_unknown_question_is_named(tmp_path):
    with pytest.raises(Problem, match="did you mean 'retention'"):
        stepladder.new("retenton", "x.csv", tmp_path / "shop")
