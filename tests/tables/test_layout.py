"""Which line is the header, which name belongs to which column, and which quotes are part of a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stepladder.core.errors import Problem
from stepladder.tables.raw import Raw
from stepladder.tables.sources.read import read

Read = Any
HEAD = "customer,date,amount\n"
PLACES = "name,address,date,amount\n"
NUMBERS = "7,2024-01-13,12\n8,2024-02-13,9\n7,2024-02-14,9.50\n"
CODES = NUMBERS.replace("7,2", "K7,2").replace("8,2", "K8,2")
NAMES = NUMBERS.replace("7,2", "ann,2").replace("8,2", "bob,2")


@pytest.fixture
def raw(tmp_path: Path) -> Read:
    """Reads a text, and holds that no line of it is lost."""

    def run(text: str | bytes) -> Raw:
        path = tmp_path / "export.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        found = read(str(path), None, None, None)
        lost = sum(one.count for one in found.lost)
        lines = path.read_bytes().decode("utf-8-sig").rstrip("\n").count("\n") + 1
        assert found.table.num_rows + lost == lines - found.header
        return found

    return run


def values(raw: Raw) -> list[tuple[str, ...]]:
    return list(zip(*(column.to_pylist() for column in raw.table.columns), strict=True))


def kinds(raw: Raw) -> list[str]:
    return [one.kind for one in raw.warnings]


def lines(form: str, count: int) -> str:
    return "".join(
        form.format(i=i, who=i % 7, day=f"2024-01-{i % 28 + 1:02}") for i in range(count)
    )


@pytest.mark.parametrize(("head", "row", "names", "first", "warned"), [
    # A trailing separator, filled once or always: the names keep their columns.
    ("date,customer_id,amount", ["2024-01-13,7,12.50,", "2024-02-20,8,9.90,", "2024-03-21,7,12.00,gift"],
     "date,customer_id,amount,column_4", "2024-01-13,7,12.50,", True),
    ("customer,date,amount", ["7,2024-01-13,12.5,gift", "8,2024-01-14,9,no", "9,2024-01-15,9,gift"],
     "customer,date,amount,column_4", "7,2024-01-13,12.5,gift", True),
    ("order_id,customer,date,amount", ["1,7,2024-01-13,12.5,x", "2,8,2024-01-14,9,y", "3,7,2024-01-15,9,z"],
     "order_id,customer,date,amount,column_5", "1,7,2024-01-13,12.5,x", True),
    ("customer,date,amount", ["7,2024-01-13,12.5,,", "8,2024-01-14,9,,x", "7,2024-01-15,9,,"],
     "customer,date,amount,column_4,column_5", "7,2024-01-13,12.5,,", True),
    ("Kunde,Datum,Betrag", ["7,13.01.2024,12,", "8,14.01.2024,9,", "9,15.01.2024,9,"],
     "Kunde,Datum,Betrag,column_4", "7,13.01.2024,12,", False),
    ("customer,date,amount,", ["7,2024-01-13,12", "8,2024-01-14,9"],
     "customer,date,amount", "7,2024-01-13,12", False),
    # Row names in front, as pandas and R write them.
    ("customer,date,amount", ["0,7,2024-01-13,12.5", "1,8,2024-01-14,9", "2,7,2024-01-15,9"],
     "column_1,customer,date,amount", "0,7,2024-01-13,12.5", False),
    ("customer,date,amount", ['"Ann",7,2024-01-13,12.5', '"Bob",8,2024-01-14,9', '"Cy",7,2024-01-15,9'],
     "column_1,customer,date,amount", "Ann,7,2024-01-13,12.5", False),
    ('"a","b"', ['"1",7,12.5', '"2",8,9', '"3",7,9'], "column_1,a,b", "1,7,12.5", False),
    (",customer,date,amount", ["0,7,2024-01-13,12.5", "1,8,2024-01-14,9"],
     "column_1,customer,date,amount", "0,7,2024-01-13,12.5", False),
])  # fmt: skip
def test_names_stand_above_the_values_that_fit_them(raw, head, row, names, first, warned):
    found = raw("\n".join([head, *row]) + "\n")
    assert found.table.column_names == names.split(",")
    assert values(found)[0] == tuple(first.split(","))
    assert found.table.num_rows == len(row)
    assert (kinds(found) == ["unnamed-column"]) == warned


@pytest.mark.parametrize(("text", "line"), [
    ("date,customer_id,amount\n2024-01-13,7,12,50\n2024-02-20,8,9,90\n2024-03-21,7,12,00\n", 2),
    (HEAD + "7,2024-01-13,12\n8,2024-02-13,12,50\n9,2024-02-14,8\n7,2024-02-15,9,90\n", 3),
    (HEAD + "7,2024-01-13,12,5\n8,2024-02-13,12,50\n9,2024-02-14,8\n7,2024-02-15,9,90\n", 2),
    ("date,amount,customer_id\n2024-01-13,12,50,7\n2024-02-20,9,90,8\n2024-03-21,12,00,7\n", 2),
    ("id,amount\n1,12,50\n2,9,90\n3,12,00\n", 2),
    (HEAD + "7,2024-01-13,-1,50\n8,2024-02-13,12,50\n8,2024-02-14,9,10\n", 2),
    (HEAD + '7,2024-01-13,"12,00 €"\n8,2024-02-13,12,50 €\n8,2024-02-14,9,10 €\n', 3),
    (HEAD + "7,2024-01-13,1,234.50\n8,2024-02-13,12.50\n9,2024-02-14,8.20\n", 2),
    (HEAD + "7,2024-01-13,1,234.50\n8,2024-02-13,2,512.50\n", 2),
    ("date,customer_id,net,gross\n2024-01-13,7,12,50,14,20\n2024-02-20,8,9,90,11,10\n", 2),
    ("date,customer_id,net,gross\n2024-01-13,7,12,14\n2024-02-20,8,9,90,11,10\n2024-03-21,7,12,13\n", 3),
    (HEAD + lines("{who},{day},9\n", 300) + lines("{who},{day},9,5\n{who},{day},8\n", 4), 302),
])  # fmt: skip
def test_a_number_that_the_separator_cuts_in_two_is_refused(raw, text, line):
    with pytest.raises(Problem, match=f"cuts in two, as on line {line}: ") as caught:
        raw(text)
    assert text.split("\n")[line - 1] in caught.value.given
    assert "with ; between values" in caught.value.remedy
    assert all(caught.value.parts())


@pytest.mark.parametrize(("text", "line"), [
    (HEAD + lines("{who},{day},9.5\n", 30) + lines("{who},{day},9.5,web\n", 10), 32),
    (HEAD + lines("{who},{day},9.5\n", 300) + lines("{who},{day},9.5,web\n", 3), 302),
    ("customer,date,amount,source\n" + lines("{who},{day},9.5,web\n", 300)
     + lines("{who},{day},9.5\n", 3), 302),
    (PLACES + lines("c{who},Main St {i},{day},9.5\nc{who},Main St, {i},{day},9.5\n", 9), 3),
    (PLACES + lines("c{who},Main St, {i},{day},9.5\n", 30), 2),
    (PLACES + "c1,Main St,2024-01-01,9.5\nc2,Main St, 5,2024-01-01,9.5\n", 3),
])  # fmt: skip
def test_many_rows_of_another_width_are_refused_with_the_line(raw, text, line):
    with pytest.raises(Problem, match=f"fields where the header names .* line {line}: ") as caught:
        raw(text)
    assert text.split("\n")[line - 1] in caught.value.given


def test_a_few_strays_and_the_lines_below_a_table_are_counted(raw):
    fine = lines("c{who},Main St {i},{day},9.5\n", 100)
    few = raw(PLACES + fine + "c1,Main St, 5,2024-01-01,9.5\n" * 3 + fine)
    assert [(one.reason, one.count) for one in few.lost] == [
        ("row with the wrong number of fields", 3)
    ]
    assert kinds(few) == ["width-changes"]
    assert "line 102" in few.warnings[0].sentence
    below = raw(HEAD + NUMBERS + "Total,30\nTax,2\nNet,28\nprinted by the shop\n,\n")
    assert values(below) == values(raw(HEAD + NUMBERS))
    assert [(one.reason, one.count) for one in below.lost] == [
        ("blank line", 1),
        ("row with the wrong number of fields", 4),
    ]
    assert not below.warnings


def test_rows_are_read_by_the_header_above_them(raw):
    second = "customer,date,source,amount\n7,2024-02-13,web,3\n8,2024-02-14,shop,4\n"
    two = raw(HEAD + NUMBERS + second)
    assert two.table.column_names == ["customer", "date", "amount", "source"]
    assert values(two)[2:] == [
        ("7", "2024-02-14", "9.50", ""),
        ("7", "2024-02-13", "3", "web"),
        ("8", "2024-02-14", "4", "shop"),
    ]
    assert two.row.tolist() == [2, 3, 4, 6, 7]
    assert kinds(two) == ["width-changes"]
    swapped = raw(
        HEAD + NUMBERS + "date,amount,customer\n2024-03-01,5,9\n" + HEAD + "1,2024-03-02,6\n"
    )
    assert values(swapped)[4] == ("9", "2024-03-01", "5")
    assert values(swapped)[6] == ("1", "2024-03-02", "6")


@pytest.mark.parametrize(("above", "below", "line", "names"), [
    ("", "customer,date,0\n" + NUMBERS, 1, "customer,date,0"),
    ("", "customer,date,0\n" + CODES, 1, "customer,date,0"),
    ("", "customer,date,0\n" + NAMES, 1, "customer,date,0"),
    ("", "customer,date,2024-01-01\n" + NAMES, 1, "customer,date,2024-01-01"),
    ("", "customer,2023,2024\n7,12,1\n8,3,2\n", 1, "customer,2023,2024"),
    ("", "customer,2022,2023,2024\nann,12,1,1\nbob,3,2,5\n", 1, "customer,2022,2023,2024"),
    ("", "customer,2024-01-01,2024-02-01\nann,12,1\nbob,3,2\n", 1, "customer,2024-01-01,2024-02-01"),
    ("", "0,1,2\n" + NUMBERS, 1, "0,1,2"),
    ("", "customer,Q1,Q2,Day 1\n7,12,1,1\n8,3,2,5\n", 1, "customer,Q1,Q2,Day 1"),
    ("", "K1,USD 12.50,2024-01-13\nK2,USD 3,2024-01-14\n", 0, "column_1,column_2,column_3"),
    ("", "name,city\nann,Rome\nbob,Oslo\n", 1, "name,city"),
    ("", NUMBERS, 0, "column_1,column_2,column_3"),
    ("", CODES, 0, "column_1,column_2,column_3"),
    ("", "K7,2024-01-13,pending\n" + CODES, 0, "column_1,column_2,column_3"),
    ("", "K7,2024-01-13,2023\n" + CODES, 0, "column_1,column_2,column_3"),
    ("", "7,n/a,12\n" + NUMBERS, 0, "column_1,column_2,column_3"),
    ("2024-01-01,2024-12-31\n", "customer,date\n7,2024-01-13\n8,2024-02-13\n", 2, "customer,date"),
    ("Report generated,2024-01-13,\n", HEAD + NUMBERS, 2, "customer,date,amount"),
    ("Shop export,,\n\nPeriod,2024-01-01,2024-12-31\n\n", HEAD + NUMBERS, 5, "customer,date,amount"),
    ("Shop,Export,Orders\n", HEAD + NUMBERS, 2, "customer,date,amount"),
    ("Shop:,Ann's\nFrom:,2024-01-01\nTo:,2024-12-31\n", "customer,date,amount,note,x\n7,2024-01-13,12,a,b\n"
     "8,2024-02-13,9,a,c\n", 4, "customer,date,amount,note,x"),
    ("sep=,\n", HEAD + NUMBERS, 2, "customer,date,amount"),
    ("# exported by tool, v2, now\n# 3 rows\n", HEAD + NUMBERS, 3, "customer,date,amount"),
    ("", "#customer,date,amount\n" + NUMBERS, 1, "#customer,date,amount"),
    ("", HEAD + "id,YYYY-MM-DD,EUR\n" + NUMBERS, 1, "customer,date,amount"),
    ("Customer,Order,Order\n", "id,date,amount\n" + NUMBERS, 2, "id,date,amount"),
    (",Order,\n", "id,date,amount\n" + NUMBERS, 2, "id,date,amount"),
])  # fmt: skip
def test_the_header_is_the_line_that_is_unlike_the_rows(raw, above, below, line, names):
    found = raw(above + below)
    assert found.header == line
    assert found.table.column_names == names.split(",")


@pytest.mark.parametrize(("text", "items", "escaped"), [
    (r'"Screen 24\", black"|"Mug"', ['Screen 24", black', "Mug"], True),
    (r'"Screen 24\" black"|"Mug"', ['Screen 24" black', "Mug"], True),
    (r'"24\", black"|"27"", black"|"C:\\"', ['24", black', '27", black', "C:\\"], True),
    (r'"24\", black"|\N|"a\\\"b"', ['24", black', r"\N", 'a\\"b'], True),
    (r"Main\, St|Mug", ["Main, St", "Mug"], True),
    (r'"C:\"|"Mug"', ["C:\\", "Mug"], False),
    (r'"C:\"|"D:\\"|C:\new', ["C:\\", "D:\\\\", r"C:\new"], False),
    (r'24" black|5" x 3"', ['24" black', '5" x 3"'], False),
    (r'="a,b"|=""007""|"=""8"""|="9"', ['="a,b"', '="007"', '="8"', '="9"'], False),
    (r'"""red"""|"""a ""b"""', ["red", 'a "b'], False),
])  # fmt: skip
def test_quotes_are_read_as_the_program_meant_that_wrote_them(raw, text, items, escaped):
    body = "".join(f"{i},2024-01-13,{item},12\n" for i, item in enumerate(text.split("|")))
    found = raw("customer,date,item,total\n" + body)
    assert found.table["item"].to_pylist() == items
    assert set(found.table["total"].to_pylist()) == {"12"}
    assert kinds(found) == ["escaped-quotes"] * escaped
    late = raw("customer,date,item,total\n" + lines("{who},{day},mug,12\n", 9000) + body)
    assert late.table["item"].to_pylist()[9000:] == items or '"""' in text


@pytest.mark.parametrize("text", [
    '"customer,date,item,amount"\n"7,2024-01-13,""Mug, red"",12.50"\n"8,2024-01-14,Pan,9"\n',
    'customer,date,item,amount\n"7,2024-01-13,""Mug, red"",12.50"\n"8,2024-01-14,Pan,9"\n',
    'customer,date,item,amount\n"7,2024-01-13,""Mug, red"",12.50"\n8,2024-01-14,Pan,9\n',
    '"customer","date","item","amount"\n"7","2024-01-13","Mug, red","12.50"\n"8","2024-01-14","Pan","9"\n',
    '"""customer""",date,item,amount\n"""7""",2024-01-13,"Mug, red",12.50\n"""8""",2024-01-14,Pan,9\n',
    'customer,date,item,amount\n7\x00,2024-01-13,"Mug, red",12.50\n8,2024-01-14,Pan,9\n' + ",\n" * 200,
    'customer, date, item, amount\n7,2024-01-13, "Mug, red",12.50\n8,2024-01-14,Pan,9\n',
    "\ufeffcustomer,date,item,amount\n7,2024-01-13,\"Mug, red\",12.50\n\ufeff8,2024-01-14,Pan,9\n",
])  # fmt: skip
def test_what_happened_on_the_way_is_undone(raw, text):
    found = raw(text)
    assert found.table.column_names == ["customer", "date", "item", "amount"]
    assert values(found) == [
        ("7", "2024-01-13", "Mug, red", "12.50"),
        ("8", "2024-01-14", "Pan", "9"),
    ]


def test_the_cleaner_tells_of_the_layout(cleaned):
    result = cleaned("customer,date,amount\n7,2024-01-13,12.50,\n8,2024-02-20,9.90,gift\n")
    assert result.table["customer"].to_pylist() == [7, 8]
    assert [one.kind for one in result.report.warnings] == ["unnamed-column"]


ITEM = "customer,date,item,total\n"


@pytest.mark.parametrize("at", [3, 9000])
@pytest.mark.parametrize(("mark", "items"), [
    (",", ['"open', "a", '"open']),
    (";", ['"open, b', "a", '"Big" mug', '"open']),
    ("\t", ['"', "a", '24" screen', '"big']),
    (",", ['"alone', "a", "b"]),
])  # fmt: skip
def test_a_quote_that_never_closes_swallows_no_rows(raw, at, mark, items):
    body = [(f"{i}", "2024-01-13", "mug", "12") for i in range(at)]
    body += [(f"{at + i}", "2024-02-13", item, "9") for i, item in enumerate(items)]
    body += [("1", "2024-02-14", "pan", "7")] * 9
    found = raw("\n".join(map(mark.join, [("customer", "date", "item", "total"), *body])) + "\n")
    assert found.table.num_rows == len(body)
    seen = found.table["item"].to_pylist()[at : at + len(items)]
    assert [one.replace('"', "") for one in seen] == [one.replace('"', "") for one in items]
    assert set(found.table["total"].to_pylist()) == {"12", "9", "7"}
    assert kinds(found) == ["stray-quotes"]


@pytest.mark.parametrize("note", [
    "one\ntwo, three\n\nfour", "1,2\n3,4", 'says ""hi\nthere""', "ends\n", "\nbegins, so\nit goes",
])  # fmt: skip
@pytest.mark.parametrize("place", [0, 1, 4])
def test_values_of_several_lines_stay_whole(tmp_path, note, place):
    text = ""
    for i in range(50):
        row = [str(i), "2024-01-13", "mug", "12"]
        row.insert(place, f'"{note}"' if i % 3 == 0 else "fine")
        text += ",".join(row) + "\n"
    names = ["customer", "date", "item", "total"]
    names.insert(place, "note")
    path = tmp_path / "export.csv"
    path.write_text(",".join(names) + "\n" + text)
    found = read(str(path), None, None, None)
    assert found.table.num_rows == 50
    assert found.table["note"].to_pylist()[3] == note.replace('""', '"')
    assert not found.warnings


@pytest.mark.parametrize(
    ("first", "second"), [("\n", "\r"), ("\r", "\n"), ("\r", "\r\n"), ("\r\n", "\r")]
)
def test_joined_files_of_several_systems_keep_their_rows(cleaned, first, second):
    some = (HEAD + NUMBERS).replace("\n", first) + NUMBERS.replace("2024", "2023").replace(
        "\n", second
    )
    assert cleaned(some).table.num_rows == 6
    note = (HEAD + NUMBERS).replace("7,2024-01-13,12", "7\r,2024-01-13,12")
    assert cleaned(note).table.num_rows == 3


def test_filled_up_blocks_and_capital_headers_do_no_harm(cleaned):
    assert cleaned((HEAD + NUMBERS).encode() + b"\x00" * 512).table.num_rows == 3
    joined = cleaned((HEAD + NUMBERS) + HEAD.upper() + NUMBERS.replace("2024", "2023"))
    assert [(one.reason, one.count) for one in joined.report.dropped] == [("repeated header", 1)]


def test_sharp_s_beside_an_umlaut_is_western(cleaned):
    text = "Kunde;Datum;Artikel;Betrag\n" + "7;13.01.2024;Größe;12,50 €\n" * 2
    assert cleaned(text.encode("cp1252")).table["value"].to_pylist() == [12.5]
