"""Whether a text table ends where its last row does, or was cut off."""

from __future__ import annotations

import csv
import io

import pyarrow as pa

from stepladder.core.errors import Problem
from stepladder.tables.text.decode import cut_sign
from stepladder.tables.text.dialect import Dialect
from stepladder.tables.text.widths import begins_a_row, seen_in

Odd = tuple[int, str]  # the record's number (the first is 0) and its text


def refuse_cut_off(data: bytes, last: str, table: pa.Table, dialect: Dialect, source: str) -> None:
    """A last row may lack its line end, but not a part of itself: then the rest of the file is missing."""
    what, width = "", len(dialect.names)
    try:
        row = io.StringIO(last, newline="\n")
        fields = next(csv.reader(row, delimiter=dialect.separator, strict=True), [])
        # one alone may be a line of words below the table
        if 1 < len(fields) < width and begins_a_row(fields, seen_in(table)):
            what = f"with {len(fields)} fields"
    except csv.Error as error:
        # a whole row behind the quote says that it was never meant to be closed
        stray = any(line.count(dialect.separator) == width - 1 for line in last.split("\n")[1:])
        if "unexpected end" in str(error) and not stray:
            what = "in the midst of a value in quotes"
    what = "in the midst of a letter" if cut_sign(data) else what
    if what:
        raise Problem(
            f"{source} ends {what}, without a line end: {last[-60:]}",
            f"Every row has {width} fields; a file that ends in the midst of one was cut off.",
            "Copy or export it again; if that is really its end, add a line end.",
        )


def last_row(text: bytes, table: pa.Table, odd: list[Odd]) -> str:
    """The last row as it stands in the file, where no line end follows it; else nothing."""
    if text.endswith(b"\n"):
        return ""
    if odd and odd[-1][0] == table.num_rows + len(odd) - 1:
        return odd[-1][1]
    start, values = len(text), table.slice(max(table.num_rows - 1, 0)).to_pylist()
    for _ in range(1 + sum(str(v).count("\n") for row in values for v in row.values())):
        start = max(text.rfind(b"\n", 0, start), 0)
    return text[start:].decode("utf-8", "replace").removeprefix("\n")
