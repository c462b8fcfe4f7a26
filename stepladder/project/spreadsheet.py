"""CSV for people: what a spreadsheet would take for a formula stays text, and numbers stay numbers."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

# a formula begins a cell; and a spreadsheet that separates by ; or tab begins one in the midst of a text
FORMULA = "(^|[;\t\r\n])([ ']*[=+\\-@＝＋－＠])"
BEGINS = "^('*[\t\r\n])"
NUMBER = r"^[+-]?\d+([.,]\d+)?$"


def to_csv(table: pa.Table) -> bytes:
    """The table as CSV (UTF-8). Lists become texts with spaces between.

    An apostrophe stands before what would be a formula; whoever reads the file by program takes one
    away before any number of spaces and apostrophes that = + - or @ follows, at the beginning of a text
    or behind a semicolon, tab or line end, and before a tab or line end that begins it.
    """
    sink = pa.BufferOutputStream()
    columns = [_plain(column) for column in table.columns]
    pyarrow.csv.write_csv(pa.table(columns, names=table.column_names), sink)
    return bytes(sink.getvalue())


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_list(column.type):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), " ")
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    safe = pc.replace_substring_regex(column, FORMULA, r"\1'\2")
    safe = pc.replace_substring_regex(safe, BEGINS, r"'\1")
    return pc.if_else(pc.match_substring_regex(column, NUMBER), column, safe)
