"""What `new` prints is one screen that a shopkeeper understands: nothing twice, numbers that agree."""

from __future__ import annotations

import io
import json
import random
from datetime import date, timedelta

import pytest

import stepladder
from stepladder.cli import main
from stepladder.core.errors import Problem
from stepladder.tables import to_text
from stepladder.tables.plural import agreeing, of_rows
from stepladder.terminal import show
from stepladder.terminal.console import Console

COLUMNS = (
    "Order ID,Order Date,Order Status,Customer User ID,Email (Billing),City (Billing),Coupon Code,Currency,"
    "Cart Discount Amount,Order Tax Amount,Order Refund Amount,Order Total Amount,"
    "Order Total Amount (- Refund)"
)


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """A year of a shop: undone and refunded orders, guests, one stray day, one total below."""
    room, chance = tmp_path_factory.mktemp("export"), random.Random(4)
    lines = [COLUMNS]
    for i in range(900):
        day, who = date(2023, 1, 1) + timedelta(chance.randrange(360)), chance.randrange(1, 120)
        status = chance.choice(["completed"] * 8 + ["cancelled", "failed", "on-hold"])
        paid = chance.randrange(500, 9000) / 100
        back = paid / 4 if i % 40 == 0 else 0
        who, place = (0, "") if chance.random() < 0.4 else (who, "Wien")
        mail = f"ann{who}@example.com"
        lines.append(f"{i},{day} 11:{i % 60:02d}:00,{status},{who},{mail},{place},,EUR,0,1.00,{back:.2f},"
                     f"{paid:.2f},{paid - back:.2f}")  # fmt: skip
    lines.append(
        "900,1970-01-01 00:00:00,completed,3,ann3@example.com,Wien,,EUR,0,1.00,0,5.00,5.00"
    )
    lines.append("Total" + "," * 11 + "9999.00,9999.00")
    (room / "woo.csv").write_text("\n".join(lines))
    return room


@pytest.fixture(scope="module")
def made(export):
    return stepladder.new("retention", str(export / "woo.csv"), export / "p")


def shown(text, width):
    console = Console()
    console.file, console.width = io.StringIO(), width
    show.lines(text.splitlines(), console)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 100])
def test_it_fits_one_screen_and_a_flag_stays_with_what_is_given(made, width):
    text = shown(to_text(made.read["purchases"]), width)
    lines = text.splitlines()
    assert len(lines) <= 42  # and three more for the project and what to do next
    assert max(map(len, lines)) <= width
    assert not [line for line in lines if line.endswith(("--column", "--from-day", "--to-day"))]
    assert text.index("customers,") < text.index("Taken for") < text.index("Please check")


def test_nothing_is_said_twice(made):
    report = made.read["purchases"]
    text = to_text(report)
    kinds = {one.kind for one in report.warnings}
    assert {"guests", "far-days", "no-sale", "refunded-amount"} <= kinds
    assert [text.count(word) for word in ("cancelled", "nobody in particular", "(1970-01-01;")] == [
        1
    ] * 3
    assert "Set aside: " not in text  # every reason has a warning, which counts and says what to do
    assert "1 row sums others up" in text
    assert "1 rows" not in text
    page = (made.folder / "data-report-purchases.md").read_text()
    assert "## Set aside" in page
    assert "have the Order Status 'cancelled'" in page


def test_what_is_left_after_refunds_is_not_what_was_refunded(made):
    """And a sample's addresses at example.com are customers like any other."""
    report = made.read["purchases"]
    assert {one.canonical: one.source for one in report.beside}["refunded"] == "Order Refund Amount"
    assert "Order Total Amount (- Refund)" in report.unused
    mails = stepladder.new("retention", str(made.folder.parent / "woo.csv"), made.folder.parent / "m",
                           columns={"customer": "Email (Billing)"})  # fmt: skip
    assert "guests" not in {one.kind for one in mails.read["purchases"].warnings}


def test_a_rival_stands_beside_what_was_taken_and_nowhere_else(tmp_path):
    lines = ["customer_id,order_date,amount,total"]
    lines += [f"{i % 9},{date(2023, 1, 1) + timedelta(i * 3)},{i}.50,{i + 1}.75" for i in range(90)]
    (tmp_path / "two.csv").write_text("\n".join(lines))
    report = stepladder.new("retention", str(tmp_path / "two.csv"), tmp_path / "p").read[
        "purchases"
    ]
    assert "rival-column" in {one.kind for one in report.warnings}
    text = to_text(report)
    (rival,) = next(one.rivals for one in report.mapping if one.rivals)
    assert text.count(f"--column value={rival}") == 1
    assert "nearly as well" not in text


SAID = {
    "1 rows do not have 5 values and were left out": "1 row does not have 5 values and was left out",
    "1 values of x differ from another, and are kept": "1 value of x differs from another, and is kept",
    "taken off the value of 1 rows; --x": "taken off the value of 1 row; --x",
    "21 rows are, and 3.1 rows were": "21 rows are, and 3.1 rows were",
    "Sheet 1 has 1,001 rows of 1 tables": "Sheet 1 has 1,001 rows of 1 tables",
}


@pytest.mark.parametrize(("given", "said"), SAID.items())
def test_what_is_said_of_one_agrees_with_it(given, said):
    assert agreeing(given) == said
    assert of_rows(1, "Rows repeat an earlier row.") == "1 row repeats an earlier row."
    assert of_rows(1200, "Rows repeat an earlier row.") == "1,200 rows repeat an earlier row."


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_who_is_refused_sees_what_was_read(tmp_path, capsys, flags):
    path = tmp_path / "tiny.csv"
    path.write_text(
        "who,customer,date,amount\nx,1,2024-01-01,9.99\ny,2,2024-03-01,5\n,,2024-03-02,7\n"
    )
    with pytest.raises(SystemExit):
        main(["new", "retention", "--from", str(path), "--project", str(tmp_path / "p"), *flags])
    out, err = capsys.readouterr()
    assert not (tmp_path / "p").exists()
    if flags:
        found = json.loads(out)
        assert set(found["error"]) == {"given", "allowed", "remedy"}
        assert found["tables"]["purchases"]["customers"] == 2
        assert found["tables"]["purchases"]["columns"]["value"]["source"] == "amount"
        return
    words = ("14.99 in total", "3 rows read, 2 kept", "value = amount", "has no customer", "given")
    places = [err.index(word) for word in words]
    assert places == sorted(places)


def test_whoever_goes_away_at_a_question_gets_three_parts(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(Problem, match="no answer to: Which"):
        show.ask("Which?", ["EUR", "CHF"])


def test_a_warning_keeps_no_texts_of_rows(tmp_path):
    lines = ["customer_id,order_date,total"]
    lines += [f"{i % 9},{date(2023, 1, 1) + timedelta(i)},{i}.50" for i in range(40)]
    (tmp_path / "wide.csv").write_text(
        "\n".join([*lines, "7,2023-04-01,5.50,Mr Secret", *lines[1:]])
    )
    made = stepladder.new("retention", str(tmp_path / "wide.csv"), tmp_path / "p",
                          choices={"duplicates": "keep"})  # fmt: skip
    assert "Mr Secret" in to_text(made.read["purchases"])
    kept = [path for path in (tmp_path / "p").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"Secret" in path.read_bytes()]
    page = (tmp_path / "p" / "data-report-purchases.md").read_text()
    assert "(the first on line 42)" in page
