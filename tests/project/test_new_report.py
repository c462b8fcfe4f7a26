"""What `new` says first: totals to check against a till, then what was taken, left out, and not used."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

import stepladder
from stepladder.cli import main
from stepladder.core.errors import Problem
from stepladder.tables import DataReport, to_markdown, to_text
from stepladder.tables.findings import Finding, Mapped, Warned

FIRST = date(2023, 1, 1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Six orders of each of 40 customers, the last two of one day; one row twice, one without a customer."""
    room = tmp_path_factory.mktemp("shop")
    lines = ["customer_id,order_date,total,note,place"]
    for i in range(240):
        nth = i // 40
        lines.append(f"{i % 40 + 1},{FIRST + timedelta(min(nth, 4) * 67)},{nth + 1}.25,x,y")
    (room / "orders.csv").write_text("\n".join([*lines, lines[-1], ",2023-01-01,5,x,y"]) + "\n")
    return room


@pytest.fixture(scope="module")
def made(shop):
    return stepladder.new("retention", str(shop / "orders.csv"), shop / "p")


def said(capsys, *words):
    """What the command line prints, and its exit code."""
    try:
        main(words)
    except SystemExit as ended:
        return capsys.readouterr().out, ended.code or 0
    return capsys.readouterr().out, 0


def test_totals_come_first_and_are_true(made):
    assert to_text(made.read["purchases"]).splitlines()[:2] == [
        "40 customers, 240 purchases on 200 days (each customer's own), 900.00 in total, from "
        "2023-01-01 to 2023-09-26; best month September 2023 with 460.00.",
        "orders.csv: 242 rows read, 240 kept, 2 dropped.",
    ]
    page = (made.folder / "data-report-purchases.md").read_text()
    assert "40 customers, 240 purchases on 200 days" in page
    assert made.data["purchases"]["report"]["totals"]["value_total"] == 900.0


def test_orders_are_counted_by_their_numbers_where_there_are_such(shop):
    lines = ["customer,date,total,order_id"]
    lines += [f"{i % 9},{FIRST + timedelta(i % 90)},{1 + i},{i % 300}" for i in range(600)]
    (shop / "numbered.csv").write_text("\n".join(lines))
    made = stepladder.new("retention", str(shop / "numbered.csv"), shop / "numbered",
                          columns={"order": "order_id"}, choices={"duplicates": "keep"})  # fmt: skip
    assert made.ask.tables["purchases"].choices["beside"] == {"order": "order_id"}
    assert made.read["purchases"].totals["orders"] == 300
    assert "300 orders" in to_text(made.read["purchases"]).splitlines()[0]
    again = stepladder.refresh(made)
    assert again.read["purchases"].totals == made.read["purchases"].totals


def test_a_table_without_money_or_time_says_what_it_has(shop):
    taken = [f"{p},{i},{FIRST + timedelta(p + i * 9)}" for p in range(30) for i in range(6)]
    (shop / "taken.csv").write_text("\n".join(["user_id,item_id,date", *taken]))
    (shop / "items.csv").write_text("item_id,name\n" + "\n".join(f"{i},N{i}" for i in range(6)))
    sources = {"interactions": str(shop / "taken.csv"), "items": str(shop / "items.csv")}
    made = stepladder.new("recommend", sources, shop / "r")
    first, second = (to_text(made.read[name]).splitlines()[0] for name in sources)
    assert first == (
        "30 persons, 180 interactions on 180 days (each person's own), from 2023-01-01 to 2023-03-16; "
        "busiest month February 2023 with 88 interactions."
    )
    assert second == "6 items."
    assert made.read["items"].summary()["value_total"] is None


def test_the_rival_is_named_with_the_flag_and_long_lists_are_cut(made):
    report = made.read["purchases"]
    many = replace(
        report,
        mapping=(Mapped("customer", "Email", 0.8, "named", ("Customer Name", "Id", "Tel", "Fax")),),
        unused=tuple(f"c{i}" for i in range(40)),
        warnings=(Warned("far-days", "3 rows lie far off: --from-day keeps them."),),
        set_aside=(Finding("status cancelled", 7, "Rows were cancelled.", ((3, "x"),)),),
        beside=(Mapped("status", "State", 1.0, "named"),),
        dropped=tuple(Finding(f"r{i}", 1, f"Reason {i}.", ()) for i in range(20)),
    )
    text = to_text(many)
    assert "--column 'customer=Customer Name' or --column customer=Id, and 2 more" in text
    assert "! 3 rows lie far off: --from-day keeps them. (far-days)" in text
    assert "7 rows were cancelled." in text
    assert "status = State  (leave one out: --column status=)" in text
    assert "c11, and 28 more (data-report-purchases.md has all)" in text
    assert "and 14 reasons more (data-report-purchases.md has all)" in text
    assert len(text.splitlines()) < 45
    page = to_markdown(many.kept())
    assert all(word in page for word in ("`c39`", "Reason 19.", "`Fax`", "`far-days`"))
    assert DataReport.from_dict(json.loads(json.dumps(many.to_dict()))) == many


def test_as_json_every_figure_has_a_stable_name(shop, capsys):
    out, code = said(capsys, "new", "retention", "--from", str(shop / "orders.csv"),
                     "--project", str(shop / "j"), "--from-day", "2023-02-01", "--json")  # fmt: skip
    found = json.loads(out)
    assert code == 0
    assert found["rows_read"] == 242
    aside = {"day before 2023-02-01": 40}
    assert (found["dropped"], found["set_aside"]) == (
        {"missing customer": 1, "duplicate row": 1}, aside)  # fmt: skip
    figures = ("rows_kept", "customers", "purchase_days", "value_total", "first_day", "last_day")
    assert [found[name] for name in figures] == [200, 40, 160, 850.0, "2023-03-09", "2023-09-26"]
    assert found["columns"]["customer"]["source"] == "customer_id"
    assert set(found["columns"]["customer"]) == {"source", "sure", "rivals"}
    assert found["warnings"] == []
    assert found["tables"]["purchases"]["set_aside"] == aside
    out, _ = said(capsys, "refresh", "--project", str(shop / "j"), "--json")
    assert json.loads(out) == found  # the days wanted are frozen


WRONG = {
    "--rate USD=0.9": "nothing says into which currency",
    "--currency EUR --rate USD=much": "CURRENCY=NUMBER",
    "--currency EUR --rate USD=0": "above zero",
    "--currency EUR --rate USD=nan": "above zero",
    "--currency dollars": "ISO 4217",
    "--from-day 1.2.2023": "YYYY-MM-DD",
    "--from-day 2023-05-01 --to-day 2023-04-01": "not after the last",
    "--sheet Orders": "no workbook",
    "--column status": "NAME= to use none",
    "--from-day 2030-01-01": "Nothing usable remains",
}


@pytest.mark.parametrize(("flags", "words"), WRONG.items(), ids=WRONG)
def test_a_wrong_flag_is_told_in_three_parts_and_leaves_nothing(shop, capsys, flags, words):
    out, code = said(capsys, "new", "retention", "--from", str(shop / "orders.csv"),
                     "--project", str(shop / "w"), "--json", *flags.split())  # fmt: skip
    assert code == 2
    assert set(json.loads(out)["error"]) == {"given", "allowed", "remedy"}
    assert words in out
    assert not (shop / "w").exists()


def test_what_was_said_is_frozen_and_read_again(shop, capsys):
    _, code = said(capsys, "new", "retention", "--from", str(shop / "orders.csv"),
                   "--project", str(shop / "f"), "--currency", "eur", "--rate", "usd=0.9", "--rate",
                   "$=0.8", "--from-day", "1970-01-01", "--to-day", "2023-09-26", "--keep-strangers",
                   "--column", "status=", "--column", "value=", "--json")  # fmt: skip
    assert code == 0
    choices = stepladder.Project.open(shop / "f").ask.tables["purchases"].choices
    wanted = {"currency": "EUR", "rates": {"USD": 0.9, "$": 0.8}, "from_day": "1970-01-01",
              "to_day": "2023-09-26", "strangers": "keep", "version": 3}  # fmt: skip
    assert {key: choices[key] for key in wanted} == wanted
    assert "value" not in choices["columns"]
    _, code = said(capsys, "refresh", "--project", str(shop / "f"), "--json")
    assert code == 0


def test_python_takes_the_same_and_refuses_what_is_no_choice(shop):
    with pytest.raises(Problem, match=r"(?s)colour.*day_order"):
        stepladder.new("retention", str(shop / "orders.csv"), shop / "x", choices={"colour": "red"})
    with pytest.raises(Problem, match="from_day"):
        stepladder.new("retention", str(shop / "orders.csv"), shop / "x",
                       choices={"from_day": "2024-01-01"})  # fmt: skip
