"""A sheet of a workbook (Excel's .xlsx, .xlsb and .xls, OpenDocument's .ods) as a table."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.tables.findings import Warned, finding
from stepladder.tables.raw import Raw
from stepladder.tables.sources.folders import MOST_BYTES, names_inside
from stepladder.tables.text.decode import READ_FROM
from stepladder.tables.text.header import layout as laid_out

MOST_CELLS = 100_000_000  # a sheet is read as a rectangle, however few of its cells are filled
_SAMPLE = 1000  # rows by which the header is found
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # of Microsoft's older files, and of encrypted ones
_LOCKED = "EncryptedPackage".encode("utf-16-le")  # so is the part called that holds the rest
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_CELL = re.compile(rb'<c\b[^>]{0,99}?\br="([A-Z]{1,3})([0-9]{1,7})"')

Row = tuple[int, list[Any]]  # its number in the sheet (the first is 1), its cells


def is_workbook(path: Path) -> bool:
    """Whether it is a workbook, by what is in it: names lie. Raises Problem on what Numbers writes."""
    with path.open("rb") as file:
        start = file.read(8)
    if start == _OLD:
        return True
    names = names_inside(path) or []
    if any(name.endswith(".iwa") for name in names):
        raise Problem(
            f"{path} is a Numbers document.",
            "Of spreadsheets, .xlsx, .xlsb, .xls and .ods are read.",
            "In Numbers choose File, Export To, Excel or CSV, and give that file.",
        )
    if {"xl/workbook.xml", "xl/workbook.bin"}.intersection(names):
        return True
    with path.open("rb") as file:  # such a file begins with what it is, unpacked
        return "content.xml" in names and _ODS in file.read(200)


def read_workbook(path: Path, header: int | None, sheet: str | None) -> Raw:
    """One sheet of a workbook: the one named (or numbered), else the first that shows and holds cells.

    A column keeps the type of its cells, where all have one; where not, it becomes text. Raises
    Problem where the workbook cannot be read or has no such sheet.
    """
    from python_calamine import CalamineError

    _refuse_too_much(path)
    try:
        name, filled, cells, merged = _sheet(io.BytesIO(path.read_bytes()), str(path), sheet)
    except CalamineError as error:
        raise _unreadable(path, error) from None
    changed = _filled_down(cells, merged)
    rows = [(number, row) for number, row in enumerate(cells, 1) if _holds(row)]
    layout = laid_out(
        [(i, [*map(_text, row)]) for i, row in rows[:_SAMPLE]], "\t", header, str(path)
    )
    body = [(i, row) for i, row in rows if i >= layout.first_line]
    if not body:
        raise Problem(
            f"The sheet {name!r} of {path} holds a header but no rows.",
            "A table needs a header line and rows below it.",
            "Name another sheet with --sheet NAME.",
        )
    used = [at for at in range(len(layout.names)) if any(row[at] != "" for _, row in body)]
    used = used or [*range(len(layout.names))]
    last = body[-1][0]
    blank = [(i, "") for i in range(layout.first_line, last) if not _holds(cells[i - 1])]
    columns = [_column([row[at] for _, row in body]) for at in used]
    return Raw(
        pa.Table.from_arrays(columns, names=[layout.names[at] for at in used]),
        np.array([i for i, _ in body], np.int64),
        "row",
        header=layout.header,
        lost=finding("blank line", blank, "blank rows were left out"),
        changed=finding("merged cells", changed, "cells lie in merged ones and have their value"),
        notes=_notes(layout.header, layout.skipped),
        warnings=_others(name, filled),
        sheet=name if len(filled) > 1 or sheet else None,
    )


def refuse_disguised(data: bytes, source: str) -> None:
    """What is no table, though exports and shared drives name it like one. Raises Problem."""
    start = data[:2000].lower().lstrip(b"\xef\xbb\xbf \t\r\n")
    what = ""
    if re.match(rb"<(!doctype html|html|head|body|table|meta|style)\b", start):
        what = "a web page"
    elif start.startswith((b"<?xml", b"<workbook")):
        what = "an XML document"
    elif start.startswith(b"{") and b"docs.google.com" in start:
        what = "a shortcut to a Google sheet, and the sheet itself lies elsewhere"
    if what:
        raise Problem(
            f"{source} is {what}, whatever it is called.",
            READ_FROM,
            "Open it in a spreadsheet program, save it as .xlsx or CSV, and give that file.",
        )


def _sheet(
    file: io.BytesIO, source: str, wanted: str | None
) -> tuple[str, list[str], list[list[Any]], Sequence[Any]]:
    """The sheet's name, the names of all sheets, the cells from the first row on, and what is merged."""
    from python_calamine import SheetVisibleEnum, load_workbook

    with load_workbook(file) as book:
        shown = [
            one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible
        ]
        names = list(book.sheet_names)
        for name in [_named(names, wanted, source)] if wanted else shown or names:
            found = book.get_sheet_by_name(name)
            if found.total_height or wanted:
                cells = found.to_python(skip_empty_area=False)
                return name, names if wanted else shown, cells, found.merged_cell_ranges or ()
    raise Problem(
        f"{source} holds no sheet with cells.",
        "A workbook needs a sheet with a header and rows.",
        "Check that it is the right one.",
    )


def _named(names: list[str], wanted: str, source: str) -> str:
    """The sheet of that name, however its letters are written, or of that number."""
    alike = [name for name in names if name.strip().casefold() == wanted.strip().casefold()]
    if alike:
        return wanted if wanted in alike else alike[0]
    if wanted.isdecimal() and 0 < int(wanted) <= len(names):
        return names[int(wanted) - 1]
    raise Problem(
        f"{source} has no sheet {wanted!r}.",
        f"Its sheets are: {', '.join(names)}.",
        "Name one of them with --sheet NAME, or by its number, the first being 1.",
    )


def _refuse_too_much(path: Path) -> None:
    """What unpacks to more than can be read, or spreads so far, is not even begun."""
    if not names_inside(path):
        return
    try:
        with ZipFile(path) as zipped:
            size = sum(info.file_size for info in zipped.infolist())
            cells = 0 if size > MOST_BYTES else max(map(_spread, _sheets(zipped)), default=0)
    except (BadZipFile, OSError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise _unreadable(path, error) from None
    if size > MOST_BYTES or cells > MOST_CELLS:
        raise Problem(
            f"{path} holds {size / 2**20:,.0f} MiB of sheets"
            + (f", one with {cells:,} cells from its first to its last." if cells else "."),
            f"At most {MOST_BYTES / 2**20:,.0f} MiB and {MOST_CELLS:,} cells are read at once.",
            "Save the sheet as CSV, which has no such limit, or delete what stands far outside the table.",
        )


def _sheets(zipped: ZipFile) -> Iterator[Iterator[bytes]]:
    for name in zipped.namelist():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            with zipped.open(name) as file:
                yield iter(lambda: file.read(1 << 20), b"")


def _spread(parts: Iterator[bytes]) -> int:
    """How many cells the rectangle around all cells has."""
    wide, high, rest = 0, 0, b""
    for part in parts:
        found = _CELL.findall(rest + part)
        rest = part[-100:]
        if found:
            wide = max(wide, *(_number(letters) for letters in {one for one, _ in found}))
            high = max(high, max(int(row) for _, row in found))
    return wide * high


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _unreadable(path: Path, error: Exception) -> Problem:
    locked = "assword" in f"{type(error).__name__} {error}" or _LOCKED in path.read_bytes()
    return Problem(
        f"{path} is a workbook that " + ("asks for a password." if locked else "cannot be read."),
        "A workbook (.xlsx, .xlsb, .xls, .ods) must be complete and open without a password."
        + ("" if locked else f" The reader says: {' '.join(str(error).split())[:120]}"),
        "Save it without a password, or as CSV, and give that file."
        if locked
        else "Open it in a spreadsheet program, save it anew as .xlsx or CSV, and give that file.",
    )


def _holds(row: list[Any]) -> bool:
    return any(cell != "" and not (isinstance(cell, str) and not cell.strip()) for cell in row)


def _filled_down(cells: list[list[Any]], merged: Sequence[Any]) -> list[tuple[int, str]]:
    """Gives every row that a merged cell spans its value: which rows had none of their own."""
    filled = []
    for (top, left), (bottom, _) in merged:
        for number, row in enumerate(islice(cells, top + 1, bottom + 1), top + 2):
            if left < len(row) and row[left] == "" and _holds(row):
                row[left] = cells[top][left]
                filled.append((number, ""))
    return filled


def _column(cells: list[Any]) -> pa.Array:
    """Cells of one type as that type; of several, as text. Errors and what is empty are nothing."""
    kinds = {type(cell) for cell in cells if cell != ""}
    plain = [None if cell == "" else cell for cell in cells]
    if kinds and kinds <= {int, float}:
        return _numbers(plain)
    if kinds == {date}:
        return pa.array(plain, pa.date32())
    if kinds and kinds <= {date, datetime}:
        moments = [
            datetime(c.year, c.month, c.day) if type(c) is date else c  # midnight
            for c in plain
        ]
        return pa.array(moments, pa.timestamp("us"))
    return pa.array([_text(cell) for cell in cells], pa.string())


def _numbers(plain: list[Any]) -> pa.Array:
    """A spreadsheet keeps every number as a float: whole ones are meant as whole."""
    whole = all(one is None or (float(one).is_integer() and abs(one) < 2**53) for one in plain)
    if whole:
        return pa.array([None if one is None else int(one) for one in plain], pa.int64())
    return pa.array([None if one is None else float(one) for one in plain], pa.float64())


def _text(cell: Any) -> str:
    """A cell as text, a day in ISO's way, a number as the sheet shows it."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else f"{cell:.15g}"
    return str(cell)


def _notes(header: int, skipped: int) -> tuple[str, ...]:
    notes = []
    if header == 0:
        notes.append("The sheet has no header; its columns were numbered from column_1.")
    if skipped:
        notes.append(f"{skipped} rows before the header were skipped.")
    return tuple(notes)


def _others(name: str, names: list[str]) -> tuple[Warned, ...]:
    others = [one for one in names if one != name]
    if not others:
        return ()
    said = (
        f"Sheet {names.index(name) + 1} of {len(names)} was read: {name}. The others are: "
        f"{', '.join(others)}. --sheet NAME reads another."
    )
    return (Warned("other-sheets", said),)
