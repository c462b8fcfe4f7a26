"""Text tables (CSV, TSV) to columns of text, each row with the line of the file it stands on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from stepladder.core.errors import Problem
from stepladder.tables.findings import finding
from stepladder.tables.raw import Raw
from stepladder.tables.text.decode import Decoded, cut_sign, decode
from stepladder.tables.text.dialect import SPACES, Dialect, sniff

Lines = npt.NDArray[np.int64]
Odd = tuple[int, str]  # the record's number (the first is 0) and its text

_SHORT = "row with the wrong number of fields"


def read_text(
    data: bytes, source: str, encoding: str | None, separator: str | None, header: int | None
) -> Raw:
    """Reads a text table; every row that does not fit its columns is counted, none is lost."""
    decoded = decode(data, source, encoding)
    text = _one_kind_of_line_end(decoded.data)
    dialect = sniff(text, separator, header)
    start = _after(text, dialect.first_line - 1)
    if not dialect.names or not re.compile(rb"\S").search(text, start):
        raise Problem(
            f"{source} holds a header but no rows.",
            "A table needs a header line and rows below it.",
            "Check that the export finished, then give the file again.",
        )
    # The file is never copied: it may be as large as half the memory.
    spaced = dialect.separator == SPACES
    body = pa.py_buffer(_tabbed(text[start:])) if spaced else pa.py_buffer(text).slice(start)
    table, odd = _parse(body, dialect, source)
    if not spaced:
        _refuse_cut_off(data, _last(text, table, odd), table, dialect, source)
    return _assembled(table, odd, dialect, decoded)


def _refuse_cut_off(data: bytes, last: str, table: pa.Table, dialect: Dialect, source: str) -> None:
    """A last row may lack its line end, but not a part of itself: then the rest of the file is missing."""
    what, width = "", len(dialect.names)
    try:
        row = io.StringIO(last, newline="\n")
        fields = next(csv.reader(row, delimiter=dialect.separator, strict=True), [])
        # one alone may be a line of words below the table
        if 1 < len(fields) < width and _begins_a_row(fields, table):
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


def _begins_a_row(fields: list[str], table: pa.Table) -> bool:
    """Whether each of these may stand in its column, and not below the table as in `Total,123`.

    Not words where none has a letter, and nothing without digits where all have some; the last field
    may be half a value. Where that cannot tell, it is a row.
    """
    for at, field in enumerate(fields if table.num_rows else []):
        letters, digits = (pc.match_substring_regex(table[at], sign) for sign in (r"\pL", "[0-9]"))
        words = re.search(r"[^\W\d_]", field) and not pc.any(letters).as_py()
        numbers = at < len(fields) - 1 and not re.search("[0-9]", field)
        if words or (numbers and pc.all(digits).as_py()):
            return False
    return True


def _last(text: bytes, table: pa.Table, odd: list[Odd]) -> str:
    """The last row as it stands in the file, where no line end follows it; else nothing."""
    if text.endswith(b"\n"):
        return ""
    if odd and odd[-1][0] == table.num_rows + len(odd) - 1:
        return odd[-1][1]
    start, values = len(text), table.slice(max(table.num_rows - 1, 0)).to_pylist()
    for _ in range(1 + sum(str(v).count("\n") for row in values for v in row.values())):
        start = max(text.rfind(b"\n", 0, start), 0)
    return text[start:].decode("utf-8", "replace").removeprefix("\n")


def _one_kind_of_line_end(data: bytes) -> bytes:
    if b"\r" not in data:
        return data
    if b"\n" not in data:
        return data.replace(b"\r", b"\n")
    data = data.replace(b"\r\n", b"\n")
    return data.replace(b"\r", b" ") if b"\r" in data else data


def _after(data: bytes, lines: int) -> int:
    """Where the line after so many begins."""
    start = 0
    for _ in range(lines):
        start = data.find(b"\n", start) + 1
        if start == 0:
            return len(data)
    return start


def _tabbed(body: bytes) -> bytes:
    return re.sub(rb"(?m)^\t|\t$", b"", re.sub(rb"[ \t]+", b"\t", body))


def _parse(body: pa.Buffer, dialect: Dialect, source: str) -> tuple[pa.Table, list[Odd]]:
    for newlines in (True, False):  # A quote that never closes fails; then no value spans lines.
        odd: list[Odd] = []
        try:
            return _arrow(body, dialect, newlines, odd), odd
        except pa.ArrowInvalid as error:
            reason = str(error).split("\n")[0][:200]
    raise Problem(
        f"{source} cannot be read as a table: {reason}.",
        "A text table has one row per line and one separator between its values.",
        "Export it again as CSV (UTF-8), or name --separator and --encoding.",
    )


def _arrow(body: pa.Buffer, dialect: Dialect, newlines: bool, odd: list[Odd]) -> pa.Table:
    def keep(row: pacsv.InvalidRow) -> str:
        odd.append((row.number - 1, row.text))
        return "skip"

    names = [str(i) for i in range(len(dialect.names))]
    separator = "\t" if dialect.separator == SPACES else dialect.separator
    table = pacsv.read_csv(
        pa.BufferReader(body),
        pacsv.ReadOptions(use_threads=False, column_names=names, block_size=1 << 24),
        pacsv.ParseOptions(
            delimiter=separator,
            newlines_in_values=newlines,
            ignore_empty_lines=False,
            invalid_row_handler=keep,
        ),
        pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    return table.rename_columns(list(dialect.names))


def _assembled(table: pa.Table, odd: list[Odd], dialect: Dialect, decoded: Decoded) -> Raw:
    lines, odd_lines = _line_numbers(table, odd, dialect.first_line)
    width = len(dialect.names)
    saved, short, blank, split = [], [], [], []
    for line, (_, text) in zip(odd_lines, odd, strict=True):
        for at, part, fields in _second_try(line, text, dialect.separator, width):
            if not part.strip():
                blank.append((at, ""))
            elif len(fields) != width:
                short.append((at, part))
            else:
                saved.append((at, fields))
                split.append((at, part))
    table, lines = _with(table, lines, saved)
    empty = _blank(table)
    blank += [(int(line), "") for line in lines[empty]]
    kept = pa.array(~empty)
    return Raw(
        table=table.filter(kept),
        row=lines[~empty],
        place="line",
        encoding=decoded.encoding,
        separator=dialect.separator,
        header=dialect.header,
        lost=finding("blank line", blank, "blank lines were left out")
        + finding(_SHORT, short, f"rows do not have the table's {width} fields"),
        changed=finding("row mended", split, "rows had surplus separators or an unclosed quote")
        + finding(
            "character mended",
            [(line, "") for line in decoded.mended],
            "lines held characters of another encoding, read as Western ones",
        ),
        notes=_notes(dialect, decoded),
    )


def _line_numbers(table: pa.Table, odd: list[Odd], first: int) -> tuple[Lines, list[int]]:
    """A row's line: one more than the lines that all records before it take."""
    at = np.fromiter((number for number, _ in odd), np.int64, len(odd))
    is_odd = np.zeros(table.num_rows + len(odd), bool)
    is_odd[at] = True
    height = np.ones(len(is_odd), np.int64)
    height[at] += np.array([text.count("\n") for _, text in odd], np.int64)
    for column in table.columns:
        height[~is_odd] += pc.count_substring(column, "\n").to_numpy()
    lines = first + np.cumsum(height) - height
    return lines[~is_odd], lines[is_odd].tolist()


def _second_try(
    line: int,
    text: str,
    separator: str,
    width: int,
) -> Iterator[tuple[int, str, list[str]]]:
    """An odd record's fields: without surplus empty ones; failing that, line by line."""
    delimiter = "\t" if separator == SPACES else separator
    whole = _fields(text, delimiter, width)
    if len(whole) == width or "\n" not in text:
        yield line, text, whole
        return
    for at, part in enumerate(text.split("\n"), line):
        fields = _fields(part, delimiter, width)
        yield at, part, fields if len(fields) == width else part.split(delimiter)


def _fields(text: str, delimiter: str, width: int) -> list[str]:
    try:
        fields = next(csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter), [])
    except csv.Error:
        return []
    while len(fields) > width and not fields[-1].strip():
        fields.pop()
    return fields


def _with(
    table: pa.Table,
    lines: Lines,
    saved: list[tuple[int, list[str]]],
) -> tuple[pa.Table, Lines]:
    if not saved:
        return table, lines
    columns = [
        pa.array(column, pa.string())
        for column in zip(*(fields for _, fields in saved), strict=True)
    ]
    more = pa.Table.from_arrays(columns, names=table.column_names)
    lines = np.concatenate([lines, np.array([line for line, _ in saved], np.int64)])
    order = np.argsort(lines, kind="stable")
    return pa.concat_tables([table, more]).take(pa.array(order)), lines[order]


def _blank(table: pa.Table) -> npt.NDArray[np.bool_]:
    blank = np.ones(table.num_rows, bool)
    for column in table.columns:
        if not blank.any():
            break
        blank &= pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy()
    return blank


def _notes(dialect: Dialect, decoded: Decoded) -> tuple[str, ...]:
    notes = []
    if decoded.encoding not in ("utf-8", "utf-8-sig"):
        notes.append(f"The file was read as {decoded.encoding}; check that accents look right.")
    if dialect.header == 0:
        notes.append("The file has no header; its columns were numbered from column_1.")
    if dialect.skipped:
        notes.append(
            f"{len(dialect.skipped)} lines before the header were skipped, "
            f"the first: {dialect.skipped[0][:80]}"
        )
    return tuple(notes)
