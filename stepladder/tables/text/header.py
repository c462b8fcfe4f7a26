"""Where the header of a text table stands, by what the values below it look like."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence

from stepladder.tables.choices import CLEANER
from stepladder.tables.text.dialect import Dialect, Record, usual_width
from stepladder.tables.text.fitted import fit, fitted, kind_of, kinds

_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTH = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])")
_BELOW = 200  # rows that say what a column holds
_FIRST = 10  # lines, as wide as rows, among which the header is
_PREAMBLE = 3  # lines above the header that may look like rows


def layout(
    records: list[Record],
    separator: str,
    header: int | None,
    source: str,
    version: int = CLEANER,
) -> Dialect:
    """The header's line (or the one given), and a name for each column."""
    width = usual_width([len(fields) for _, fields in records]) if records else 0
    at = header_at(records, width) if header is None else _at(records, header)
    if at is None:
        names = tuple(f"column_{i + 1}" for i in range(width))
        return Dialect(separator, 0, names, 1, 0, version=version)
    line, fields = records[at]
    below, surplus = records[at + 1 :], 0
    if version > 1:
        fields, surplus = fitted(fields, below, separator, source)
        fields = [*map(bare, fields)]
    elif below and len(fields) == width - 1:
        fields = _one_wider(fields, [row for _, row in below if len(row) == width])
    return Dialect(separator, line, names_of(fields), line + 1, at, surplus, version)


def _one_wider(fields: list[str], rows: list[list[str]]) -> list[str]:
    """As the first cleaner had it: such rows end in a separator, or begin with a row name."""
    return ["", *fields] if any(row[-1].strip() for row in rows) else [*fields, ""]


def _at(records: list[Record], line: int) -> int | None:
    return next((i for i, (at, _) in enumerate(records) if at == line), None)


def header_at(records: list[Record], width: int) -> int | None:
    """Which record is the header: before the first row, the one that is least like the rows below."""
    found: list[tuple[tuple[int, int, int], int]] = []
    rows = 0
    wide = [i for i, (_, fields) in enumerate(records) if _filled(fields, width)][:_FIRST]
    for i in wide:
        fields = [field.strip() for field in records[i][1]]
        below = [row for _, row in records[i + 1 : i + 1 + _BELOW] if len(row) == width]
        other, alike = _against(fields, [_kind(column) for column in zip(*below, strict=True)])
        values = any(kind_of(field) not in ("text", "") for field in fields)
        sure = other >= 2 and not alike and not values and len(set(fields)) == len(fields)
        if 3 * len(fields) < 2 * width and not sure:
            continue
        if values and alike >= other:
            rows += 1
            if rows > _PREAMBLE or found:
                break
        elif not rows or sure:
            unlike = other - alike - fields[0].startswith("#")
            named = (fit(fields, below), len({*fields, ""})) if other else (0, 0)
            found.append(((unlike, *named), -i))
    if not found:
        # nothing is like a row where all are narrower
        return None if wide or not records else 0
    return -max(found)[1]


def _filled(fields: Sequence[str], width: int) -> bool:
    filled = sum(bool(field.strip()) for field in fields)
    return 2 * len(fields) >= width and filled > (len(fields) - 1) // 2


def _kind(column: Sequence[str]) -> str:
    found = kinds(column)
    most = max(found, key=lambda kind: found[kind]) if found else ""
    if most == "text" and sum(map(_has_digits, column)) >= 0.8 * found.total():
        return "code"
    return most if 2 * found[most] >= found.total() else ""


def _has_digits(value: str) -> bool:
    return re.search(r"\d", value) is not None


def _against(fields: list[str], below: list[str]) -> tuple[int, int]:
    """How much in a line is of another kind than the values below it, and how much of the same."""
    if len(below) > 2 and _counted(fields):
        return len(below), 0
    years = _years(fields)
    other = alike = 0
    for field, kind in zip(fields, below, strict=False):
        own = kind_of(field)
        if own == "text" and kind in ("number", "date"):
            other += 1 + (
                kind == "date"
            )  # a missing number is more often a word than a missing day
        elif kind == "code":
            other += bool(own) and not _has_digits(field)
        elif own and kind == "number" and (own == "date" or field in years):
            other += 1
        elif own and own == kind != "text":
            alike += 1
    return other, alike


def _years(fields: list[str]) -> list[str]:
    """The numbers of a line, if they are years or months in a row, as above the columns of a pivot."""
    numbers = [field for field in fields if kind_of(field) == "number"]
    months = [(12 * int(m[1]) + int(m[2])) for m in map(_MONTH.fullmatch, numbers) if m]
    years = [int(one) for one in numbers if _YEAR.fullmatch(one)]
    counted = years or months
    if len(numbers) < 2 or len(counted) < len(numbers):
        return []
    steps = {two - one for one, two in itertools.pairwise(counted)}
    return numbers if steps in ({1}, {-1}) else []


def _counted(fields: list[str]) -> bool:
    """Whether these are 0, 1, 2 …, as a program names columns without names."""
    filled = [field for field in fields if field]
    first = filled[0] if filled else ""
    return (
        len(filled) > 2
        and first in ("0", "1")
        and filled == [str(int(first) + i) for i in range(len(filled))]
    )


def names_of(fields: Sequence[str]) -> tuple[str, ...]:
    """A name for each column: its own, its number where it has none, numbered where it is taken."""
    seen: Counter[str] = Counter()
    names = []
    for i, field in enumerate(fields, 1):
        name = " ".join(field.split()) or f"column_{i}"
        seen[name] += 1
        while seen[name] > 1:
            name = f"{name} ({seen[name]})"
            seen[name] += 1
        names.append(name)
    return tuple(names)


def bare(value: str) -> str:
    """A value without the quotes that a second export made part of it."""
    inner = value.strip()
    quoted = len(inner) > 2 and inner[0] == '"' == inner[-1]
    return inner[1:-1].replace('""', '"') if quoted else value
