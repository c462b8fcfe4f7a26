"""What somebody gives and it cannot be, or changes nothing, or is something else: they are told."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.cli import main
from stepladder.core.errors import Problem
from stepladder.terminal.production import watched

START = date(2024, 1, 1)
DAYS = [START + timedelta(days=i % 300) for i in range(0, 2000, 7)]
WHO = [i % 40 for i in range(0, 2000, 7)]
PIECES = [1 + i % 5 for i in range(len(DAYS))]


def made(folder, *, days=DAYS, columns=None, choices=None, counts=PIECES):
    header = "customer,date,Quantity,UnitPrice\n"
    rows = [f"{w},{d},{n},2.50\n" for w, d, n in zip(WHO, days, counts, strict=True)]
    (folder / "o.csv").write_text(header + "".join(rows))
    source = str(folder / "o.csv")
    return stepladder.new("retention", source, folder / "shop", columns=columns, choices=choices)


def told(project) -> dict:
    return project.read["purchases"].to_dict() if project.read else project.data_report("purchases")


def test_a_count_taken_for_money_is_told_with_what_would_be_money(tmp_path):
    report = told(made(tmp_path, columns={"value": "Quantity"}))
    (said,) = [w for w in report["warnings"] if w["kind"] == "count-as-amount"]
    assert "--column value='Quantity*UnitPrice'" in said["sentence"]


@pytest.mark.parametrize(
    "how", [{}, {"columns": {"value": "Quantity"}, "counts": [1.5] * len(PIECES)}]
)
def test_money_is_no_count(tmp_path, how):
    assert "count-as-amount" not in str(told(made(tmp_path, **how)))


@pytest.mark.parametrize(
    ("form", "idle"), [("%Y-%m-%d", True), ("%m/%d/%Y", False), ("%d %b %Y", True)]
)
def test_an_order_of_day_and_month_that_changes_nothing_is_told(tmp_path, form, idle):
    report = told(
        made(tmp_path, days=[f"{d:{form}}" for d in DAYS], choices={"day_order": "month first"})
    )
    assert ("--month-first changed nothing" in str(report["notes"])) == idle


def test_of_an_order_that_was_found_out_nothing_is_told(tmp_path):
    report = told(made(tmp_path, days=[f"{d:%m/%d/%Y}" for d in DAYS]))
    assert "changed nothing" not in str(report["notes"])


def test_a_decimal_mark_for_numbers_is_told(tmp_path):
    table = pa.table({"customer": WHO, "date": DAYS, "amount": [1.5 * n for n in PIECES]})
    pq.write_table(table, tmp_path / "o.parquet")
    source = str(tmp_path / "o.parquet")
    made = stepladder.new("retention", source, tmp_path / "shop", choices={"decimal": ","})
    assert "--decimal , changed nothing" in str(told(made)["notes"])


def test_a_page_is_called_what_it_is(tmp_path):
    project = made(tmp_path)
    for to in ("x.pdf", "x", "x.docx"):
        for write in (
            lambda to=to: stepladder.write_report(project, to=tmp_path / to),
            lambda to=to: watched(project, None, False, tmp_path / to, True),
        ):
            with pytest.raises(Problem, match=rf"(?s)called {to}.*end its name in \.html"):
                write()
        assert not (tmp_path / to).exists()


def test_a_page_of_nights_is_refused_before_any_night(tmp_path, capsys):
    project = made(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["run", "--project", str(project.folder), "--picture", str(tmp_path / "x.png")])
    assert ended.value.code == 2
    assert "end its name in .html" in capsys.readouterr().err
