"""A workbook for people: days are days, numbers are numbers, and a text is never a formula."""

from __future__ import annotations

import importlib.util
import math
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.project.spreadsheet import BEGINS, CELLS, FORMULA, plain

MOST_ROWS = 1_048_576  # of a sheet, its header among them
LONGEST = 32_767  # letters of a cell
WHOLE = 10**15  # from here on a spreadsheet changes a number's last digits
MADE = datetime(2000, 1, 1)  # the same rows are the same bytes, whenever they are written
LIKE_A_FORMULA = re.compile(f"{FORMULA.format(CELLS)}|{BEGINS}")
AMOUNT, DAY = "#,##0.00", "yyyy-mm-dd"


def refuse_workbook(rows: int | None = None) -> None:
    """Raises Problem where no workbook can be written: the library is missing, or a sheet is too short."""
    if importlib.util.find_spec("xlsxwriter") is None:
        raise Problem(
            "a workbook needs the library xlsxwriter, which is not installed",
            "it comes with stepladder, and was taken out here",
            "pip install xlsxwriter, or end the file's name in .csv",
        )
    if rows is not None and rows >= MOST_ROWS:
        raise Problem(
            f"{rows:,} rows for a workbook",
            f"a sheet has {MOST_ROWS:,} rows, and its header is one of them",
            "end the file's name in .csv or .parquet, or write the best only: --top 500",
        )


def to_xlsx(table: pa.Table, path: Path) -> None:
    """Write the table as a workbook of one sheet; what it takes to make it lies beside it meanwhile.

    Ids of more digits than a spreadsheet can hold become texts. Raises Problem on too many rows.
    """
    import xlsxwriter

    refuse_workbook(table.num_rows)
    options = {"constant_memory": True, "tmpdir": str(path.parent), "default_date_format": DAY}
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"created": MADE})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    styles = {name: book.add_format(how) for name, how in _styles().items()}
    columns = [plain(column) for column in table.columns]
    for at, (name, column) in enumerate(zip(table.column_names, columns, strict=True)):
        sheet.set_column(at, at, _width(name, column))
        sheet.write_string(0, at, name, styles["head"])
    batches = pa.table(columns, names=table.column_names).to_batches(max_chunksize=10_000)
    rows = (row for batch in batches for row in zip(*map(_listed, batch.columns), strict=True))
    for nth, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            _write(sheet, nth, at, value, styles)
    book.close()


def _listed(column: pa.Array) -> list[Any]:
    return list(column.to_pylist())


def _styles() -> dict[str, dict[str, Any]]:
    return {
        "head": {"bold": True},
        "amount": {"num_format": AMOUNT},
        "day": {"num_format": DAY},
        "text": {"quote_prefix": True},  # it stays a text when somebody edits it
    }


def _write(sheet: Any, row: int, at: int, value: Any, styles: dict[str, Any]) -> None:
    if isinstance(value, float):
        if math.isfinite(value):
            sheet.write_number(row, at, value, styles["amount"])
    elif isinstance(value, date):
        sheet.write_datetime(row, at, value, styles["day"])
    elif isinstance(value, bool):
        sheet.write_boolean(row, at, value)
    elif isinstance(value, int) and abs(value) < WHOLE:
        sheet.write_number(row, at, value)
    elif value is not None:
        text = str(value)[:LONGEST]
        style = styles["text"] if LIKE_A_FORMULA.search(text) else None
        sheet.write_string(row, at, text, style)


def _width(name: str, column: pa.ChunkedArray) -> int:
    """As wide as the first rows need, and no wider than can be read."""
    texts = [str(value) for value in column.slice(0, 100).to_pylist() if value is not None]
    if pa.types.is_floating(column.type):
        texts = [f"{float(text):,.2f}" for text in texts]
    return min(max(map(len, [name, *texts])) + 2, 60)
