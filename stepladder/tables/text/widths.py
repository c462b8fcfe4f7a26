"""Records of another width than the table's: a second header, a few strays, or another table."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.tables.findings import Warned
from stepladder.tables.text.dialect import Dialect
from stepladder.tables.text.fitted import again, cut_in_two, other_width, split_numbers
from stepladder.tables.text.header import bare, names_of

Lines = npt.NDArray[np.int64]
Other = tuple[int, str, list[str]]  # the line, its text, its fields
Seen = tuple[bool, bool]  # any value of a column has a letter, all have digits
Named = tuple[int, dict[str, str]]  # the line, its values by name

_FEW, _SHARE, _CUT_SHARE = 3, 0.1, 0.01
_SEEN = 20_000  # rows that show what the columns hold


def begins_a_row(fields: list[str], seen: list[Seen]) -> bool:
    """Whether each of these may stand in its column, and not below the table as in `Total,123`.

    Not words where none has a letter, and nothing without digits where all have some; the last field
    may be half a value. Where that cannot tell, it is a row.
    """
    for at, (field, (letters, digits)) in enumerate(zip(fields, seen, strict=False)):
        words = re.search(r"[^\W\d_]", field) and not letters
        numbers = at < len(fields) - 1 and not re.search("[0-9]", field)
        if words or (numbers and digits):
            return False
    return True


def seen_in(table: pa.Table) -> list[Seen]:
    """For each column whether any value has a letter, and whether all have digits."""
    signs = (r"\pL", pc.any), ("[0-9]", pc.all)
    found = [
        [ask(pc.match_substring_regex(column, sign)).as_py() for sign, ask in signs]
        for column in (table.columns if table.num_rows else [])
    ]
    return [(letters, digits) for letters, digits in found]


def under_their_own(
    others: list[Other], dialect: Dialect
) -> tuple[list[Named], list[Other], list[Other]]:
    """Records below a second header, by its names; these headers; and the records that remain."""
    if dialect.version == 1:
        return [], [], others
    names = dialect.names
    own: list[str] = []
    named: list[Named] = []
    headers: list[Other] = []
    rest: list[Other] = []
    for line, text, fields in sorted(others):
        if again(fields, names):
            known = {name.lower(): name for name in names}
            own = [known.get(one.lower(), one) for one in names_of([*map(bare, fields)])]
            headers.append((line, text, fields))
        elif own and len(fields) == len(own):
            named.append((line, dict(zip(own, fields, strict=True))))
        else:
            rest.append((line, text, fields))
    return named, headers, rest


def in_their_order(table: pa.Table) -> pa.Table:
    """The table with the rows below a header of the same names in another order put in order."""
    names = table.column_names
    known = pa.array([one.lower() for one in names])
    among = np.ones(table.num_rows, bool)
    for column in table.columns:
        among &= pc.is_in(_plain(column), known).to_numpy()
        if not among.any():
            return table
    at = [i for i in np.flatnonzero(among) if _order(table, int(i)) is not None]
    if all(_order(table, int(i)) == names for i in at):
        return table
    parts, ends = [table.slice(0, at[0])], [*at[1:], table.num_rows]
    for i, end in zip(at, ends, strict=True):
        order = _order(table, int(i))
        parts.append(table.slice(i, end - i).rename_columns(order).select(names))
    return pa.concat_tables(parts)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.utf8_lower(pc.utf8_trim_whitespace(column))


def _order(table: pa.Table, i: int) -> list[str] | None:
    """The table's names in the order in which a row gives all of them; None where it does not."""
    known = {name.lower(): name for name in table.column_names}
    row = [str(one.as_py()).strip().lower() for one in (column[i] for column in table.columns)]
    return [known[one] for one in row] if set(row) == set(known) else None


def check_rest(
    rest: list[Other], table: pa.Table, lines: Lines, dialect: Dialect, source: str
) -> tuple[Warned, ...]:
    """A few strays are counted; Problem where so many, or all at the end, are rows of another shape."""
    width = len(dialect.names)
    if not rest or dialect.version == 1:
        return ()
    seen = seen_in(table.slice(0, _SEEN))
    rows = [one for one in rest if len(one[2]) > width or begins_a_row(one[2], seen)]
    rows = [one for one in rows if len(one[2]) > 1]
    all_rows = table.num_rows + len(rows)
    cut = _cut(rows, table, dialect)
    if len(cut) > _SHARE * all_rows or (len(cut) >= _FEW and len(cut) > _CUT_SHARE * all_rows):
        line, text, fields = cut[0]
        raise cut_in_two(source, line, text, len(fields), width)
    many = len(rows) > _SHARE * all_rows and len(rows) >= _FEW
    tail = _tail(rows, lines, width)
    if many or 2 * len(rows) >= all_rows > 0 or tail:
        line, text, fields = tail[0] if tail and not many else rows[0]
        said = f"{len(rows):,} of {all_rows:,} rows"
        raise other_width(source, line, text, len(fields), width, said)
    if len(rows) <= _CUT_SHARE * all_rows and not cut:
        return ()
    line, text, _ = (cut or rows)[0]
    return (
        Warned(
            "width-changes",
            f"{len(rows):,} of {all_rows:,} rows were left out, since they do not have {width} values "
            f"(the first on line {line}). Check whether a value in them holds the separator.",
            (text,),
        ),
    )


def _cut(rows: list[Other], table: pa.Table, dialect: Dialect) -> list[Other]:
    """The rows with one field more, where a number that is whole in the others may be cut in two."""
    if dialect.separator != "," or not table.num_rows:
        return []
    wide = [one for one in rows if len(one[2]) > len(dialect.names)]
    numeric = [_numeric(column) for column in table.slice(0, 200).columns]
    found = []
    for one in wide:
        for at in range(len(dialect.names)):
            if numeric[at] and split_numbers([one[2][at : at + 2]]):
                found.append(one)
                break
    return found


def _numeric(column: pa.ChunkedArray) -> bool:
    return bool(pc.all(pc.match_substring_regex(column, r"^[-+$€£.,\d\s]*$")).as_py())


def _tail(rows: list[Other], lines: Lines, width: int) -> list[Other]:
    """The rows of one other width behind the last row of the table, if they look like its rows."""
    last = int(lines[-1]) if len(lines) else 0
    behind = [one for one in rows if one[0] > last]
    widths = Counter(len(fields) for _, _, fields in behind)
    same = len(widths) == 1 and 3 * min(widths) >= 2 * width
    return behind if same and len(behind) >= _FEW else []
