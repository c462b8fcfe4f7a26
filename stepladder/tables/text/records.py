"""Text tables (CSV, TSV) to columns of text, each row with the line of the file it stands on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from stepladder.core.errors import Problem
from stepladder.tables.choices import CLEANER
from stepladder.tables.findings import Warned, finding
from stepladder.tables.raw import Raw
from stepladder.tables.text.as_meant import as_meant
from stepladder.tables.text.cut_off import Odd, last_row, refuse_cut_off
from stepladder.tables.text.decode import Decoded, decode
from stepladder.tables.text.dialect import (
    SPACES,
    Dialect,
    records_of,
    sample_of,
)
from stepladder.tables.text.header import layout
from stepladder.tables.text.strays import closed
from stepladder.tables.text.widths import (
    Named,
    Other,
    check_rest,
    in_their_order,
    under_their_own,
)

Lines = npt.NDArray[np.int64]

_SHORT = "row with the wrong number of fields"


def read_text(
    data: bytes,
    source: str,
    encoding: str | None,
    separator: str | None,
    header: int | None,
    version: int = CLEANER,
) -> Raw:
    """Reads a text table; every row that does not fit its columns is counted, none is lost."""
    decoded = decode(data, source, encoding)
    text, mark, notes, warned = as_meant(decoded.data, separator, version)
    laid = _laid_out(text, mark, header, source, version)
    if laid.spans and version > 1 and not any(one.kind == "stray-quotes" for one in warned):
        text, strays = closed(text, mark)
        warned = (*warned, *strays)
        laid = _laid_out(text, mark, header, source, version) if strays else laid
    if mark != SPACES:
        refuse_cut_off(data, last_row(text, laid.table, laid.odd), laid.table, laid.dialect, source)
    raw = _assembled(laid, decoded, source)
    return replace(raw, notes=(*notes, *raw.notes), warnings=(*warned, *raw.warnings))


class _Laid(NamedTuple):
    """A text as its dialect reads it: rows, records that are none, and whether any goes on for lines."""

    dialect: Dialect
    table: pa.Table
    odd: list[Odd]
    spans: bool


def _laid_out(text: bytes, mark: str, header: int | None, source: str, version: int) -> _Laid:
    dialect = layout(records_of(sample_of(text), mark), mark, header, source, version)
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
    lines = text.count(b"\n", start) + (not text.endswith(b"\n"))
    return _Laid(dialect, table, odd, lines > table.num_rows + len(odd))


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


def _assembled(laid: _Laid, decoded: Decoded, source: str) -> Raw:
    dialect, table, odd, _ = laid
    lines, odd_lines = _line_numbers(laid)
    width = len(dialect.names)
    saved: list[tuple[int, list[str]]] = []
    others: list[Other] = []
    blank, split = [], []
    for line, (_, text) in zip(odd_lines, odd, strict=True):
        for at, part, fields in _second_try(line, text, dialect):
            if not part.strip() or (fields and not any(field.strip() for field in fields)):
                blank.append((at, ""))
            elif len(fields) != width:
                others.append((at, part, fields))
            else:
                saved.append((at, fields))
                split.append((at, part))
    table, lines = _with(table, lines, saved)
    named, headers, rest = under_their_own(others, dialect)
    warned = check_rest(rest, table, lines, dialect, source)
    if dialect.version > 1:
        table, lines = _with_named(in_their_order(_bare(table)), lines, named)
    empty = _blank(table)
    blank += [(int(line), "") for line in lines[empty]]
    table = table.filter(pa.array(~empty))
    return Raw(
        table=table,
        row=lines[~empty],
        place="line",
        encoding=decoded.encoding,
        separator=dialect.separator,
        header=dialect.header,
        lost=finding("blank line", blank, "blank lines were left out")
        + finding(_SHORT, _texts(rest), f"rows do not have the table's {width} fields")
        + finding("second header", _texts(headers), "lines name columns for the rows below them"),
        changed=finding(
            "row mended", split, "rows had separators too many or too few, or an unclosed quote"
        )
        + finding(
            "character mended",
            [(line, "") for line in decoded.mended],
            "lines held characters of another encoding, read as Western ones",
        ),
        notes=_notes(dialect, decoded),
        warnings=(*warned, *_two_shapes(headers, named), *_unnamed(table, dialect)),
    )


def _texts(others: list[Other]) -> list[tuple[int, str]]:
    return [(line, text) for line, text, _ in others]


def _two_shapes(headers: list[Other], named: list[Named]) -> tuple[Warned, ...]:
    if not named:
        return ()
    line = headers[0][0]
    sentence = (
        f"From line {line} on, {len(named):,} rows have other columns, which a second header there "
        "names; they were read by these names. Check that both parts belong together."
    )
    return (Warned("width-changes", sentence),)


def _unnamed(table: pa.Table, dialect: Dialect) -> tuple[Warned, ...]:
    """The last columns that hold something and have no name in the header."""
    names = dialect.names[len(dialect.names) - dialect.surplus :]
    filled = [
        name
        for name in names
        if pc.any(pc.not_equal(pc.utf8_trim_whitespace(table.column(name)), "")).as_py()
    ]
    if not filled:
        return ()
    sentence = (
        f"The rows have more values than the header has names; what is last was called "
        f"{', '.join(filled)}. Check that the other columns stand under their names."
    )
    return (Warned("unnamed-column", sentence),)


def _bare(table: pa.Table) -> pa.Table:
    """The table without quotes that a second export made part of each value of a column."""
    for at, column in enumerate(table.columns):
        quoted = pc.match_substring_regex(column.slice(0, 100), r'^\s*(".*"\s*)?$')
        if not pc.all(quoted).as_py() or not pc.any(pc.match_substring(column, '"')).as_py():
            continue
        if pc.all(pc.match_substring_regex(column, r'^\s*(".*"\s*)?$')).as_py():
            inner = pc.replace_substring_regex(column, r'^\s*"|"\s*$', "")
            plain = pc.replace_substring(inner, '""', '"')
            table = table.set_column(at, table.column_names[at], plain)
    return table


def _line_numbers(laid: _Laid) -> tuple[Lines, list[int]]:
    """A row's line: one more than the lines that all records before it take."""
    dialect, table, odd, spans = laid
    at = np.fromiter((number for number, _ in odd), np.int64, len(odd))
    is_odd = np.zeros(table.num_rows + len(odd), bool)
    is_odd[at] = True
    height = np.ones(len(is_odd), np.int64)
    height[at] += np.array([text.count("\n") for _, text in odd], np.int64)
    for column in table.columns if spans else ():
        height[~is_odd] += pc.count_substring(column, "\n").to_numpy()
    lines = dialect.first_line + np.cumsum(height) - height
    return lines[~is_odd], lines[is_odd].tolist()


def _second_try(line: int, text: str, dialect: Dialect) -> Iterator[Other]:
    """An odd record's fields: without surplus empty ones; failing that, line by line."""
    delimiter = "\t" if dialect.separator == SPACES else dialect.separator
    width = len(dialect.names)
    whole = _fields(text, delimiter, dialect)
    if len(whole) == width:
        yield line, text, whole
        return
    for at, part in enumerate(text.split("\n"), line):
        fields, plain = _fields(part, delimiter, dialect), part.split(delimiter)
        # quotes that are part of a value may pair up and hide a separator
        as_it_is = len(fields) != width and ("\n" in text or len(plain) == width)
        yield at, part, plain if as_it_is else fields


def _fields(text: str, delimiter: str, dialect: Dialect) -> list[str]:
    fields = _split(text, delimiter)
    in_one = len(fields) == 1 and delimiter in fields[0] and "\n" not in text
    if in_one and dialect.version > 1:
        fields = _split(fields[0], delimiter)  # a whole line in quotes, as Excel saves it
    width = len(dialect.names)
    while len(fields) > width and not fields[-1].strip():
        fields.pop()
    if dialect.surplus and len(fields) == width - dialect.surplus:
        fields += [""] * dialect.surplus
    return fields


def _split(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter), [])
    except csv.Error:
        return []


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


def _with_named(table: pa.Table, lines: Lines, named: list[Named]) -> tuple[pa.Table, Lines]:
    """The table with rows that a second header named; what a row has no value for is empty."""
    names = dict.fromkeys([*table.column_names, *(name for _, row in named for name in row)])
    for name in list(names)[table.num_columns :]:
        table = table.append_column(name, pa.array([""] * table.num_rows, pa.string()))
    return _with(
        table, lines, [(line, [row.get(name, "") for name in names]) for line, row in named]
    )


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
        notes.append(f"{dialect.skipped} lines before the header were skipped.")
    return tuple(notes)
