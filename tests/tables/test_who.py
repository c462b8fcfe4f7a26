"""Who is who: one spelling an id, ids that are damaged, and ids that stand for nobody in particular."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder import questions
from stepladder.core.errors import Problem
from stepladder.core.own import Brings
from stepladder.nightly.forget import forget
from stepladder.project.forgotten import hashed, secret_key
from stepladder.project.one_case import predict_one
from stepladder.questions.retention import toy
from stepladder.service.published import ORDER, Published
from stepladder.service.rows import rows_to_table
from stepladder.tables import Column, TableSpec, agreed, choose, clean, look
from stepladder.tables.findings import Warned
from stepladder.tables.ids.spelling import folded, spelt
from stepladder.tables.report import DataReport

from .conftest import PURCHASES, TODAY

ITEM = Column("item", "id", True, ("sku", "product"), "what it was")
TAKEN = TableSpec("taken", (*PURCHASES.columns, ITEM), key=("customer", "item"), time="day")
ITEMS = TableSpec("items", (ITEM,), key=("item",), time=None, unique=True)


def bought(ids, head="customer", mark=","):
    """A file in which these buy something, each on another day."""
    days = (date(2024, 1, 1) + timedelta(days=i % 300) for i in range(len(ids)))
    quoted = ('"' + one.replace('"', '""') + '"' for one in ids)
    rows = (
        f"{one}{mark}{day}{mark}{i}" for i, (one, day) in enumerate(zip(quoted, days, strict=True))
    )
    return "\n".join([mark.join((head, "date", "amount")), *rows]) + "\n"


def people(result):
    return sorted(set(result.table["customer"].to_pylist()))


def counted(findings):
    return {one.reason: one.count for one in findings}


def warned(result):
    return {one.kind: one for one in result.report.warnings}


SAME = [
    ("ann@x.de", ["Ann@x.de", "ann@x.de"]),
    ("ann@x.de", ["mailto:ANN@X.DE", "<ann@x.de>", '"Ann Lee" <ann@x.de>', "ann @ x.de", "'ann@x.de';"]),
    ("jo.h+news@mail.example.com", ["Jo.H+News@Mail.Example.com", "jo.h+news@mail.example.com."]),
    ("Müller", ["Mu\u0308ller", "M\u00fcller", "Mü\u00adller", "\u200eMüller\u200f", "Mül\u200bler"]),
    ("AB12", ["ＡＢ１２", "AB12", "AB\ufeff12", "AB\u206012"]),
    ("Ann Lee", ["Ann  Lee", "Ann\u00a0Lee", "Ann\u3000Lee", "Ann \tLee", "Ann\u202fLee"]),
    ("O'Brien", ["O\u2019Brien", "O\u02bcBrien", "O'Brien", "O\u00b4Brien"]),
    ("K-12", ["K\u201112", "K\u201312", "K-12", "K\u221212"]),
    ("K42", ["K٤٢", "K۴۲", "K42"]),
]  # fmt: skip


@pytest.mark.parametrize(("one", "spellings"), SAME)
def test_spellings_of_one_id_are_one_and_counted(cleaned, one, spellings):
    result = cleaned(bought([*spellings, "Zoë Q"]))
    assert people(result) == sorted([one, "Zoë Q"])
    other = sum(spelling.strip() != one for spelling in spellings)
    assert counted(result.report.changed)["spelling of customer"] == other
    assert folded(pa.array(spellings)).unique().to_pylist() == [one]
    assert spelt(one) == one


@pytest.mark.parametrize("codes", [
    ["aB3xQ", "Ab3xq", "AB3XQ"],
    ["0015000000Gv7qJ", "0015000000Gv7Qj"],
    ["dQw4w9WgXcQ", "dQw4w9WgXcq"],
    ["YWJj", "YWjj", "ywjj="],
    ["ann.lee@x.de", "annlee@x.de", "annlee+a@x.de"],
    ["@Ann@server.de", "@ANn@server.de"],
    ["Ann@X", "ANn@X"],
    ["x²", "x2", "Ⅳ", "IV"],
    ["007", "07", "7", "0"],
    ["1E5", "2F7", "3A1", "1E05", "7e3"],
    ["1.1", "1.10", "2.0", "2.1", "2"],
    ["Muller", "Müller", "Mueller"],
    ["12-05", "2024-03", "MAR-05", "mar-06"],
])  # fmt: skip
def test_ids_that_differ_stay_different(cleaned, codes):
    result = cleaned(bought(codes), columns={"customer": "customer"})
    assert people(result) == sorted(codes)
    assert not {"spelling of customer", "fraction in customer"} & set(
        counted(result.report.changed)
    )
    assert not {"case-differs", "dates-for-ids"} & set(warned(result))


@pytest.mark.parametrize(("ids", "found", "decimal"), [
    (["7", "7.0", "8"], [7, 8], "."),
    (["7", "7.00", "8.0", "A1"], ["7", "8", "A1"], "."),
    (["7", "7,0", "8,00", "7.0"], [7, 8], ","),
    (["007", "007.0", "8"], ["007", "8"], "."),
])  # fmt: skip
def test_a_number_stored_as_a_fraction_is_the_number(cleaned, ids, found, decimal):
    result = cleaned(bought(ids, mark=";"), decimal=decimal)
    assert people(result) == found
    assert counted(result.report.changed)["fraction in customer"] == sum("0" in x[-2:] and (
        "." in x or "," in x) for x in ids)  # fmt: skip


def test_ids_agree_between_tables(tmp_path):
    """In one table some ids have a needless .0, and capitals; the other has them bare."""
    (tmp_path / "taken.csv").write_text(
        "customer,date,amount,sku\n" + "".join(
            f"c{i % 4},2024-0{1 + i % 9}-01,{i},{sku}\n"
            for i, sku in enumerate(["7", "7.0", "8.0", "ＡＢ", "AB"])))  # fmt: skip
    (tmp_path / "items.csv").write_text("sku\n7\n8\nAB\n")
    made = {}
    for spec in (TAKEN, ITEMS):
        path = str(tmp_path / f"{spec.name}.csv")
        made[spec.name] = clean(
            path, spec, choose(look(path, spec, {}), ask_user=None, today=TODAY)
        )
    found = agreed((TAKEN, ITEMS), made)
    assert set(found["taken"].table["item"].to_pylist()) == {"7", "8", "AB"}
    assert found["items"].table["item"].to_pylist() == ["7", "8", "AB"]


@pytest.mark.parametrize("ids", [
    ["4.91512E+11", "4.91765E+11"],
    ["7"] * 40 + ["8"] * 40 + ["4,9E+14"],
    ["1e+05", "99999", "100001"],
    ["4.91512345E11", "491512345679"],
])  # fmt: skip
def test_scientific_ids_are_refused_with_the_reason(cleaned, ids):
    with pytest.raises(Problem) as caught:
        cleaned(bought(ids, mark=";"), decimal=".")
    said, allowed, remedy = caught.value.parts()
    sci = [one for one in ids if "e" in one.lower()]
    assert "'customer'" in said
    assert sci[0] in said
    assert "different ids have become equal" in allowed
    assert "as text" in remedy
    assert "--column customer=NAME" in remedy


def test_one_slip_among_thousands_is_dropped_and_counted(cleaned):
    result = cleaned(bought([f"K{i % 50}" for i in range(2000)] + ["4.9E+11"]))
    assert counted(result.report.dropped) == {"scientific customer": 1}


@pytest.mark.parametrize(("kind", "ids", "shown"), [
    ("rounded-ids", ["4532015112830360", "4532015112830370", "45320151128303600", "12"], 3),
    ("dates-for-ids", ["1-Dec", "Mar-05", "K1", "K2", "K3", "K4"], 2),
    ("dates-for-ids", ["2003-03-05 00:00:00", "K1", "K2", "K3"], 1),
    ("dates-for-ids", ["05. Mrz", "K1", "K2", "K3"], 1),
    ("leading-zeros", ["007", "7", "8", "9"], 1),
    ("case-differs", ["Müller GmbH", "MÜLLER GMBH", "Maier", "Huber"], 1),
    ("case-differs", ["ann lee", "ANN LEE", "Bob"], 2),
])  # fmt: skip
def test_what_may_be_damaged_or_split_is_told_and_kept(cleaned, kind, ids, shown):
    result = cleaned(bought(ids))
    assert len(people(result)) == len(ids)
    assert len(warned(result)[kind].examples) == shown
    kept = result.report.kept()  # what is written down names nobody
    assert not any(one.examples for one in kept.warnings)
    assert warned(result)[kind].examples[0] in warned(result)[kind].said
    assert DataReport.from_dict(result.report.to_dict()) == result.report
    assert not any(one in str(kept.warnings) for one in ids)


@pytest.mark.parametrize("ids", [
    ["4532015112830361", "4532015112830370", "45320151128303600"],
    ["007", "008", "009"],
    ["Ann", "Bob", "BOB2", "ANNA"],
])  # fmt: skip
def test_what_is_not_damaged_is_not_told_of(cleaned, ids):
    assert not warned(cleaned(bought(ids)))


def test_floats_beyond_two_to_the_53_are_told_of(tmp_path):
    ids = pa.array([1234567890123456789.0, 987654321098765432.0, None, 12.0] * 3)
    days = pa.array([date(2024, 1, 1 + i) for i in range(12)])
    path = str(tmp_path / "orders.parquet")
    pq.write_table(pa.table({"customer": ids, "date": days, "amount": np.arange(12.0)}), path)
    result = clean(path, PURCHASES, choose(look(path, PURCHASES, {}), ask_user=None, today=TODAY))
    assert "1234567890123456768" in map(str, people(result))
    assert len(warned(result)["rounded-ids"].examples) == 2
    old = replace(choose(look(path, PURCHASES, {}), ask_user=None, today=TODAY), version=1)
    assert not clean(path, PURCHASES, old).report.warnings


GUESTS = [
    "0", "00000", "-1", "99999", ".", "test", "guest", "Guest", "(Guest)", "GUEST CHECKOUT", "Gast",
    "Gastbestellung", "invité", "Client de passage", "Invitado", "Público en general", "walk-in",
    "Walk In Customer", "anonymous", "Anónimo", "unknown", "Unbekannt", "cash", "POS", "гость", "ゲスト",
    "游客", "Misafir", "Gość", "guest@shop.example.com", "noreply@x.de", "no-email@x.de", "x@noemail.com",
]  # fmt: skip


@pytest.mark.parametrize("guest", GUESTS)
def test_guests_are_set_aside_named_and_counted(cleaned, guest):
    ids = [guest] * 60 + [str(100 + i % 30) for i in range(60)]
    result = cleaned(bought(ids))
    assert counted(result.report.set_aside) == {"guest customer": 60}
    assert people(result) == list(range(100, 130))
    said = warned(result)["guests"].sentence
    assert "5 of every 10" in said
    assert "60 of 120" in said
    assert "--keep-strangers" in said
    assert result.report.rows_read == result.report.rows_kept + 60
    kept = cleaned(bought(ids), strangers="keep")
    assert kept.report.rows_kept == 120
    assert not kept.report.set_aside
    assert "guests" not in warned(kept)


@pytest.mark.parametrize("ids", [
    ["0"] * 6 + ["1"] * 4,  # two customers, numbered from 0
    ["0"] * 30 + ["1"] * 15 + ["2"] * 10 + ["3"] * 8 + ["4"] * 7,  # the most active comes first
    ["0", "1", "2", "3"] * 3,
    ["Gast"] * 2 + ["Maier"] * 2 + ["Huber"] + ["Moser"],  # a surname
    ["guest"] * 5 + ["Ann"],
    ["test-1"] * 10 + ["test-2"] * 10 + ["a", "b", "c"],
    ["K1"] * 50 + ["K2", "K3", "K4"],
    ["7"] * 12,
])  # fmt: skip
def test_customers_like_any_other_are_kept(cleaned, ids):
    result = cleaned(bought(ids))
    assert result.report.rows_kept == len(ids)
    assert not {"guests", "one-id-many-rows"} & set(warned(result))


@pytest.mark.parametrize(("guest", "other", "aside"), [
    ("guest", "10{:02d}", True), ("Gast", "kunde{:02d}@x.de", True), ("0", "10{:02d}", True),
    ("0", "{:d}", False), ("0", "K{:02d}", False), ("Gast", "Huber{}", False),
])  # fmt: skip
def test_few_guests_among_numbers_stand_out(cleaned, guest, other, aside):
    others = [
        other.format(i) if "d" in other else other.format("abcdefghij"[i % 10])
        for i in range(1, 31)
    ]
    result = cleaned(bought([guest] * 6 + others * 3))
    assert counted(result.report.set_aside) == ({"guest customer": 6} if aside else {})


def test_codes_in_capitals_and_without_are_told(cleaned):
    ids = [f"{code}{i}" for i in range(100, 120) for code in ("ab", "AB")]
    assert "case-differs" in warned(cleaned(bought(ids)))


def test_a_large_customer_is_named_and_kept(cleaned):
    result = cleaned(bought(["17841"] * 90 + [str(i) for i in range(200, 410)]))
    assert result.report.rows_kept == 300
    one = warned(result)["one-id-many-rows"]
    assert one.examples == ("17841",)
    assert "3 of every 10" in one.sentence


def test_items_are_never_set_aside(tmp_path):
    """A bestseller called 0, and postage: who is somebody, what is not."""
    path = tmp_path / "taken.csv"
    path.write_text("customer,date,amount,sku\n" + "".join(
        f"c{i % 40},2024-0{1 + i % 9}-{1 + i % 28:02},{i},{'0' if i % 2 else f'K{i % 30}'}\n"
        for i in range(200)))  # fmt: skip
    result = clean(str(path), TAKEN, choose(look(str(path), TAKEN, {}), ask_user=None, today=TODAY))
    assert result.report.rows_kept == 200
    assert not result.report.warnings


def test_the_first_cleaner_leaves_all_as_it_was(tmp_path):
    path = tmp_path / "orders.csv"
    ids = ["Ann@x.de", "ann@x.de", "Mu\u0308ller", "7", "7.0"] + ["guest"] * 50
    path.write_text(bought([*ids, *(f"K{i}" for i in range(40))]))
    chosen = choose(look(str(path), PURCHASES, {}), ask_user=None, today=TODAY)
    old = clean(str(path), PURCHASES, replace(chosen, version=1))
    assert set(ids) < set(people(old))
    assert not old.report.set_aside
    new = clean(str(path), PURCHASES, chosen)
    assert not {"Ann@x.de", "7.0", "guest", "Mu\u0308ller"} & set(people(new))
    assert {tuple(row.values()) for row in new.written.to_pylist()} == {
        ("Ann@x.de", "ann@x.de"), ("Mu\u0308ller", "Müller"), ("7.0", "7")}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A project whose customers are e-mail addresses, some of them typed now and again in capitals."""
    folder = tmp_path_factory.mktemp("shop")
    rows = toy.simulate(toy.World(), 60, 5)[0].to_pylist()
    told = {3: ["Ann@X.de", "ann@x.de"], 4: ["Bob@X.de"]}
    lines = ["customer,date,amount"]
    for i, row in enumerate(rows):
        ways = told.get(row["customer"], [f"c{row['customer']}@x.de"])
        lines.append(f"{ways[i % len(ways)]},{row['day']},{row['value']:.2f}")
    (folder / "orders.csv").write_text("\n".join(lines) + "\n")
    return stepladder.new("retention", str(folder / "orders.csv"), folder / "shop")


def known(project):
    return set(
        project.history().sql("select distinct customer from purchases")["customer"].to_pylist()
    )


def test_whoever_is_asked_for_or_forgotten_is_found_in_any_spelling(shop):
    assert {"ann@x.de", "bob@x.de"} < known(shop)
    for case in ("ann@x.de", "Ann@X.de", "mailto:ANN@x.de"):
        answer = predict_one(shop, case=case, rung="r1_same_for_all")
        assert answer["customer"].to_pylist() == ["ann@x.de"]
    assert forget(shop, "<ANN@X.de>").total
    assert "ann@x.de" not in known(shop)
    # as an earlier cleaner knew him, whose ids stood as they were written
    shop.record.forget(
        "retention", hashed(["Bob@X.de"], secret_key(shop)), {"customer": "Bob@X.de"}
    )
    again = known(stepladder.refresh(shop))
    assert again
    assert not {"ann@x.de", "bob@x.de"} & again
    with pytest.raises(Problem, match="there is no customer"):
        predict_one(shop, case="Ann@X.de", rung="r1_same_for_all")


def test_published_answers_are_found_in_any_spelling():
    ids = pa.array(["Old@X.de", "ann@x.de", "old@x.de"])  # one was published before ids were folded
    found = Published(None, pa.table({"customer": ids, ORDER: ids}), ("customer",), len(ids))
    asked = {
        case: found.find({"customer": case})
        for case in ("ANN@x.de", "ann@x.de", "Old@X.de", "b@x.de")
    }
    assert list(asked.values()) == [(1, 2), (1, 2), (0, 1), (2, 2)]
    assert found.named({"customer": "ANN@x.de"}) == {"customer": "ann@x.de"}
    numbers = pa.array([6, 7])
    found = Published(
        None, pa.table({"customer": numbers, ORDER: numbers}), ("customer",), len(numbers)
    )
    assert found.find({"customer": 7}) == (1, 2)


def test_a_newcomers_items_are_spelt_as_the_projects():
    own = questions.load("recommend")
    spec = next(one for one in own.TABLES if one.name == "interactions")
    kinds = pa.schema([("person", pa.int64()), ("item", pa.string()), ("time", pa.timestamp("us")),
                       ("value", pa.float64()), ("row", pa.int64())])  # fmt: skip
    for spelt_alike, item in ((True, "AB"), (False, "ＡＢ")):
        brings = Brings(own, spec, kinds, date(2024, 6, 1), spelt_alike)
        brought = rows_to_table(brings, [("cases[0]", [{"item": "ＡＢ", "value": 1.0}])])
        assert brought.rows["interactions"]["item"].to_pylist() == [item]


def test_warnings_of_old_reports_are_read():
    assert Warned("k", "s") == Warned(**{"kind": "k", "sentence": "s"})


def test_a_million_ids_are_folded_in_a_moment():
    """As many times the work of making them all small letters as there are looks at each."""
    many = pa.array([f"Ann{i}@example.com" for i in range(200_000)])
    spent = {}
    for name, work in (("small", pc.utf8_lower), ("folded", folded)):
        start = time.process_time()
        for _ in range(3):
            found = work(many)
        spent[name] = time.process_time() - start
        assert found[0].as_py() == "ann0@example.com"
    assert spent["folded"] < 40 * spent["small"] + 0.5
