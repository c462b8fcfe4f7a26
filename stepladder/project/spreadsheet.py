"""CSV for people: what a spreadsheet would take for a formula stays text, and numbers stay numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

# a formula begins a cell; and a spreadsheet that separates by ; or tab begins one in the midst of a text
FORMULA = "(^|[{}])([ ']*[=+\\-@＝＋－＠])"
CELLS = ";\t\r\n"
BEGINS = "^('*[\t\r\n])"
NUMBER = r"^[+-]?\d+([.,]\d+)?$"


def to_csv(
    tables: Iterable[pa.Table], path: Path, decimal: str = ".", separator: str = ","
) -> None:
    """Write tables of the same columns, one after another, as CSV (UTF-8). Lists become texts.

    An apostrophe stands before what would be a formula; whoever reads the file by program takes one
    away before any number of spaces and apostrophes that = + - or @ follows, at the beginning of a text
    or behind a semicolon, tab or line end, and before a tab or line end that begins it. In a file that
    is separated otherwise than by commas, also behind a comma and behind what separates.
    """
    cells = CELLS if separator == "," else f"{CELLS},{re.escape(separator)}"
    options, writer = pyarrow.csv.WriteOptions(delimiter=separator), None
    try:
        for table in tables:
            columns = [_plain(column, decimal, cells) for column in table.columns]
            texts = pa.table(columns, names=table.column_names)
            writer = writer or pyarrow.csv.CSVWriter(path, texts.schema, write_options=options)
            writer.write_table(texts)
    finally:
        if writer is not None:
            writer.close()


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column that one cell a row can hold: words as such, lists as texts with spaces between."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_list(column.type):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), " ")
    return column


def _plain(column: pa.ChunkedArray, decimal: str, cells: str) -> pa.ChunkedArray:
    column = plain(column)
    if pa.types.is_floating(column.type) and decimal != ".":
        return pc.replace_substring(column.cast(pa.string()), ".", decimal)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    safe = pc.replace_substring_regex(column, FORMULA.format(cells), r"\1'\2")
    safe = pc.replace_substring_regex(safe, BEGINS, r"'\1")
    return pc.if_else(pc.match_substring_regex(column, NUMBER), column, safe)
