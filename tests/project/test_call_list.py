"""The list for Monday: the best first, each with a reason; who is left alone is in the record only."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import python_calamine

import stepladder
from stepladder import questions
from stepladder.cli import main
from stepladder.core.errors import Problem
from stepladder.nightly.forget import forget
from stepladder.project import workbook
from stepladder.project.all_cases import Answers, answer
from stepladder.project.control import Control, detectable, drawn, size
from stepladder.project.export import Export
from stepladder.project.predict import predict_list
from stepladder.project.record import begin_anew
from stepladder.project.titles import titled
from stepladder.project.workbook import to_xlsx
from stepladder.questions import question_toml
from stepladder.record.lists import assignments, lists, the_list

PRICES = '[prices]\nmargin = 0.25\ncost = 1.0\ncurrency = "EUR"\ncontacts = 50\n\n'
RUNG = "r3_pareto_nbd"


@pytest.fixture(scope="module")
def shop_with_prices(project, tmp_path_factory) -> Iterator[stepladder.Project]:
    """The project after its bake-off, as one of its own, with a budget; each rung is asked once a day."""
    folder = tmp_path_factory.mktemp("priced") / "shop"
    shutil.copytree(project.folder, folder)
    begin_anew(stepladder.Project.open(folder))
    text = (folder / "question.toml").read_text()
    (folder / "question.toml").write_text(text.replace("[tables.", f"{PRICES}[tables.", 1))
    known: dict[tuple[str, date], Answers] = {}

    def once(asked, name, day, room):
        if (name, day) not in known:
            found, kept = answer(asked, name, day, room), folder.parent / f"{name}-{day}.parquet"
            known[name, day] = replace(found, rest=Path(shutil.move(found.rest, kept)))
        return known[name, day]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stepladder.project.predict.answer", once)
        yield stepladder.Project.open(folder)


@pytest.fixture(scope="module")
def made(shop_with_prices):
    """A list of forty, of whom a tenth is left alone."""
    to = shop_with_prices.folder / "calls.csv"
    marks = {"decimal": ",", "separator": ";"}
    return predict_list(shop_with_prices, 40, rung=RUNG, to=to, control="10%", **marks)


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text()), delimiter=";"))


def test_the_best_stand_first_in_money_with_a_range_and_a_reason(shop_with_prices, made):
    rows = rows_of(made.path)
    assert list(rows[0])[:6] == ["rank", "customer", "expected_margin", "low", "high", "because"]
    assert [int(row["rank"]) for row in rows] == list(range(1, 37))
    margin, low, high = (
        np.array([float(row[name].replace(",", ".")) for row in rows])
        for name in ("expected_margin", "low", "high")
    )
    assert (np.diff(margin) <= 0).all()
    assert (low <= margin).all()
    assert (margin <= high).all()
    everybody = pq.read_table(next((shop_with_prices.folder / "predictions").glob("*.parquet")))
    value = dict(zip(*(everybody[n].to_pylist() for n in ("customer", "value")), strict=True))
    best = sorted(value.values())[-40]
    for row, each in zip(rows, margin, strict=True):
        assert each == pytest.approx(value[int(row["customer"])] * 0.25 - 1, abs=0.006)
        assert value[int(row["customer"])] >= best
        assert row["because"].startswith("bought on")
    assert any("50 contacts" in note for note in made.notes)


def test_who_is_left_alone_is_sealed_in_the_record_and_not_in_the_file(shop_with_prices, made):
    record = shop_with_prices.record
    arms = {arm: [] for arm in ("call", "control")}
    for one in assignments(record, made.number):
        arms[one.arm].append(json.loads(one.key)["customer"])
    assert [int(row["customer"]) for row in rows_of(made.path)] == arms["call"]
    assert (len(arms["call"]), len(arms["control"])) == (36, 4)
    assert made.control.since  # what came of such lists is known from the bake-off
    assert 0.3 < made.control.base <= 1
    # the same again is the same lot, whatever file it goes into; another length is another lot
    again = predict_list(
        shop_with_prices, 40, rung=RUNG, to=made.path.with_suffix(".xlsx"), control="10%"
    )
    first, second = assignments(record, made.number), assignments(record, again.number)
    assert [(a.key, a.arm) for a in first] == [(a.key, a.arm) for a in second]
    book = python_calamine.CalamineWorkbook.from_path(again.path).get_sheet_by_index(0).to_python()
    assert [row[1] for row in book[1:]] == arms["call"]
    assert the_list(record, "retention", again.number).sha256
    longer = predict_list(shop_with_prices, 60, rung=RUNG)
    assert longer.path.suffix == ".csv"
    assert any("4 on this list are left alone by list 1" in note for note in longer.notes)


def test_who_is_forecast_alike_is_drawn_by_lot_and_only_those_who_pay_have_a_place(
    shop_with_prices,
):
    early = shop_with_prices.now() - timedelta(days=30)
    found = predict_list(shop_with_prices, 30, rung="r1_bought_lately", as_of=early)
    rows = list(csv.DictReader(io.StringIO(found.path.read_text())))
    assert {row["as_of"] for row in rows} == {str(early)}
    (note,) = [note for note in found.notes if "by lot" in note]
    assert "exactly as much" in note
    ids = [int(row["customer"]) for row in rows]
    assert max(ids) > 500  # and not the first by their ids
    text = shop_with_prices.settings.replace("cost = 1.0", "cost = 40.0")
    dear = stepladder.Project(shop_with_prices.folder, question_toml.parse(text), text)
    found = predict_list(dear, 1000, rung=RUNG)
    assert any(f"{found.rows:,} of 1,500 customers are expected" in note for note in found.notes)
    assert 0 < found.rows < 200


@pytest.mark.parametrize(
    ("given", "said"),
    [({"top": 0}, "a list has 1"), ({"top": 5000}, "1,500 customers"),
     ({"top": 9, "as_of": date(2000, 1, 1)}, "a later day"), ({"control": "10%"}, "no list"),
     ({"top": 5, "control": "1%"}, "nobody alone"), ({"top": 5, "control": 5}, "nobody to call"),
     ({"top": 5, "control": "100%"}, "nobody to call"), ({"top": 5, "control": "half"}, "a share of"),
     ({"top": 5, "control": 2.5}, "a share of"), ({"top": 5, "to": "x.parquet"}, "end its name"),
     ({"top": 5, "to": "x.xlsx", "decimal": ","}, "only CSV"), ({"decimal": ","}, "only CSV"),
     ({"top": 5, "decimal": ",", "separator": ","}, "differ"), ({"to": "x.csv", "separator": "="}, "|")],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_worked_out(shop_with_prices, given, said):
    before = sorted(shop_with_prices.folder.rglob("*"))
    with pytest.raises(Problem) as caught:
        stepladder.predict(shop_with_prices, rung=RUNG, **given)
    assert said in str(caught.value)
    assert len(set(caught.value.parts())) == 3
    assert sorted(shop_with_prices.folder.rglob("*")) == before


@pytest.mark.parametrize("given", [["predict", "--top", "1.5"], ["serve", "--port", "80.6"]])
def test_a_whole_number_is_never_made_of_another(given, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(given)
    assert f"{given[-1]} is no whole number" in capsys.readouterr().err


def test_one_who_is_forgotten_is_in_no_list_any_more(shop_with_prices, made, monkeypatch, capsys):
    record = shop_with_prices.record
    gone = json.loads(next(a.key for a in assignments(record, made.number) if a.arm == "control"))
    monkeypatch.chdir(shop_with_prices.folder)
    with pytest.raises(SystemExit, match="0"):
        main(["record", "--list", str(made.number), "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert gone in shown["control"]
    assert shown["rows"] == len(shown["call"]) == 36
    found = forget(shop_with_prices, str(gone["customer"]))
    assert found.rows["lists"] >= 2
    for one in lists(record, "retention"):
        assert str(gone["customer"]) not in [
            str(json.loads(a.key)["customer"]) for a in assignments(record, one.id)
        ]
        if one.path.startswith("predictions/"):
            assert not (shop_with_prices.folder / one.path).exists()
            assert one.path in found.pages
    assert any(said.startswith(str(made.path)) for said in found.still)


@pytest.mark.parametrize(
    ("base", "alone", "called", "points"),
    [(0.5, 50, 450, 21), (0.5, 250, 250, 13), (0.1, 50, 450, 13)],
)
def test_a_control_shows_what_the_power_of_two_shares_says(base, alone, called, points):
    """Held against the plain simulation of an experiment that often."""
    found = detectable(base, alone, called)
    assert round(100 * found) == points
    rng, many = np.random.default_rng(7), 4000
    left, right = (
        rng.binomial(alone, base, many) / alone,
        rng.binomial(called, base + found, many) / called,
    )
    error = np.sqrt(left * (1 - left) / alone + right * (1 - right) / called)
    assert 0.7 < (np.abs(right - left) > 1.96 * error).mean() < 0.9


def test_what_a_control_can_show_is_said_in_frequencies():
    known, shows = Control.of(50, 450, (0.5, "2024-03-01")).sentences
    assert "2024-03-01, something came of 50" in known
    assert "21 in 100" in shows
    assert "it takes 13" in shows
    assert "50 of 100 are assumed" in Control.of(50, 450, None).sentences[0]
    assert "cannot show that calls help" in Control.of(5, 45, (0.9, "2024-03-01")).sentences[1]
    assert "too few" in Control.of(2, 6, None).sentences[1]
    assert "0 in 100" not in Control.of(5, 45, (1.0, "2024-03-01")).sentences[1]
    assert (
        "half" not in Control.of(1, 4, (0.8, "2024-03-01")).sentences[1]
    )  # it would take 116 in 100


def test_lots_are_the_same_each_time_and_fair():
    keys = [f'{{"customer": {i}}}' for i in range(100)]
    assert drawn(keys, 10, "a") == drawn(keys, 10, "a") != drawn(keys, 10, "b")
    often = np.zeros(100)
    for nth in range(500):
        often[list(drawn(keys, 10, str(nth)))] += 1
    assert often.min() > 20
    assert often.max() < 85
    assert [size(c, 500) for c in ("10%", "10 %", 0.1, "50", 50)] == [50] * 5


def test_a_workbook_holds_numbers_days_and_texts_that_are_no_formulas(tmp_path, monkeypatch):
    texts = ["=1+1", "@x", "plain", "a\x01b", "ä" * 40_000]
    table = pa.table({
        "id": [1, 2**60, 3, 4, 5], "money": [1.5, None, float("nan"), -2.0, 3.0], "text": texts,
        "on": [date(2024, 2, 29)] * 5, "why": [[1, 2]] * 5,
    })  # fmt: skip
    path, again = tmp_path / "x.xlsx", tmp_path / "y.xlsx"
    for each in (path, again):
        to_xlsx(table, each)
    assert path.read_bytes() == again.read_bytes()
    rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert rows[0] == table.column_names
    assert [row[0] for row in rows[1:]] == [1, str(2**60), 3, 4, 5]
    assert [row[2] for row in rows[1:4]] == texts[:3]
    assert len(rows[5][2]) == 32_767
    assert [row[1] for row in rows[1:]] == [1.5, "", "", -2.0, 3.0]
    assert rows[1][3:] == [date(2024, 2, 29), "1 2"]
    monkeypatch.setattr(workbook, "MOST_ROWS", 5)
    with pytest.raises(Problem, match="5 rows for a workbook"):
        to_xlsx(table, path)
    monkeypatch.setattr(workbook.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Problem, match="pip install xlsxwriter"):
        Export.of("x.xlsx", (".xlsx",), None, None)


def test_an_id_stands_beside_what_its_table_calls_it():
    """As an item does beside its title; what comes of a case stays out of it."""

    class Past:
        def sql(self, query: str) -> pa.Table:
            known = pa.table({"shop": ["b", "a"], "country": ["FR", "DE"]})
            return known.slice(0, 0) if "limit 0" in query else known

    answers = pa.table(
        {"shop": ["a", "b", "c"], "parcel": [1, 2, 3], "prediction": [0.1, 0.2, 0.3]}
    )
    found = titled(questions.load("returns"), Past(), answers)
    assert found.column_names == ["shop", "country", "parcel", "prediction"]
    assert found["country"].to_pylist() == ["DE", "FR", None]


def test_what_is_killed_while_it_is_put_in_place_leaves_nothing(
    shop_with_prices, tmp_path, monkeypatch
):
    def killed(source, target, at_once):
        target.write(source.read(100))
        raise KeyboardInterrupt

    asked = shop_with_prices.ask.question
    before = shop_with_prices.record.predictions(asked)
    monkeypatch.setattr("stepladder.core.copied.shutil.copyfileobj", killed)
    for ending in ("parquet", "csv"):
        with pytest.raises(KeyboardInterrupt):
            stepladder.predict(shop_with_prices, rung=RUNG, to=tmp_path / f"all.{ending}")
    assert list(tmp_path.iterdir()) == []
    assert shop_with_prices.record.predictions(asked) == before
