"""`predict --for`: a newcomer's file is read as the project froze it, and what is left out is told."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, time, timedelta

import pyarrow as pa
import pytest

import stepladder
from stepladder.cli import main
from stepladder.core.errors import Problem
from stepladder.project.own_rows import own_rows
from tests.project.test_remedies import VERBS, untypable

HEADER = "Klient;Produkt;Kiedy;Antal"
NOW = date(2024, 10, 27)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """What 60 persons took, days first between slashes, decimal commas, in Polish letters of cp1250."""
    draw, folder = random.Random(1), tmp_path_factory.mktemp("own")
    lines = [HEADER]
    for i in range(900):
        day = NOW - timedelta(1 + i % 300)
        lines.append(f"{i % 60};Łódź {draw.randrange(12)};{day:%d/%m/%Y};{1 + i % 4},5")
    (folder / "taken.csv").write_text("\n".join(lines), encoding="cp1250")
    made = stepladder.new("recommend", str(folder / "taken.csv"), folder / "shop",
                          reading={"encoding": "cp1250"})  # fmt: skip
    chosen = made.ask.tables["interactions"].choices
    assert (chosen["day_order"], chosen["decimal"], chosen["encoding"]) == (
        "day first",
        ",",
        "cp1250",
    )
    assert made.now() == NOW
    return made


@pytest.fixture
def brought(shop, tmp_path):
    """The rows of a file as the project reads them."""

    def read(*lines, encoding="utf-8"):
        path = tmp_path / "mine.csv"
        path.write_bytes("\n".join(["Produkt;Kiedy;Antal", *lines]).encode(encoding))
        return own_rows(shop, path)

    return read


def days(found):
    return [one.date() for one in found.table["time"].to_pylist()]


def test_days_and_amounts_that_could_be_either_are_read_as_the_project_reads_its_own(brought):
    found = brought("A;03/04/2024;1.234", "B;02/03/2024;2")
    assert days(found) == [date(2024, 3, 2), date(2024, 4, 3)]
    assert found.table["value"].to_pylist() == [2.0, 1234.0]
    assert found.plain() == {"read": 2, "used": 2, "left_out": {}, "left_empty": {}}


def test_days_that_can_be_read_in_one_way_only_need_no_order(brought):
    assert days(brought("A;2024-04-03;1", "B;2024-05-13;1")) == [
        date(2024, 4, 3),
        date(2024, 5, 13),
    ]


@pytest.mark.parametrize("lines", [
    ["A;01/25/2024;1", "B;02/03/2024;1"],
    ["A;01/25/2024;1", "B;25/01/2024;1"],
])  # fmt: skip
def test_days_in_another_order_are_refused_and_not_swapped(brought, lines):
    with pytest.raises(Problem, match="day first") as caught:
        brought(*lines)
    assert "01/25/2024" in caught.value.given
    assert "YYYY-MM-DD" in caught.value.remedy


def test_another_decimal_mark_is_refused_only_where_it_matters(brought):
    with pytest.raises(Problem, match=r"decimal mark '\.'.*project's own ','"):
        brought("A;2024-04-03;1.5", "B;2024-04-04;1.234")
    assert brought("A;2024-04-03;1.5", "B;2024-04-04;2").table["value"].to_pylist() == [1.5, 2.0]


def test_letters_are_read_in_the_projects_encoding_where_the_file_does_not_show_its_own(brought):
    wanted = ["Łódź 3", "Łódź 4"]
    for encoding in ("cp1250", "utf-8", "utf-8-sig", "utf-16"):
        found = brought("Łódź 3;03/04/2024;1", "Łódź 4;04/04/2024;1", encoding=encoding)
        assert found.table["item"].to_pylist() == wanted, encoding


LEFT = {
    "future time": "A;01/02/2094;1",
    "after now": f"A;{NOW:%d/%m/%Y};1",
    "missing time": "A;;1",
    "unreadable time": "A;soon;1",
    "impossible time": "A;31/02/2024;1",
    "negative value": "A;01/02/2024;-3",
    "duplicate row": "Z;01/02/2024;1",
    "missing item": ";01/02/2024;1",
}


@pytest.mark.parametrize("reason", LEFT)
def test_every_row_that_is_left_out_is_counted_and_said(brought, reason):
    found = brought("Z;01/02/2024;1", LEFT[reason], "Y;02/02/2024;2")
    assert found.table["item"].to_pylist() == ["Z", "Y"]
    assert found.plain() == {"read": 3, "used": 2, "left_out": {reason: 1}, "left_empty": {}}
    assert len(found.sentences) == 1
    assert found.sentences[0].startswith("1 row ")


def test_a_value_that_cannot_be_read_is_left_empty_and_said(brought):
    found = brought("Z;01/02/2024;1", "Y;02/02/2024;much")
    assert found.table["value"].to_pylist() == [1.0, None]
    assert found.plain()["left_empty"] == {"unreadable value": 1}


def test_days_that_the_project_does_not_want_are_left_out_here_too(shop, brought, tmp_path):
    toml = shop.folder / "question.toml"
    text = toml.read_text()
    head = "[tables.interactions.choices]  # how the cleaner reads it\n"
    toml.write_text(text.replace(head, f'{head}from_day = "2024-02-01"\n'))
    path = tmp_path / "mine.csv"
    brought("Z;01/03/2024;1", "Y;02/01/2024;2")
    found = own_rows(stepladder.Project.open(shop.folder), path)
    toml.write_text(text)
    assert found.plain()["left_out"] == {"time before 2024-02-01": 1}


def test_rows_without_any_time_stand_in_their_order(brought):
    found = brought("Z;;1", "A;;2", "M;;3")
    assert found.table["item"].to_pylist() == ["Z", "A", "M"]
    assert not found.left_out


@pytest.mark.parametrize(
    "line", ["A;01/02/2094;1", f"A;{NOW:%d/%m/%Y};1", "A;01/02/2024;-3", "A;soon;1"]
)
def test_where_nothing_usable_remains_it_is_said_why(brought, line):
    with pytest.raises(Problem, match=r"(?i)nothing usable remains of .*mine\.csv: 1 ") as caught:
        brought(line)
    assert not untypable(str(caught.value), VERBS["predict"])


def test_a_table_of_arrow_is_held_to_the_projects_now_as_well(shop):
    when = [datetime.combine(NOW - timedelta(ago), time(8)) for ago in (0, 2, 3)]
    found = own_rows(shop, pa.table({"item": ["a", "b", "c"], "time": when}))
    assert found.table["item"].to_pylist() == ["c", "b"]
    assert found.plain()["left_out"] == {"after now": 1}


BAD = {
    "no item": "Wer;Kiedy\n1;03/04/2024\n",
    "no words at all": "",
    "values that cannot be read": "Produkt;Antal\n" + "A;much\n" * 30,
    "days that cannot be read": "Produkt;Kiedy\n" + "A;soon\n" * 30,
    "ids in scientific notation": "Produkt;Antal\n" + "1,23E+11;1\n" * 30,
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_says_how_a_file_is_written_that_can_be(shop, tmp_path, name):
    (tmp_path / "mine.csv").write_text(BAD[name])
    with pytest.raises(Problem) as caught:
        own_rows(shop, tmp_path / "mine.csv")
    assert not untypable(str(caught.value), VERBS["predict"])
    if name != "no words at all":
        assert "item in a column 'Produkt'" in caught.value.remedy
        assert "day first or as YYYY-MM-DD" in caught.value.remedy


def test_the_command_line_answers_as_before_and_tells_what_was_left_out(shop, tmp_path, capsys):
    (tmp_path / "mine.csv").write_text(
        "Produkt;Kiedy\nŁódź 3;03/04/2024\nŁódź 4;soon\nŁódź 5;01/02/2094\n"
    )
    words = ["predict", "--project", str(shop.folder), "--rung", "r1_bestsellers", "--for"]
    with pytest.raises(SystemExit, match="0"):
        main([*words, str(tmp_path / "mine.csv"), "--json"])
    said = capsys.readouterr()
    rows = json.loads(said.out)
    assert {"item", "place", "prediction"} < set(rows[0])
    left = {"unreadable time": 1, "future time": 1}
    assert rows[0]["own_rows"] == {"read": 3, "used": 1, "left_out": left, "left_empty": {}}
    assert "1 of 3 rows brought are used" in said.err
    assert "1 row has a time that is not a date" in said.err
    with pytest.raises(SystemExit, match="0"):
        main([*words, str(tmp_path / "mine.csv")])
    said = capsys.readouterr()
    assert "brought" not in said.out
    assert "1 of 3 rows brought are used" in said.err
