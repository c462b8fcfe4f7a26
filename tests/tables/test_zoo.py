"""Tables as people really have them: each oddity alone, with the line on which it stands."""

from __future__ import annotations

import json
from datetime import date

import pytest

from stepladder.core.errors import Problem
from stepladder.tables import Choices, DataReport, choose, look, to_markdown, to_text

from .conftest import PURCHASES, TODAY, dropped, rows

JUST = [(2, 7, date(2024, 1, 13), 1234.5), (3, 8, date(2024, 2, 3), 2.0)]


@pytest.mark.parametrize("text", [
    "customer_id,date,amount\n7,2024-01-13,1234.50\n8,2024-02-03,2.00\n",
    "customer_id;date;amount\n7;13.01.2024;1.234,50\n8;03.02.2024;2,00\n",
    "customer_id\tdate\tamount\n7\t13/01/2024\t$1,234.50\n8\t03/02/2024\t$2.00\n",
    "customer_id|date|amount\n7|01/13/2024|1'234.50 CHF\n8|02/03/2024|CHF 2.-\n",
    "customer_id;date;amount\n7;13 Jan 2024;1 234,50 €\n8;3 févr. 2024;€2,00\n",
    "customer_id,date,amount\n7,\"January 13, 2024\",\"USD 1,234.50\"\n8,\"Feb 3rd, 2024\",2\n",
    "customer_id,date,amount\n7,20240113,1234.5\n8,20240203,2e0\n",
    "customer_id,date,amount\n7,1705104000,1234.5\n8,1706918400,2\n",
    "customer_id,date,amount\n7,1/13/24 9:05 PM,1234.5\n8,2/3/24 12:00 AM,2\n",
    "customer_id,date,amount\n7,2024-01-13T21:05:00.123+02:00,1234.5\n8,2024-02-03 00:00,2\n",
    "customer_id,date,amount\n7,45304,1234.5\n8,45325,2\n",
    "CustomerID,OrderDate,Qty,Unit Price\n7,2024-01-13,10,123.45\n8,2024-02-03,1,2\n",
    "Kunden-Nr.;Kundennummer;Datum;Betrag\nx;7;13.1.24;1.234,50\ny;8;3.2.24;2,-\n",
    "customer_id,date,amount,\n7,2024-01-13,1234.50,\n8,2024-02-03,2.00,\n",
])  # fmt: skip
def test_every_way_of_writing_gives_the_same_table(cleaned, text):
    assert rows(cleaned(text)) == JUST


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end(cleaned, encoding, end):
    text = end.join(["Kunde;Datum;Betrag", "Müller;13.01.2024;1,50", "Grün;14.01.2024;2,50", ""])
    result = cleaned(text.encode(encoding))
    assert rows(result) == [
        (2, "Müller", date(2024, 1, 13), 1.5),
        (3, "Grün", date(2024, 1, 14), 2.5),
    ]


def test_stray_bytes_in_utf8_are_mended_and_counted(cleaned):
    text = "client,date,amount\n" + "Zoé,2024-01-13,1\n" * 1 + "Ünal,2024-01-14,2\n" * 1
    text += "".join(f"Łukasz{i} Ünal,2024-02-01,{i}\n" for i in range(1, 30))
    result = cleaned(text.encode() + "Noël,2024-03-01,5\n".encode("cp1252"))
    assert [(one.reason, one.count, one.examples[0][0]) for one in result.report.changed] == [
        ("character mended", 1, 33)
    ]
    assert rows(result)[-1][1] == "Noël"


def test_everything_that_is_dropped_is_counted_with_its_line(cleaned):
    result = cleaned(
        "Shop export\n"                          # 1 before the header
        "customer_id,date,amount,note\n"         # 2
        "1,2024-01-01,10,fine\n"                 # 3
        "1,2024-01-01,10,fine\n"                 # 4 duplicate
        "2,2024-01-02,20,\"two\nlines\"\n"       # 5, 6
        "\n"                                     # 7 blank
        ",2024-01-03,5,x\n"                      # 8 no customer
        "3,,5,x\n"                               # 9 no day
        "3,2024-02-30,5,x\n"                     # 10 impossible
        "3,soon,5,x\n"                           # 11 no date
        "3,1815-06-18,5,x\n"                     # 12 before 1900
        "3,2025-01-01,5,x\n"                     # 13 future
        "4,2024-01-05,-7.5,refund\n"             # 14
        "4,2024-01-06,(2.50),refund\n"           # 15
        "customer_id,date,amount,note\n"         # 16 header
        "5,2024-01-07\n"                         # 17 short
        "5,2024-01-07,1,2,3\n"                   # 18 long
        "5,2024-01-07,1,ok,,\n"                  # 19 surplus separators: kept
        "6,2024-01-08,0,free\n"                  # 20 zero: kept
        " 7 ,2024-01-09,abc,x\n"                 # 21 blanks, no amount: kept
        "Total,,45,\n"                           # 22
        ",,45,\n"                                # 23
    )  # fmt: skip
    assert dropped(result) == {
        "blank line": (1, [7]), "row with the wrong number of fields": (2, [17, 18]),
        "repeated header": (1, [16]), "totals row": (2, [22, 23]),
        "missing customer": (1, [8]), "missing day": (1, [9]), "unreadable day": (1, [11]),
        "impossible day": (1, [10]), "day before 1900": (1, [12]), "future day": (1, [13]),
        "negative value": (2, [14, 15]), "duplicate row": (1, [4]),
    }  # fmt: skip
    assert [row[:2] for row in rows(result)] == [(3, 1), (5, 2), (19, 5), (20, 6), (21, 7)]
    changed = {one.reason: one.examples[0][0] for one in result.report.changed}
    assert changed == {"row mended": 19, "blanks around customer": 21, "unreadable value": 21}
    assert result.report.rows_read == 20
    refunds = next(one for one in result.report.dropped if one.reason == "negative value")
    assert "-10.00 in all" in refunds.sentence
    assert any("1 row with a value of zero" in note for note in result.report.notes)


def test_an_unclosed_quote_takes_no_other_row_with_it(cleaned):
    lines = [
        "customer,date,amount",
        "1,2024-01-01,1",
        '"2,2024-01-02,2',
        "3,2024-01-03,3",
        "4,2024-01-04,4",
    ]
    result = cleaned("\n".join(lines))
    assert [row[0] for row in rows(result)] == [2, 3, 4, 5]
    assert result.report.rows_read == 4


@pytest.mark.parametrize(("texts", "kept"), [
    (["1", "2", "30"], [1, 2, 30]),
    (["01", "2", "30"], ["01", "2", "30"]),
    (["17850.0", "2.0", "30.0"], [17850, 2, 30]),
    (["A1", " A1", "A1 "], ["A1", "A1", "A1"]),
])  # fmt: skip
def test_ids_stay_what_they_are(cleaned, texts, kept):
    lines = [f"{text},2024-01-1{i},{i}\n" for i, text in enumerate(texts)]
    assert [row[1] for row in rows(cleaned("customer,date,amount\n" + "".join(lines)))] == kept


def test_an_ambiguous_order_is_asked_or_an_error_but_never_guessed(cleaned, tmp_path):
    text = "customer,date,amount\n1,03/04/2024,1\n2,05/06/2024,2\n"
    with pytest.raises(Problem) as caught:
        cleaned(text)
    assert "ambiguous" in caught.value.given
    assert "03/04/2024" in caught.value.given
    assert "--day-first or --month-first" in caught.value.remedy
    assert rows(cleaned(text, day_order="day first"))[0][2] == date(2024, 4, 3)
    assert rows(cleaned(text, day_order="month first"))[0][2] == date(2024, 3, 4)
    asked = []
    seen = look(str(tmp_path / "orders.csv"), PURCHASES, {})
    chosen = choose(seen, ask_user=lambda *q: asked.append(q) or "month first", today=TODAY)
    assert chosen.day_order == "month first"
    assert "03/04/2024" in asked[0][0]


def test_contradictory_orders_are_an_error_unless_told(cleaned):
    text = "customer,date,amount\n1,13/04/2024,1\n2,04/13/2024,2\n3,05/06/2024,3\n"
    with pytest.raises(Problem, match="some dates have the day first, others the month"):
        cleaned(text)
    mixed = cleaned(text, day_order="mixed")
    assert [row[2] for row in rows(mixed)] == [date(2024, 4, 13)] * 2
    assert dropped(mixed) == {"unclear day": (1, [4])}
    assert dropped(cleaned(text, day_order="day first")) == {"impossible day": (1, [3])}


def test_five_formats_in_one_column(cleaned):
    text = (
        "customer;date;amount\n1;2024-03-02;1\n2;02.03.2024;2\n3;2 Mar 2024;3\n4;20240302;4\n"
        "5;31/12/2023;5\n6;02/03/2024;6\n7;March 2, 2024;7\n8;2024-03-02 10:00:00;8\n"
    )
    days = [row[2] for row in rows(cleaned(text))]
    assert days == [date(2024, 3, 2)] * 4 + [date(2023, 12, 31)] + [date(2024, 3, 2)] * 3


def test_an_ambiguous_decimal_mark_is_an_error_naming_the_flag(cleaned):
    text = "customer;date;amount\n1;2024-03-02;1.250\n2;2024-03-03;2.500\n"
    with pytest.raises(Problem, match=r"--decimal \. or --decimal ,"):
        cleaned(text)
    assert rows(cleaned(text, decimal=","))[0][3] == 1250
    other = text.replace("amount\n", "amount;weight\n").replace("250\n", "250;0,5\n")
    assert rows(cleaned(other.replace("500\n", "500;1,5\n")))[0][3] == 1250


def test_columns_by_content_where_the_header_is_missing(cleaned):
    lines = [f" {i % 4:05d} 1997{1 + i % 12:02d}{1 + i:02d}  1  {i}.77\n" for i in range(20)]
    result = cleaned("".join(lines), columns={"value": "column_4"})
    assert {m.canonical: m.source for m in result.report.mapping} == {
        "customer": "column_1",
        "day": "column_2",
        "value": "column_4",
    }
    assert [row[0] for row in rows(result)] == list(range(1, 21))
    assert rows(result)[1][1] == "00001"


@pytest.mark.parametrize(("header", "found"), [
    ("customer_name,customer,signup_date,date,quantity,unit_price,total_price",
     {"customer": "customer", "day": "date", "value": "total_price"}),
    ("invoice,customer id,invoicedate,quantity,price,country,stock",
     {"customer": "customer id", "day": "invoicedate", "value": "quantity*price"}),
    ("order id,client,order date,ship date,sku,price,discount",
     {"customer": "client", "day": "order date", "value": "price"}),
    ("Nettobetrag,KUNDENNUMMER,Geburtsdatum,Rechnungsdatum,x,y,z",
     {"customer": "KUNDENNUMMER", "day": "Rechnungsdatum", "value": "Nettobetrag"}),
])  # fmt: skip
def test_the_column_that_is_meant_is_found(cleaned, header, found):
    names = header.split(",")
    days = {name for name in names if "dat" in name.lower()}
    lines = [",".join(f"2024-01-{1 + i:02d}" if name in days else str(i % 5) for name in names)
             for i in range(20)]  # fmt: skip
    mapping = cleaned("\n".join([header, *lines]), refunds="keep").report.mapping
    assert {m.canonical: m.source for m in mapping} == found


def test_the_last_day_is_incomplete_if_it_ends_earlier_than_days_do(cleaned):
    lines = [f"{d},2024-01-{d:02d} {h}:30,1\n" for d in range(1, 29) for h in (9, 12, 18)]
    assert cleaned("customer,date,amount\n" + "".join(lines)).report.last_day_complete
    half = cleaned("customer,date,amount\n" + "".join(lines[:-1]))
    assert not half.report.last_day_complete
    assert "12:30" in half.report.last_day_sentence
    assert cleaned("customer,date\n1,2024-01-01\n2,2024-01-02\n").report.last_day_complete


def test_reports_and_choices_survive_json(cleaned):
    result = cleaned("customer,date,amount\n 1,2024-01-01,`1|\n2,2024-01-02,2\n2,2024-01-02,2\n")
    plain = json.loads(json.dumps(result.report.to_dict()))
    assert DataReport.from_dict(plain) == result.report
    assert Choices.from_dict(plain["choices"]) == result.report.choices
    assert "line 4: 2,2024-01-02,2" in to_text(result.report)
    assert "2024-01-01,`1" not in to_markdown(result.report)  # files keep the place only
