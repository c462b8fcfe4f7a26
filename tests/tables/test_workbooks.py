"""Workbooks: cells keep what they are, and one sheet of several is read, by name."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
import zipfile

import pytest
import xlsxwriter

import stepladder
from stepladder.core.errors import Problem
from stepladder.tables import choose, clean, look
from tests.tables.conftest import PURCHASES, TODAY, adds_up

HEAD = ["customer", "date", "amount"]
ROWS = [[7, dt.date(2024, 1, 5), 12.5], [8, dt.date(2024, 1, 6), 3], [7, dt.date(2024, 2, 7), 1200]]
DAYS = [dt.date(2024, 1, 5), dt.date(2024, 1, 6), dt.date(2024, 2, 7)]


@pytest.fixture
def book(tmp_path):
    """Writes sheets of rows to a workbook; a date is written as Excel does, as a number with a format."""

    def write(sheets, *, name="book.xlsx", hidden=(), at=(0, 0), then=None, **options):
        path = tmp_path / name
        made = xlsxwriter.Workbook(str(path), options)
        formats = {
            dt.date: made.add_format({"num_format": "dd/mm/yy"}),
            dt.datetime: made.add_format({"num_format": "dd.mm.yyyy hh:mm"}),
            dt.time: made.add_format({"num_format": "hh:mm"}),
        }
        shown = [title for title in sheets if title not in hidden]
        for title, rows in sheets.items():
            sheet = made.add_worksheet(title)
            if title in hidden:
                sheet.hide()
            elif title == shown[0]:
                sheet.activate()
                sheet.set_first_sheet()
            for i, row in enumerate(rows, at[0]):
                for j, cell in enumerate(row, at[1]):
                    if type(cell) in formats:
                        sheet.write_datetime(i, j, cell, formats[type(cell)])
                    elif isinstance(cell, str) and cell.startswith("#"):
                        sheet.write_formula(i, j, "=1/0", None, cell)
                    elif isinstance(cell, str):
                        sheet.write_string(i, j, cell)
                    elif cell is not None:
                        sheet.write(i, j, cell)
            if then:
                then(sheet, made)
        made.close()
        return path

    return write


def read(path, sheet=None, columns=None, **choices):
    seen = look(str(path), PURCHASES, columns or {}, sheet=sheet)
    result = clean(str(path), PURCHASES, choose(seen, ask_user=None, today=TODAY, **choices))
    again = clean(str(path), PURCHASES, result.report.choices)  # as a night does
    assert again.table.equals(result.table)
    adds_up(result)
    return result


def clean_rows(result):
    table = result.table.sort_by("row").select(["customer", "day", "value"])
    return [tuple(row.values()) for row in table.to_pylist()]


EXPECTED = [(7, DAYS[0], 12.5), (8, DAYS[1], 3.0), (7, DAYS[2], 1200.0)]
SHAPES = {
    "plain": {"sheets": {"Orders": [HEAD, *ROWS]}},
    "the dates of an old Mac": {"sheets": {"Orders": [HEAD, *ROWS]}, "date_1904": True},
    "words above, an empty column before, empty rows within": {
        "sheets": {"Orders": [["All orders of 2024"], [], HEAD, *ROWS[:2], [], [None, "", None], *ROWS[2:]]},
        "at": (2, 3)},
    "numbers kept as text": {
        "sheets": {"Orders": [HEAD, *[[str(a), b.isoformat(), str(c)] for a, b, c in ROWS]]}},
    "days as text among real ones": {
        "sheets": {"Orders": [HEAD, ROWS[0], [8, "2024-01-06", "3.00"], ROWS[2]]}},
    "an empty sheet in front, and a hidden one": {
        "sheets": {"Notes": [], "Old": [["x"], [1]], "Orders": [HEAD, *ROWS]}, "hidden": ["Old"]},
    "a column of clock times and one of truths": {
        "sheets": {"Orders": [[*HEAD, "at", "gift"], *[[*row, dt.time(9, 30), True] for row in ROWS]]}},
    "named as something else": {"sheets": {"Orders": [HEAD, *ROWS]}, "name": "orders.csv"},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_workbook_is_read_as_it_looks(book, shape):
    assert clean_rows(read(book(**shape))) == EXPECTED


def test_an_error_is_nothing_and_rows_are_named_as_the_sheet_numbers_them(book):
    path = book({"Orders": [["Shop 1"], HEAD, ROWS[0], [], [9, dt.date(2024, 1, 6), "#DIV/0!"],
                            ["#N/A", dt.date(2024, 1, 6), 5]]})  # fmt: skip
    result = read(path)
    assert clean_rows(result) == [(7, DAYS[0], 12.5), (9, DAYS[1], None)]
    assert result.table["row"].to_pylist() == [3, 5]
    gone = {one.reason: [row for row, _ in one.examples] for one in result.report.dropped}
    assert gone == {"blank line": [4], "missing customer": [6]}
    assert result.report.place == "row"


def test_a_merged_cell_holds_for_every_row_that_it_spans(book):
    def merge(sheet, made):
        sheet.merge_range(1, 0, 2, 0, 7)

    path = book({"Orders": [HEAD, *ROWS[:1], [None, *ROWS[1][1:]]]}, then=merge)
    result = read(path)
    assert [row[0] for row in clean_rows(result)] == [7, 7]
    assert [(one.reason, one.count) for one in result.report.changed] == [("merged cells", 1)]


def test_one_of_several_sheets_is_read_and_the_others_are_named(book):
    later = [[9, dt.date(2024, 5, 1), 1.0]]
    path = book({"January": [HEAD, *ROWS], "May": [HEAD, *later]})
    first = read(path)
    assert clean_rows(first) == EXPECTED
    (said,) = [one.sentence for one in first.report.warnings if one.kind == "other-sheets"]
    assert "Sheet 1 of 2 was read: January. The others are: May." in said
    assert first.report.choices.sheet == "January"  # whatever is put in front of it later
    for name in ("May", " may", "2"):
        assert clean_rows(read(path, name)) == [(9, dt.date(2024, 5, 1), 1.0)]
    book({"May": [HEAD, *later], "June": [HEAD, *later]})
    with pytest.raises(Problem, match=r"(?s)no sheet 'January'.*sheets are: May, June.*--sheet"):
        clean(str(path), PURCHASES, first.report.choices)
    with pytest.raises(Problem, match=r"(?s)no sheet '3'"):
        read(path, "3")
    one = read(book({"Only": [HEAD, *ROWS]}, name="one.xlsx"))
    assert one.report.choices.sheet is None  # it may be called otherwise tomorrow
    assert not one.report.warnings


def test_two_tables_may_be_two_sheets_of_one_workbook(book, tmp_path):
    taken = [[p, i, dt.date(2024, 1, 1) + dt.timedelta(p + i)] for p in range(40) for i in range(5)]
    items = [[i, f"Title {i}"] for i in range(5)]
    path = str(book({"Taken": [["user_id", "item_id", "date"], *taken],
                     "Articles": [["item_id", "name"], *items]}))  # fmt: skip
    made = stepladder.new("recommend", {"interactions": path, "items": path}, tmp_path / "p",
                          reading={"sheet": ["items=Articles"]})  # fmt: skip
    again = stepladder.refresh(made)
    assert again.ask.tables["items"].choices["sheet"] == "Articles"
    assert again.fingerprint == made.fingerprint
    with pytest.raises(Problem, match="--sheet"):
        stepladder.new("recommend", {"interactions": path, "items": path}, tmp_path / "q",
                       reading={"sheet": ["films=Articles"] * 2})  # fmt: skip


def packed(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return path


def test_what_cannot_be_read_is_refused_in_three_parts(book, tmp_path, monkeypatch):
    with pytest.raises(Problem, match=r"(?s)is a Numbers document.*Export To"):
        read(packed(tmp_path / "a.numbers", {"Index/Document.iwa": b"x", "preview.jpg": b"x"}))
    with pytest.raises(Problem, match=r"(?s)cannot be read.*save it anew"):
        read(
            packed(
                tmp_path / "b.xlsx", {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}
            )
        )
    cut = book({"Orders": [HEAD, *ROWS]}).read_bytes()[:-500]
    (tmp_path / "cut.xlsx").write_bytes(cut)
    with pytest.raises(Problem, match=r"(?s)zip or Excel file|cannot be read"):
        read(tmp_path / "cut.xlsx")
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000))
    with pytest.raises(Problem, match=r"(?s)cannot be read.*without a password"):
        read(tmp_path / "old.xls")
    locked = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(999) + "EncryptedPackage".encode("utf-16-le")
    )
    (tmp_path / "locked.xlsx").write_bytes(locked)
    with pytest.raises(Problem, match=r"(?s)asks for a password.*Save it without"):
        read(tmp_path / "locked.xlsx")
    for text in (b"<html><table><tr><td>customer</td></tr></table></html>",
                 b'<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
                 b'{"url": "https://docs.google.com/open?id=1", "doc_id": "1"}'):  # fmt: skip
        (tmp_path / "odd.xls").write_bytes(text)
        with pytest.raises(Problem, match=r"(?s)whatever it is called.*\.xlsx or CSV"):
            read(tmp_path / "odd.xls")
    (tmp_path / "a.csv").write_text("customer,date\n1,2024-01-01\n")
    with pytest.raises(Problem, match=r"(?s)no workbook.*Leave --sheet"):
        read(tmp_path / "a.csv", "Orders")


def test_a_workbook_that_unpacks_to_too_much_is_not_begun(book, tmp_path, monkeypatch):
    path = packed(tmp_path / "bomb.xlsx", {
        "[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>",
        "xl/worksheets/sheet1.xml": b"0" * 2_000_000,
    })  # fmt: skip
    monkeypatch.setattr("stepladder.tables.sources.workbooks.MOST_BYTES", 1_000_000)
    with pytest.raises(Problem, match="MiB"):
        read(path)


def test_a_cell_in_the_farthest_corner_does_not_fill_the_memory(book):
    """Read as it stands this sheet takes 17 thousand million cells."""
    path = book({"Orders": [HEAD, *ROWS]}, then=lambda s, _: s.write(1_048_575, 16_383, "x"))
    with pytest.raises(Problem, match=r"(?s)17,179,869,184 cells.*as CSV"):
        read(path)


def test_what_shops_call_xls_may_be_text(tmp_path):
    path = tmp_path / "export.xls"
    path.write_text("customer\tdate\tamount\n7\t2024-01-05\t12.5\n")
    assert clean_rows(read(path)) == [EXPECTED[0]]


def test_the_library_is_loaded_only_for_workbooks(tmp_path):
    (tmp_path / "a.csv").write_text("customer,date\n1,2024-01-01\n")
    program = (
        "import sys\nfrom stepladder.tables.sources.read import read\n"
        f"read({json.dumps(str(tmp_path / 'a.csv'))}, None, None, None)\n"
        "print('python_calamine' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "False"


CONTENT = """<?xml version="1.0" encoding="UTF-8"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>\
<office:spreadsheet><table:table table:name="Orders"><table:table-row>{}</table:table-row><table:table-row>\
<table:table-cell office:value-type="float" office:value="7"><text:p>7</text:p></table:table-cell>\
<table:table-cell office:value-type="date" office:date-value="2024-01-05"><text:p>5.1.</text:p>\
</table:table-cell>\
<table:table-cell office:value-type="float" office:value="12.5"><text:p>12,5</text:p></table:table-cell>\
</table:table-row><table:table-row table:number-rows-repeated="1048574"><table:table-cell
 table:number-columns-repeated="16384"/></table:table-row></table:table></office:spreadsheet>\
</office:body></office:document-content>"""
ODS = "application/vnd.oasis.opendocument.spreadsheet"
MANIFEST = f"""<?xml version="1.0"?><manifest:manifest
 xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry
 manifest:full-path="/" manifest:media-type="{ODS}"/></manifest:manifest>"""


def test_what_libreoffice_writes_is_read_too(tmp_path):
    """Its last row is a million empty ones."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    path = tmp_path / "orders.ods"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("mimetype", ODS)
        made.writestr("content.xml", CONTENT.format("".join(map(cell.format, HEAD))))
        made.writestr("META-INF/manifest.xml", MANIFEST)
    assert clean_rows(read(path)) == [EXPECTED[0]]


def test_a_stream_of_junk_never_ends_in_a_traceback(tmp_path):
    good = io.BytesIO()
    made = xlsxwriter.Workbook(good)
    made.add_worksheet().write_row(0, 0, HEAD)
    made.close()
    data = bytearray(good.getvalue())
    for at in range(0, len(data), 97):
        broken = bytes(data[:at]) + bytes([data[at] ^ 0xFF]) + bytes(data[at + 1 :])
        (tmp_path / "x.xlsx").write_bytes(broken)
        with pytest.raises(Problem):  # there are no rows in any
            read(tmp_path / "x.xlsx")
