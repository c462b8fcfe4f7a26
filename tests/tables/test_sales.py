"""What rows are worth: statuses, currencies, orders' totals, refunds and cancellations."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.core.table import Column, TableSpec
from stepladder.project.own_rows import own_rows
from stepladder.tables import choose, clean, look
from stepladder.tables.sales.cancellations import meet
from stepladder.tables.sales.status_words import (
    PARTLY,
    RETURN,
    SOLD,
    UNKNOWN,
    UNSOLD,
    WAITING,
    said_of_sale,
)
from tests.tables.conftest import TODAY


def worth(result):
    """The clean rows that have an amount: line and value."""
    table = result.table
    pairs = zip(table["row"].to_pylist(), table["value"].to_pylist(), strict=True)
    return {row: round(value, 2) for row, value in pairs if value is not None}


def lines(result):
    return sorted(result.table["row"].to_pylist())


def aside(result):
    return {one.reason: one.count for one in result.report.set_aside}


def warned(result):
    return {one.kind: one.sentence for one in result.report.warnings}


ORDER = """order_id,customer,date,item,order_total
1,7,2024-01-13,a,30
1,7,2024-01-13,b,30
1,7,2024-01-13,c,30
"""
ORDERS = "".join(
    f"B-{100 + i},{i % 4},2024-0{1 + i % 6}-1{i % 7},{item},{10 + 3 * i},{1 + i + j}\n"
    for i in range(12)
    for j, item in enumerate("abc"[: 2 + i % 2])
)


@pytest.mark.parametrize(("header", "body", "total"), [
    (ORDER.split("\n")[0], ORDER.split("\n", 1)[1], 30),
    ("Invoice No,customer,date,sku,Grand Total,x", ORDERS, 318),
    ("Bestellnummer,Kunde,Datum,Artikel,Bestellbetrag,x", ORDERS, 318),
    ("order_id,customer,date,item,amount,price", ORDERS, 318),  # prices of lines beside it differ
    ("order_id,customer,date,item,total,x", ORDERS, 318),  # items differ, amounts do not
    # a line's own amounts are its own: by their name, or where nothing shows that they are not
    ("order_id,customer,date,item,line_total,x", ORDERS, 804),
    ("order_id,customer,date,item,price,x", ORDERS, 804),
    ("order_id,customer,date,item,amount", "".join(
        f"{i // 2},{i // 2 % 4},2024-01-1{i % 9},{item},20\n" for i in range(40) for item in "ab"), 1600),
    ("order_id,customer,date,ticket,amount", "".join(
        f"{i},{i % 4},2024-01-1{i % 9},t{i}-{j},{10 + i}\n" for i in range(9) for j in range(2)), 252),
])  # fmt: skip
def test_an_amount_that_an_order_repeats_counts_once(cleaned, header, body, total):
    result = cleaned(header + "\n" + body)
    rows = body.count("\n")
    repeated = total in (30, 318)
    assert result.report.rows_kept == rows  # the items are bought all the same
    assert sum(worth(result).values()) == total
    assert ("order-total-repeats" in warned(result)) >= repeated
    if repeated:
        assert result.report.choices.value_per == "order"
        assert sum(worth(cleaned(header + "\n" + body, value_per="row")).values()) > total


def test_of_one_price_for_all_nobody_is_sure_and_it_is_said(cleaned):
    body = "".join(f"{i},{i % 3},2024-01-1{i},{item},20\n" for i in range(9) for item in "ab")
    result = cleaned("order_id,customer,date,item,amount\n" + body)
    assert sum(worth(result).values()) == 360
    assert "--value-per order" in warned(result)["order-total-repeats"]
    once = cleaned("order_id,customer,date,item,amount\n" + body, value_per="order")
    assert sum(worth(once).values()) == 180


SHOPIFY = """Name,Email,Financial Status,Created at,Currency,Total,Lineitem quantity,Lineitem name,\
Lineitem price,Refunded Amount,Cancelled at
#1001,a@x.de,paid,2024-01-13 10:00:00 +0100,EUR,30.00,1,Mug,10.00,0.00,
#1001,a@x.de,,2024-01-13 10:00:00 +0100,,,1,Cup,20.00,,
#1002,b@x.de,partially_refunded,2024-02-13 10:00:00 +0100,EUR,50.00,1,Mug,50.00,20.00,
#1003,b@x.de,voided,2024-03-13 10:00:00 +0100,EUR,30.00,1,Mug,10.00,0.00,
#1003,b@x.de,,2024-03-13 10:00:00 +0100,,,1,Cup,20.00,,
#1004,c@x.de,paid,2024-03-15 10:00:00 +0100,EUR,12.00,1,Mug,12.00,12.00,
#1004,c@x.de,,2024-03-15 10:00:00 +0100,,,1,Cup,0.00,,
#1005,c@x.de,pending,2024-03-16 10:00:00 +0100,EUR,13.00,1,Mug,13.00,0.00,
#1006,c@x.de,paid,2024-03-18 10:00:00 +0100,EUR,13.00,1,Mug,13.00,0.00,2024-03-19 10:00:00 +0100
"""


def test_a_shops_export_whose_later_lines_are_empty(cleaned):
    result = cleaned(SHOPIFY, columns={"customer": "Email", "day": "Created at", "value": "Total"})
    assert worth(result) == {2: 30.0, 4: 30.0, 9: 13.0}
    assert lines(result) == [2, 3, 4, 9]  # no line of an order that was none makes a purchase
    assert aside(result) == {
        "no sale: voided": 2,
        "no sale: Cancelled at": 1,
        "refunded in full": 2,
    }
    said = warned(result)
    assert "1 × pending" in said["status-words"]
    assert "32.00" in said["refunded-amount"]


CURRENCY = "customer,date,currency,total\n7,2024-01-13,USD,12\n7,2024-02-13,JPY,1800\n"


def test_two_currencies_are_never_added(cleaned):
    with pytest.raises(Problem) as refused:
        cleaned(CURRENCY)
    given, _, remedy = refused.value.parts()
    assert "1 row of USD (12.00)" in given
    assert "1 row of JPY (1,800.00)" in given
    assert "--currency USD" in remedy
    assert "--rate JPY=" in remedy
    chosen = cleaned(CURRENCY, currency="USD")
    assert worth(chosen) == {2: 12.0}
    assert aside(chosen) == {"other currency": 1}
    assert "several-currencies" in warned(chosen)
    rated = cleaned(CURRENCY, currency="USD", rates={"JPY": 0.01})
    assert worth(rated) == {2: 12.0, 3: 18.0}
    assert worth(cleaned(CURRENCY, columns={"currency": ""})) == {2: 12.0, 3: 1800.0}


def test_an_order_of_another_currency_goes_with_all_its_lines(cleaned):
    body = (
        "#1,a@x.de,EUR,30,2024-01-13,a\n#2,b@x.de,USD,20,2024-01-14,a\n#2,b@x.de,,,2024-01-14,b\n"
    )
    body = "Name,Email,Currency,Total,Created at,Lineitem name\n" + body
    assert lines(
        cleaned(body, currency="EUR", columns={"customer": "Email", "day": "Created at"})
    ) == [2]


@pytest.mark.parametrize(("given", "said"), [
    ("EURO", "Did you mean EUR?"), ("DOLLARS", "e.g. --currency EUR"), ("EUROS", "Did you mean EUR?"),
    ("CHFR", "Did you mean CHF?"), ("USD", "e.g. --currency EUR"), ("UER", "9.90"),
])  # fmt: skip
def test_a_currency_that_is_not_there_is_refused_with_those_that_are(cleaned, given, said):
    with pytest.raises(Problem) as raised:
        cleaned(
            "customer,date,currency,amount\n7,2024-01-13,EUR,9.90\n8,2024-01-14,EUR,\n",
            currency=given,
        )
    assert said in " ".join(raised.value.parts())


@pytest.mark.parametrize(("one", "other"), [
    ("Total (EUR)", "Total (USD)"), ("amount_eur", "amount_chf"), ("Betrag €", "Betrag $"),
])  # fmt: skip
def test_an_amount_in_the_column_of_another_currency_is_told(cleaned, one, other):
    body = f"customer,date,{one},{other}\n" + "".join(
        f"{i % 3},2024-01-1{i},5.50,\n" for i in range(9)
    )
    assert "several-currencies" not in warned(cleaned(body))
    found = cleaned(body + "8,2024-01-14,,7.25\n")
    assert "1 row has its own" in warned(found)["several-currencies"]
    assert "7.25" in warned(found)["several-currencies"]


def test_a_newcomers_rows_are_read_as_the_projects_own(tmp_path):
    chosen = {"version": 2, "columns": {"customer": "who", "day": "when", "value": "total"},
              "beside": {"status": "Lage", "currency": "cur"}, "currency": "EUR", "rates": {"USD": 0.5},
              "day_order": "day first", "decimal": ","}  # fmt: skip
    told = SimpleNamespace(choices=chosen)
    project = SimpleNamespace(question=questions.load("retention"),
                              ask=SimpleNamespace(tables={"purchases": told}),
                              now=lambda: date(2024, 6, 1))  # fmt: skip
    path = tmp_path / "new.csv"
    path.write_text(
        "when;total;cur;Lage\n01.02.2024;1.000;EUR;paid\n02.02.2024;20;USD;paid\n03.02.2024;9;EUR;failed\n"
    )
    assert own_rows(project, path).table["value"].to_pylist() == [1000.0, 10.0]
    chosen.update(version=1, beside={})
    assert own_rows(project, path).table["value"].to_pylist() == [1000.0, 20.0, 9.0]


def test_one_currency_is_no_matter_and_a_new_one_is_found_by_the_old_choices(cleaned, tmp_path):
    result = cleaned(
        "customer,date,currency,total\n7,2024-01-13,eur,12\n7,2024-02-13,,8\n7,2024-02-14,€,8\n"
    )
    assert worth(result) == {2: 12.0, 3: 8.0, 4: 8.0}
    assert {one.reason: one.count for one in result.report.changed} == {"no currency": 1}
    failed = "customer,date,status,currency,total\n7,2024-01-13,paid,EUR,12\n7,2024-02-13,failed,JPY,1800\n"
    assert worth(cleaned(failed)) == {2: 12.0}  # what was no sale is in no currency
    choices = cleaned(failed).report.choices
    path = tmp_path / "later.csv"
    path.write_text(failed.replace("failed", "paid"))
    with pytest.raises(Problem, match="JPY"):
        clean(str(path), SALES, choices)


def test_which_currency_is_asked_where_somebody_can_answer(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(CURRENCY)
    asked = []

    def answer(question, answers):
        asked.append(question)
        return answers[-1]

    seen = look(str(path), SALES, {})
    chosen = choose(seen, ask_user=answer, today=TODAY)
    assert chosen.currency in ("USD", "JPY")
    assert len(asked) == 1
    assert "1,800.00" in asked[0]


SALES = TableSpec(
    "purchases",
    (Column("customer", "id", True, ("email",), "who"),
     Column("day", "day", True, ("date",), "when"),
     Column("value", "amount", False, ("amount", "total", "price"), "what it was worth")),
    key=("customer",), time="day",
)  # fmt: skip


@pytest.mark.parametrize(("meaning", "words"), [
    (UNSOLD, "failed wc-cancelled Canceled voided refunded Expired abandoned draft trash declined "
             "Lost No-show Ακυρώθηκε Cancelación storniert Annulé cancelado annullato geannuleerd anulowane "
             "Отменён 已取消 chargeback"),
    (SOLD, "paid wc-completed processing authorized Won Slutförd 発送済み Rechnung "
           "Complete shipped bezahlt payé "
           "pagado betaald fulfilled unfulfilled succeeded"),
    (WAITING, "pending on-hold wc-pending ausstehend No nein uncaptured disputed requires_action"),
    (PARTLY, "partially_refunded PartiallyRefunded"),
    (RETURN, "Refund Gutschrift return"),
    (UNKNOWN, "zebra 17 closed"),  # where it is closed, all may have come back
])  # fmt: skip
def test_words_of_a_status(meaning, words):
    assert {word: said_of_sale(word) for word in words.split()} == dict.fromkeys(
        words.split(), meaning
    )


@pytest.mark.parametrize(("text", "meaning"), [
    ("Cancelled by customer", UNSOLD), ("Payment failed", UNSOLD), ("Shipped - Returned to Seller", UNSOLD),
    ("not cancelled", SOLD), ("Canceled Reversal", SOLD), ("Teilweise erstattet", PARTLY),
    ("Not paid", WAITING), ("Nicht bezahlt", WAITING), ("Not shipped yet", SOLD),
    ("Teslim edildi", SOLD), ("Partially shipped", SOLD),
    ("Pending payment", WAITING), ("Shipped - Delivered to Buyer", SOLD),
])  # fmt: skip
def test_a_status_of_several_words(text, meaning):
    assert said_of_sale(text) == meaning


def test_rows_that_were_no_sales_are_set_aside_by_their_words(cleaned):
    body = "7,2024-01-13,completed,1\n7,2024-01-14,Failed,2\n7,2024-01-15,failed,3\n8,2024-01-16,refunded,4\n"
    result = cleaned("customer,date,order_status,amount\n" + body + "8,2024-01-17,wc-zebra,5\n")
    assert lines(result) == [2, 6]
    assert aside(result) == {"no sale: Failed": 2, "no sale: refunded": 1}
    assert "9.00 in all" in warned(result)["no-sale"]
    assert "wc-zebra" in warned(result)["status-words"]
    assert lines(cleaned("customer,date,order_status,amount\n" + body, columns={"status": ""})) == [
        2,
        3,
        4,
        5,
    ]


@pytest.mark.parametrize(("header", "values", "left"), [
    ("state", "CA NY TX CA", [2, 3, 4, 5]),  # where they live
    ("status", "gold silver gold none", [2, 3, 4, 5]),  # what they are
    ("Mode", "Live Test Live Live", [2, 4, 5]),
    ("livemode", "true false true true", [2, 4, 5]),
    ("refunded", "no yes no no", [2, 4, 5]),
    ("refunded", "0 1 0 0", [2, 3, 4, 5]),  # how much it was
    ("returned", "0 1 0 0", [2, 4, 5]),
    ("deleted", "false true false false", [2, 4, 5]),
    ("valid", "1 0 1 1", [2, 4, 5]),
    ("Payment failed", "FALSE TRUE FALSE FALSE", [2, 4, 5]),
    ("Type", "Sale Refund Sale Sale", [2, 4, 5]),
    ("Belegart", "Rechnung Gutschrift Rechnung Rechnung", [2, 4, 5]),
    ("Type", "new return new new", [2, 3, 4, 5]),  # of customers
    ("状态", "已完成 已取消 已完成 已完成", [2, 4, 5]),
    ("is_cancelled", "0 1 0 0", [2, 4, 5]),
    ("cancelled_at", " 2024-02-01  ", [2, 4, 5]),
    ("Zahlungsstatus", "bezahlt storniert offen bezahlt", [2, 4, 5]),
    ("test", "0 1 0 1", [2, 3, 4, 5]),  # a group of an experiment
    ("customer_status", "active cancelled active cancelled", [2, 3, 4, 5]),
])  # fmt: skip
def test_marks_beside_a_row(cleaned, header, values, left):
    body = "".join(
        f"{i % 2},2024-01-1{i},{word},{i + 1}.50\n" for i, word in enumerate(values.split(" "))
    )
    assert lines(cleaned(f"customer,date,{header},amount\n{body}")) == left


@pytest.mark.parametrize(("header", "values", "said"), [
    ("Paid", "yes no yes yes", "1 × no"),
    ("Status", "paid partially_refunded paid paid", "1 × partially refunded"),
    ("current_state", "5 6 5 5", "1 × 6"),
    ("Status", "complete closed complete complete", "1 × closed"),
    ("Status", "Fertig Fertig canceled Fertig", None),  # what most are is how sales are called
    ("current_state", "5 5 5 5", None),
    ("Status,Refunded Amount", "paid,0 partially_refunded,1 paid,0 paid,0", None),
])  # fmt: skip
def test_a_status_that_leaves_a_sale_open_is_told(cleaned, header, values, said):
    body = "".join(
        f"{i % 2},2024-01-1{i},{w},{i + 1}.50\n" for i, w in enumerate(values.split(" "))
    )
    found = warned(cleaned(f"customer,date,{header},amount\n{body}")).get("status-words")
    assert (said is None) == (found is None)
    assert said is None or said in found


def test_a_row_that_is_called_a_refund_is_one_however_its_amount_is_written(cleaned):
    body = "7,2024-01-13,Sale,10\n7,2024-01-20,Sale,25\n7,2024-01-21,Refund,25\n"
    result = cleaned("customer,date,transaction type,amount\n" + body)
    assert worth(result) == {2: 10.0}


@pytest.mark.parametrize(("header", "body", "left"), [
    ("amount,Refunded Amount", "50,20\n7,2024-01-14,30,0\n7,2024-01-15,10,10\n", {2: 30.0, 3: 30.0}),
    ("amount,Order Refund Amount", "50,-20\n7,2024-01-14,30,\n", {2: 30.0, 3: 30.0}),
    ("Grand Total (Base),Total Refunded", "50,20\n7,2024-01-14,30,99\n", {2: 30.0}),
    ("amount,refunded_at", "50,\n7,2024-01-14,30,2024-01-20\n", {2: 50.0}),
])  # fmt: skip
def test_what_was_refunded_is_taken_off(cleaned, header, body, left):
    name = header.split(",")[0]
    text = f"customer,date,{header}\n7,2024-01-13,{body}"
    assert worth(cleaned(text, columns={"value": name})) == left


def test_a_refund_of_an_order_is_taken_off_once(cleaned):
    body = "".join(f"1,7,2024-01-13,{item},30,10\n" for item in "abc")
    header = "order_id,customer,date,item,order_total,refunded_amount\n"
    result = cleaned(header + body)
    assert sum(worth(result).values()) == 20
    other = "2,8,2024-02-13,a,5,0\n"
    gone = cleaned(header + body.replace(",10\n", ",30\n") + other)
    assert lines(gone) == [5]
    assert aside(gone) == {"refunded in full": 3}


RETAIL = """InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID
536365,85123A,6,2010-12-01 08:26,2.55,17850
536366,85123A,4,2010-12-02 08:26,2.55,17850
C536379,85123A,-6,2010-12-03 08:26,2.55,17850
C536380,85123A,-1,2010-12-04 08:26,2.55,17850
C536381,71053,-1,2010-12-04 08:26,2.55,17850
C536382,71053,-2,2010-12-01 08:26,2.55,13047
536383,71053,2,2010-12-04 08:26,2.55,13047
"""
RETAIL_COLUMNS = {"customer": "CustomerID", "day": "InvoiceDate", "value": "Quantity*UnitPrice"}


@pytest.mark.parametrize("refunds", ["drop", "keep"])
def test_an_order_and_its_cancellation_cancel_each_other(cleaned, refunds):
    result = cleaned(RETAIL, columns=RETAIL_COLUMNS, refunds=refunds)
    unmatched = {6: -2.55, 7: -5.1} if refunds == "keep" else {}
    assert worth(result) == {3: 7.65, 8: 5.1, **unmatched}
    assert aside(result) == {"cancelled order": 1, "cancellation": 2}
    assert "17.85" in warned(result)["cancelled-orders"]


@pytest.mark.parametrize(("header", "body", "left"), [
    # by the order's number, though the amounts differ
    ("order_id,customer,date,amount", "1,7,@13,50|2,7,@14,50|1,7,@20,-20|", {2: 30, 3: 50}),
    ("order_id,customer,date,amount", "1,7,@13,50|2,7,@14,50|1,7,@20,-50|", {3: 50}),
    # an order's cancellation takes all its lines
    ("order_id,customer,date,item,amount", "1,7,@13,a,50|1,7,@13,b,5|1,7,@20,,-55|", {}),
    # by the same customer and amount, the nearest earlier one
    ("customer,date,amount", "7,@13,50|7,@14,50|7,@20,-50|7,@25,50|", {2: 50, 5: 50}),
    ("customer,date,amount", "7,@13,50|8,@14,50|8,@10,-50|7,@20,-20|", {2: 50, 3: 50}),
    # a doubled row and a doubled cancellation are one of each
    ("customer,date,amount", "7,@13,50|7,@13,50|7,@20,-50|7,@20,-50|7,@25,1|", {6: 1}),
    # an order's total that stands on each row, and is taken back on each
    ("order_id,customer,date,item,order_total",
     "1,7,@13,a,30|1,7,@13,b,30|2,7,@14,a,9|1,7,@20,a,-30|1,7,@20,b,-30|", {4: 9}),
])  # fmt: skip
def test_what_comes_back_meets_what_was_sold(cleaned, header, body, left):
    other = {2: "99,@28,1|", 3: "99,99,@28,1|", 4: "99,99,@28,z,1|"}[header.count(",")]
    text = f"{header}|{body}{other}".replace("|", "\n").replace("@", "2024-01-")
    result = cleaned(text)
    left = {**left, text.count("\n"): 1}
    assert worth(result) == left
    assert lines(result) == sorted(left)


@pytest.mark.parametrize("keys", [1, 40])
def test_returns_meet_as_brackets_close(keys):
    rng = np.random.default_rng(5)
    key = np.sort(rng.integers(0, keys, 900))
    back, size = rng.random(900) < 0.4, rng.integers(1, 9, 900).astype(float)
    back[:300] &= keys > 1  # nested deep
    expected, open_ = size.copy(), []
    for i in range(900):
        open_ = [j for j in open_ if key[j] == key[i] and expected[j]]
        while back[i] and open_ and expected[i]:
            met = min(expected[open_[-1]], expected[i])
            expected[open_[-1]] -= met
            expected[i] -= met
            open_ = [j for j in open_ if expected[j]]
        open_ += [] if back[i] else [i]
    assert meet(key, back, size).tolist() == expected.tolist()


def test_projects_of_the_first_cleaner_keep_their_rows(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(ORDER)
    chosen = choose(look(str(path), SALES, {"value": "order_total"}), ask_user=None, today=TODAY)
    old = type(chosen).from_dict({**chosen.to_dict(), "version": 1})
    assert clean(str(path), SALES, chosen).table["value"].null_count == 2
    assert clean(str(path), SALES, old).table["value"].null_count == 0


def test_whoever_is_written_in_two_ways_in_an_order_has_one_order(cleaned):
    mails = ["Ann@x.de", "ann@x.de", "BOB@x.de", "bob@x.de"]
    body = "".join(
        f"{i},{mails[2 * (i % 2) + j]},2024-01-{1 + i:02d},item {j},{10 + i}\n"
        for i in range(12)
        for j in range(2)
    )
    report = cleaned(f"Order Number,Email,date,item,Order Total\n{body}").report
    assert report.choices.beside["order"] == "Order Number"
    assert report.totals["value_total"] == sum(10 + i for i in range(12))
