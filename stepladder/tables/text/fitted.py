"""Rows that are wider than their header: which names belong to which columns, or why that is open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from stepladder.core.errors import Problem
from stepladder.tables.text.dialect import Record

# What a cell of numbers or of dates looks like; a header rarely holds one.
_GUARD = re.compile(r'="?(.*?)"?')
_MONEY = r"(?:[A-Z]{3}|Rp\.?|kr\.?|Fr\.?|z\u0142|[A-Z]{0,2}[$\u20ac£¥\u20b9])"  # not Q1, K7, Day 1
_NUMBER = re.compile(
    rf"[-+(]?\s?(?:{_MONEY}\s|[A-Z]{{0,2}}[$\u20ac£¥\u20b9])?\s?-?\d[\d.,'’ \u00a0\u202f]*"
    rf"(?:[eE][-+]?\d+)?\s?(?:[%)-]|{_MONEY})?"
)
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T,].*)?"
    r"|\d{1,2}[. -]{1,2}[^\W\d]{3,10}\.?,?[ -]\d{2,4}([ ,].*)?"
    r"|[^\W\d]{3,10}\.? \d{1,2}(st|nd|rd|th)?,? \d{4}([ ,].*)?"
)
_NOTHING = frozenset(("", "n/a", "na", "null", "none", "nan", "-", "--", "?", "\\n", "#n/a"))
_OF_DAYS = re.compile(
    r"date|datum|dato|data\b|fecha|^day$|^tag$|^jour$|^giorno$|time|zeit|created|_at$|日", re.I
)
_OF_NUMBERS = re.compile(
    r"amount|total|price|value|revenue|sales|qty|quantity|count|betrag|summe|preis|menge|anzahl"
    r"|umsatz|montant|prix|importe|precio|cantidad|prezzo|importo|bedrag|aantal|cena|kwota",
    re.I,
)


def kind_of(value: str) -> str:
    """Whether a value is a number, a date or other text; "" where there is none."""
    value = value.strip()
    if value.startswith("="):
        found = _GUARD.fullmatch(value)
        value = found[1] if found else value
    if value.lower() in _NOTHING:
        return ""
    if _DATE.fullmatch(value):
        return "date"
    return "number" if _NUMBER.fullmatch(value) else "text"


def kinds(column: Sequence[str]) -> Counter[str]:
    """How many of a column's values are of each kind."""
    return Counter(kind for kind in map(kind_of, column) if kind)


def fitted(
    names: list[str], below: list[Record], separator: str, source: str
) -> tuple[list[str], int]:
    """The names with one for each column of the rows, and how many last columns are without.

    Rows with one field more than the header begin with a row name, or end in a separator: both
    are tried, and where the values fit their names decides. Problem where neither fits.
    """
    rows = [fields for _, fields in below]
    while names and not names[-1].strip() and _most(len(row) < len(names) for row in rows):
        names = names[:-1]
    if not _most(len(row) > len(names) for row in rows):
        return names, 0
    width = Counter(len(row) for row in rows if len(row) > len(names)).most_common(1)[0][0]
    wide = [row for row in rows if len(row) == width]
    if any(again(row, names) for row in wide):
        return names, 0
    more = [""] * (width - len(names))
    filled = any(field.strip() for row in wide for field in row[len(names) :])
    if filled and len(more) == 1 and _row_names(names, wide):
        return ["", *names], 0
    if filled:
        shown = next((line, row) for line, row in below if len(row) == width)
        _refuse_unclear(names, wide, separator, source, shown)
    return [*names, *more], len(more)


def _most(holds: Iterable[bool]) -> bool:
    found = list(holds)
    return bool(found) and sum(found) >= 0.9 * len(found)


def again(row: list[str], names: Sequence[str]) -> bool:
    """Whether a record names columns too: only names, and half of the shorter header or more is known."""
    plain = [field.strip().lower() for field in row]
    known = {name.strip().lower() for name in names if name.strip()}
    if len(plain) < 2 or any(kind_of(field) not in ("text", "") for field in plain):
        return False
    return 2 * len(known.intersection(plain)) >= max(min(len(known), len(plain)), 2)


def _row_names(names: list[str], rows: list[list[str]]) -> bool:
    """Whether the first fields are names of rows, as pandas and R write them."""
    first = [row[0].strip() for row in rows]
    if len(set(first)) < len(first) or "date" in kinds(first):
        return False
    shifted, straight = fit(names, [row[1:] for row in rows]), fit(names, rows)
    if shifted != straight:
        return shifted > straight
    counted = first in ([str(i + start) for i in range(len(first))] for start in (0, 1))
    return counted and not split_numbers(rows, True) and all(row[-1].strip() for row in rows)


def fit(names: list[str], rows: list[list[str]]) -> int:
    """How many names that tell of days or numbers stand above such, less those that do not."""
    score = 0
    for name, column in zip(names, zip(*rows, strict=True), strict=False):
        wanted = "date" if _OF_DAYS.search(name) else "number" if _OF_NUMBERS.search(name) else ""
        found = kinds(column)
        if wanted and found:
            # a day may be a number: 20240131, seconds, a spreadsheet's count
            right = found[wanted] + (wanted == "date") * sum(map(_long, column))
            score += 1 if 2 * right >= found.total() else -1
    return score


def _long(value: str) -> bool:
    return re.fullmatch(r"\d{5,}(\.\d+)?", value.strip()) is not None


_WHOLE = re.compile(r"[-+(]?[$€£]?\s?-?\d+")
_CENTS = re.compile(r"\d\d?\s?[€$£)]?")
_TWO_CENTS = re.compile(r"\d\d\s?[€$£)]?")
_THOUSANDS = re.compile(r"[-+(]?[$€£]?\s?-?\d{1,3}")
_HUNDREDS = re.compile(r"\d{3}(\.\d+)?\)?")


def split_numbers(rows: list[list[str]], strict: bool = False) -> list[int]:
    """Where every row has a number that its separator may have cut in two, as 12,50 or 1,234.50."""
    cents = _TWO_CENTS if strict else _CENTS
    found = []
    for at in range(min(map(len, rows), default=1) - 1):
        pairs = [(row[at].strip(), row[at + 1].strip()) for row in rows]
        for left, right in ((_WHOLE, cents), (_THOUSANDS, _HUNDREDS)):
            if all(left.fullmatch(one) and right.fullmatch(two) for one, two in pairs):
                found.append(at)
    return found


def _cut_in_two(names: list[str], rows: list[list[str]]) -> bool:
    """Whether the names fit as well where two numbers side by side are one."""
    straight = fit(names, rows)
    joined = (
        [[*row[:at], f"{row[at]},{row[at + 1]}", *row[at + 2 :]] for row in rows]
        for at in split_numbers(rows)
    )
    return any(fit(names, one) >= straight for one in joined)


def _refuse_unclear(
    names: list[str],
    rows: list[list[str]],
    separator: str,
    source: str,
    shown: tuple[int, list[str]],
) -> None:
    line, row = shown
    if separator == "," and _cut_in_two(names, rows):
        raise cut_in_two(source, line, separator.join(row), len(row), len(names))
    if fit(names, rows) < 0:
        raise other_width(source, line, separator.join(row), len(row), len(names))


def cut_in_two(source: str, line: int, text: str, found: int, wanted: int) -> Problem:
    """The error for numbers with commas in a file whose values are separated by commas."""
    return Problem(
        f"{source} has numbers that its separator cuts in two, as on line {line}: {text[:120]} "
        f"({found} fields; the header names {wanted}).",
        "A comma inside of a number (12,50 or 1,234.50) cannot be told from the comma between values.",
        "Export it again with ; between values, with numbers in quotes, or with a decimal point and "
        "no thousands; if these are two columns, name both in the header.",
    )


def other_width(
    source: str, line: int, text: str, found: int, wanted: int, rows: str = ""
) -> Problem:
    """The error for rows that have more or fewer values than the header has names."""
    return Problem(
        f"{source} has {rows or 'rows'} with {found} fields where the header names {wanted}, "
        f"first on line {line}: {text[:120]}",
        "Every row has one value for each name; a value that holds the separator stands in quotes.",
        "Export it again with quotes around texts; give files that were joined one by one, or put "
        "a header line in front of the rows that have other columns.",
    )
