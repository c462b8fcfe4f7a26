"""Amounts as they are written all over the world, the currency they are in, and what is none."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from stepladder.core.errors import Problem
from stepladder.tables import choose, clean, look
from stepladder.tables.amounts.currencies import known
from stepladder.tables.amounts.texts import decimal_mark, read_amounts
from stepladder.tables.columns.find import find_columns
from stepladder.tables.values import read_amount

from .conftest import PURCHASES, TODAY, rows

FORMATS = json.loads((Path(__file__).parent / "cldr_formats.json").read_text())
CODES = sorted(word for word, codes in known()["words"].items() if word == codes)
FROM_ZERO = {zero: str.maketrans("0123456789", "".join(chr(ord(zero) + i) for i in range(10)))
             for zero in known()["zeros"] + "0"}  # fmt: skip


def read(text, decimal="."):
    """The number and the currency that one text says."""
    found = read_amounts(pa.array([text]), decimal)
    currency = found.currency.to_pylist()[0] if found.currency is not None else ""
    return (float(found.value[0]) if found.found[0] else None), currency


@pytest.mark.parametrize(("texts", "value", "currency"), [
    ("AED 12.50|AED12.50|12.50AED|د.إ.‏ 12.50|د.إ12.50|12.50 UAE dirhams", 12.5, "AED"),
    ("S$12.50|SGD 12.50|12.50 sgd|SGD$12.50|S$ 12.50", 12.5, "SGD"),
    ("€12.50|12.50 €|12€50|&euro;12.50|&#8364;12.50|12.50&nbsp;&euro;|12.50 Euro|EUR12.50*", 12.5, "EUR"),
    ("NT$ 12.50|TWD 12.50|NT$12.50 TWD", 12.5, "TWD"),
    ("Fr. 12.50|CHF 12.50|12.50 SFr.|12.50\u202fCHF", 12.5, "CHF"),
    ("$12.50|$ 12.50|12.50 $|12.50$|$+12.50|12.50 dollars|＄12.50", 12.5, "$"),
    ("$12.50 USD|US$12.50|US$ 12.50|12.50 (USD)|(USD) 12.50|12.50 US dollars|12.50 $US", 12.5, "USD"),
    ("-$12.50|$-12.50|($12.50)|$(12.50)|$12.50-|12.50- $|−$12.50|–$12.50", -12.5, "$"),
    ("12.50 zł|12.50 zlotych|PLN 12.50", 12.5, "PLN"),
    ("kr 12.50|12.50 kr.|12.50kr", 12.5, "kr"),
    ("12.- kr|12:- kr|12,– kr|12.–kr", 12, "kr"),
    ("Rs.500|Rs. 500/-|500 Rs", 500, "Rs"),
    ("1,23,456.50|1'23'456.50|12,3456.50|12 3456.50", 123456.5, ""),
    ("१२.५०|１２．５０|١٢٫٥٠|۱۲٫۵۰|12٫50|'12.50|\u200f12.50\u200e|\u206612.50\u2069", 12.5, ""),
    ("1’234.50|1ʼ234.50|1\u2009234.50|1\u3000234.50|١٬٢٣٤٫٥٠|1´234.50", 1234.5, ""),
    ("$ -|$-   |- $|-- €", 0, ""),
    ("￥１２０|¥120|120 ¥", 120, "¥"),
    ("12.50%|12k|12K|12 p|12 all|top 12|12⁵⁰|12.50 per unit|2 x 12.50|$12.50 EUR|12 kg|½|visa 12",
     None, ""),
])  # fmt: skip
def test_the_same_amount_in_many_spellings(texts, value, currency):
    spellings = texts.split("|")
    assert {one: read(one) for one in spellings} == dict.fromkeys(spellings, (value, currency))


def test_every_currency_before_and_behind():
    assert len(CODES) > 300
    for spelling in ("{} 12.50", "{}12.50", "12.50 {}", "12.50{}", "-{} 12.50", "({}12.50)"):
        texts = pa.array([spelling.format(code) for code in CODES])
        found = read_amounts(texts, ".")
        assert {abs(value) for value in found.value.tolist()} == {12.5}
        assert found.currency.to_pylist() == CODES


def test_every_word_for_money_is_read_in_front():
    """One letter only where it is a capital: K 12 are kwacha, k 12 are nothing."""
    words = [word for word in known()["words"] if len(word) > 1 or not word.islower()]
    words = [word for word in words if word.casefold() not in ("all", "try", "top")]
    found = read_amounts(pa.array([f"{word} 12" for word in words]), ".")
    lost = [word for word, there in zip(words, found.found, strict=True) if not there]
    assert not lost
    assert all(found.currency.to_pylist())


def as_written(value, form, sign):
    """A number as CLDR's pattern and marks of one locale write it."""
    pattern, point, group, minus, zero = form
    positive, _, negative = pattern.partition(";")
    shape = (negative or "-" + positive) if value < 0 else positive
    start, end = re.search("[#0]", shape).start(), shape.rindex("0") + 1
    whole, cents = f"{abs(value):.2f}".split(".")
    sizes = [len(one) for one in shape[start:end].split(".")[0].split(",")][1:]
    groups = []
    while sizes and len(whole) > sizes[-1]:
        groups.insert(0, whole[-sizes[-1] :])
        whole, sizes = whole[: -sizes[-1]], sizes[:-1] or sizes
    number = group.join([whole, *groups]) + point + cents
    around = [part.replace("-", minus) for part in (shape[:start], shape[end:])]
    return number.translate(FROM_ZERO[zero]).join(around).replace("¤", sign)


SIGNS = ["€", "US$", "AED", "kr", "zł", "د.إ.\u200f", "₹", "F\u202fCFA", ""]
WORTH = [
    "0.00",
    "-0.01",
    "0.10",
    "12.50",
    "-999.99",
    "1234.56",
    "-50000.00",
    "1234567.89",
    "-99999999.99",
]


@pytest.mark.parametrize("decimal", [".", ","])
def test_what_any_locale_writes_comes_back(decimal):
    forms = [form for form in FORMATS if (form[1] in ",،") == (decimal == ",")]
    worth = [Decimal(one) for one in WORTH]
    for sign in SIGNS:
        texts = {as_written(value, form, sign): value for form in forms for value in worth}
        found = read_amounts(pa.array(list(texts)), decimal).value
        assert dict(zip(texts, found, strict=True)) == {text: float(v) for text, v in texts.items()}


@pytest.mark.parametrize(("texts", "mark"), [
    (["Rp 12.000", "Rp 9.500"], "ambiguous"), (["KWD 1.250"], "ambiguous"), (["¥1,200"], "ambiguous"),
    (["JPY 1,200"], "."), (["₩1.200", "₩900"], ","), (["12.000 ₫"], ","), (["XOF 1.200"], ","),
    (["١٢٫٥٠٠"], None), (["12€50"], None), (["12,3456.00"], None), (["Rp 12.000", "Rp 9,50"], ","),
])  # fmt: skip
def test_a_mark_is_proven_or_asked(texts, mark):
    assert decimal_mark(pa.array(texts))[0] == mark


def test_thousands_of_a_currency_without_cents_beside_decimals():
    found = read_amounts(pa.array(["JPY 1,200", "EUR 12,50", "EUR 9,90"]), ",")
    assert found.value.tolist() == [1200, 12.5, 9.9]
    assert found.other.tolist() == [True, False, False]


ARAB = "customer;date;amount\n7;2024-01-13;١٢٫٥٠\n8;2024-02-13;٩٫٩٠\n"
AED = "customer,date,total\n7,2024-01-13,AED 12.50\n8,2024-02-13,AED 9.90\n"
HTML = "customer,date,total\n7,2024-01-13,&euro;12.50\n8,2024-02-13,9.90&nbsp;&#8364;\n"
NEW_DOLLARS = "customer;date;total\n7;2024-01-13;NT$12.50\n8;2024-02-13;NT$ 9.90\n"


@pytest.mark.parametrize("text", [ARAB, AED, HTML, NEW_DOLLARS])
def test_a_column_of_them_is_the_value(cleaned, text):
    assert [row[3] for row in rows(cleaned(text))] == [12.5, 9.9]


def test_rupiah_are_asked_for_and_then_read(cleaned):
    text = "customer;date;total\n7;2024-01-13;Rp 12.000\n8;2024-02-13;Rp 9.500\n"
    with pytest.raises(Problem, match=r"--decimal \. or --decimal ,"):
        cleaned(text)
    assert [row[3] for row in rows(cleaned(text, decimal=","))] == [12000, 9500]


def test_what_the_first_cleaner_could_not_read_stays_so(cleaned, tmp_path):
    chosen = cleaned(AED + "9,2024-03-01,3\n").report.choices
    old = clean(str(tmp_path / "orders.csv"), PURCHASES, replace(chosen, version=1))
    assert [row[3] for row in rows(old)] == [None, None, 3]


def test_a_row_says_its_currency(cleaned):
    table = pa.table({"total": ["$1", "2", "USD 3", "abc EUR", None, "€4"], "n": ["1", "2"] * 3})
    choices = cleaned(AED).report.choices
    assert read_amount(table, "total", choices).currency.to_pylist() == [
        "$",
        "",
        "USD",
        "",
        "",
        "EUR",
    ]
    assert read_amount(table, "n*total", choices).currency.to_pylist()[-1] == "EUR"
    assert read_amount(table, "n", choices).currency is None


@pytest.mark.parametrize("name", ["0", "Unnamed: 2", "column_3", ""])
def test_three_columns_and_one_left_of_numbers(name):
    days = pa.array([date(2024, 1, 13)] * 3)
    table = pa.table([[7, 8, 7], days, ["12", "9", "9"]], ["customer", "date", name])
    found = {m.canonical: m for m in find_columns(table, PURCHASES, {})}
    assert (found["value"].source, found["value"].confidence) == (name, 0.5)


@pytest.mark.parametrize(("name", "values"), [
    ("age", "12|9|9"), ("items", "12|9|9"), ("0", "12|x|9"), ("0", "0|0|0"), ("0", "12|-9|9"),
])  # fmt: skip
def test_a_column_that_says_something_else_is_no_value(name, values):
    days = pa.array([date(2024, 1, 13)] * 3)
    table = pa.table([[7, 8, 7], days, values.split("|")], ["customer", "date", name])
    assert "value" not in {m.canonical for m in find_columns(table, PURCHASES, {})}


def test_a_value_without_a_name_is_warned_of(cleaned):
    report = cleaned("customer,date,Unnamed: 2\n7,2024-01-13,12\n8,2024-02-13,9\n").report
    assert [one.kind for one in report.warnings] == ["unsure-amount"]
    assert "--column value=OTHER" in report.warnings[0].sentence
    assert not cleaned(AED).report.warnings


def lines(amounts, name="total"):
    return f"customer;date;{name}\n" + "".join(
        f"{i % 7};2024-01-{1 + i % 28:02d};{one}\n" for i, one in enumerate(amounts)
    )


@pytest.mark.parametrize("name", ["total", "Total (AED)", "amount"])
def test_money_that_cannot_be_read_is_not_said_to_be_missing(cleaned, name):
    with pytest.raises(Problem) as caught:
        cleaned(lines(["Zm 12.50", "Zm 9.90", "Zm 9.90", "5 of 7"], name))
    said = caught.value
    assert f"{name!r} is called like the value" in said.given
    assert "4 of its 4 values" in said.given
    assert "'Zm 12.50' (line 2), 'Zm 9.90' (line 3), '5 of 7' (line 5)" in said.given
    for flag in ("--column value=OTHER", "--column value=.", "--decimal"):
        assert flag in said.remedy
    with pytest.raises(Problem, match="3 of its 5 values"):
        cleaned(lines(["tba", "tbb", "tbc", 1, 2], name))
    result = cleaned(lines(["Zm 12.50", "Zm 9.90"], name), columns={"value": ""})
    assert "value" not in result.report.choices.columns
    assert not result.report.warnings


def test_an_unread_total_is_not_replaced_by_a_weight(cleaned):
    text = "customer;date;total;w\n7;2024-01-13;Zm 12.50;1.25\n8;2024-02-13;Zm 9.90;2.75\n"
    with pytest.raises(Problem, match="'total' is called like the value"):
        cleaned(text)
    assert rows(cleaned(text, columns={"value": "w"}))[0][3] == 1.25


def test_a_total_in_words_is_told(cleaned):
    result = cleaned(lines(["see invoice", "on request", "see invoice"], "Total"))
    (said,) = result.report.warnings
    assert said.kind == "unread-amount"
    assert "'on request'" in said.said
    assert "request" not in said.sentence


@pytest.mark.parametrize(("write", "mark"), [
    (lambda n: f"{n:,}", "."), (lambda n: f"{n:,}".replace(",", "."), ","),
    (lambda n: f"Rp {n:,}".replace(",", "."), ","), (lambda n: f"₹{n:,}", "."),
    (lambda n: f"{n / 1000:.3f}", None),  # all with three decimals, as in kilograms
])  # fmt: skip
def test_many_groups_of_three_beside_small_numbers_are_thousands(write, mark):
    texts = pa.array([write(n) for n in range(113, 9000, 131)])
    assert decimal_mark(texts)[0] == (mark or ".")
    large = pa.array([write(n) for n in range(1130, 9000, 131)])
    assert decimal_mark(large)[0] == "ambiguous"


def test_words_in_a_column_called_sales_are_no_failed_amounts(cleaned):
    assert rows(cleaned(lines(["Anna", "Bob"], "revenue")))[0][3] is None


@pytest.mark.parametrize(("bad", "good", "refused"), [
    (2, 8, False), (3, 97, False), (3, 17, True), (6, 94, True), (5, 95, False),
])  # fmt: skip
def test_a_few_slips_are_counted_and_more_are_refused(cleaned, bad, good, refused):
    text = lines([*(f"tba{i}" for i in range(bad)), *range(1, good + 1)])
    if not refused:
        changed = cleaned(text, duplicates="keep").report.changed
        assert [(one.reason, one.count) for one in changed] == [("unreadable value", bad)]
        return
    with pytest.raises(Problem) as caught:
        cleaned(text, duplicates="keep")
    assert f"{bad} of the {bad + good} values of 'total'" in caught.value.given
    assert "'tba0' (line 2)" in caught.value.given
    assert "--column value=OTHER" in caught.value.remedy


def test_refusing_came_with_the_second_cleaner(cleaned, tmp_path):
    chosen = replace(cleaned(lines(range(1, 20))).report.choices, version=1)
    (tmp_path / "orders.csv").write_text(lines(["tba", "tbb", "tbc", 1, 2]))
    assert clean(str(tmp_path / "orders.csv"), PURCHASES, chosen).report.rows_kept == 5


def test_a_required_column_cannot_be_left_out(tmp_path):
    (tmp_path / "orders.csv").write_text(AED)
    with pytest.raises(Problem) as caught:
        look(str(tmp_path / "orders.csv"), PURCHASES, {"day": ""})
    assert "cannot do without" in caught.value.given
    assert "value" in caught.value.allowed
    seen = look(str(tmp_path / "orders.csv"), PURCHASES, {"value": " "})
    assert "value" not in choose(seen, ask_user=None, today=TODAY).columns
