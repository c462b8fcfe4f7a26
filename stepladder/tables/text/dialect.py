"""How a text table is laid out: its separator, where its header stands, and its column names."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from stepladder.core.errors import Problem

SPACES = "spaces"
_SEPARATORS = (",", ";", "\t", "|")
_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", " ": SPACES}
# A cell that a header never holds: a number or a date.
_VALUE = re.compile(r"[-+(]?[$€£]?\s?\d[\d.,'’ ]*[€$£)]?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")

Record = tuple[int, list[str]]  # the line on which it ends (the first is 1), its fields


@dataclass(frozen=True)
class Dialect:
    """A separator, the header's line (0: none), the column names, and the first row's line."""

    separator: str
    header: int
    names: tuple[str, ...]
    first_line: int
    skipped: tuple[str, ...]


def sniff(data: bytes, separator: str | None, header: int | None) -> Dialect:
    """Finds how a text table is laid out; what is given as `separator` or `header` is kept."""
    sample = data[: 1 << 17].decode("utf-8", "replace")
    if len(data) > 1 << 17:
        sample = sample[: sample.rfind("\n") + 1] or sample
    chosen = _WORDS.get(separator, separator) if separator else _separator(sample)
    if chosen != SPACES and (len(chosen) != 1 or not chosen.isascii() or chosen in '"\n\r'):
        raise Problem(
            f"The separator {separator!r} cannot be used.",
            "A separator is one character, such as , or ; or | or tab.",
            "Leave --separator away to let it be found, or name the right one.",
        )
    sample = re.sub(r"\Asep=.\n", "\n", sample)
    return _layout(_records(sample, chosen), chosen, header)


def _separator(sample: str) -> str:
    told = re.match(r"sep=(.)\n", sample)  # Excel's own way of telling.
    if told:
        return told[1]
    best = max((_score(sample, one), -i) for i, one in enumerate(_SEPARATORS))
    if best[0][2] > 1:
        return _SEPARATORS[-best[1]]
    return SPACES if _score(sample, SPACES)[2] > 2 else ","


def _score(sample: str, separator: str) -> tuple[float, bool, int]:
    """Share of records with the usual number of fields, whether the first has it, that number."""
    counts = [len(fields) for _, fields in _records(sample, separator)]
    if not counts:
        return 0.0, False, 0
    usual = _usual(counts)
    share = round(counts.count(usual) / len(counts), 1) if usual > 1 else 0.0
    return share, counts[0] == usual, usual


def _usual(counts: list[int]) -> int:
    return max(Counter(counts).items(), key=lambda item: (item[1], item[0]))[0]


def _records(sample: str, separator: str) -> list[Record]:
    """The records of a sample that are not blank."""
    if separator == SPACES:
        lines = [(i, line.split()) for i, line in enumerate(sample.split("\n"), 1)]
        return [record for record in lines if record[1]]
    reader = csv.reader(io.StringIO(sample, newline="\n"), delimiter=separator)
    records: list[Record] = []
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                records.append((reader.line_num, fields))
    except csv.Error:  # A quote that never closes: what came before it is sample enough.
        pass
    return records


def _layout(records: list[Record], separator: str, header: int | None) -> Dialect:
    width = _usual([len(fields) for _, fields in records]) if records else 0
    at = _header_at(records, width, header)
    if at is None:
        names = tuple(f"column_{i + 1}" for i in range(width))
        return Dialect(separator, 0, names, 1, ())
    line, fields = records[at]
    names = _names(_fitted(fields, records[at + 1 :], width))
    skipped = tuple(separator.join(before) for _, before in records[:at])
    return Dialect(separator, line, names, line + 1, skipped)


def _header_at(records: list[Record], width: int, header: int | None) -> int | None:
    """Which record is the header: the first that is as wide as the rows and holds no value."""
    if header is not None:
        wanted = [i for i, (line, _) in enumerate(records) if line == header]
        return wanted[0] if wanted else None
    for i, (_, fields) in enumerate(records):
        filled = sum(bool(field.strip()) for field in fields)
        if len(fields) >= width - 1 and filled > (len(fields) - 1) // 2:
            return None if any(_VALUE.fullmatch(field.strip()) for field in fields) else i
    return 0 if records else None


def _fitted(fields: list[str], rows: list[Record], width: int) -> list[str]:
    """Rows one field wider than the header end in a separator, or begin with a row name."""
    if not rows or len(fields) != width - 1:
        return fields
    wide = [row for _, row in rows if len(row) == width]
    return [*fields, ""] if not any(row[-1].strip() for row in wide) else ["", *fields]


def _names(fields: list[str]) -> tuple[str, ...]:
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


def laid_out(records: list[Record], header: int | None) -> Dialect:
    """Where the header stands and what the columns are called, of rows that have columns already."""
    return _layout(records, "\t", header)
