"""How a text table is laid out: its separator, its records, where its header stands."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from stepladder.core.errors import Problem
from stepladder.tables.choices import CLEANER

SPACES = "spaces"
_SEPARATORS = (",", ";", "\t", "|")
_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", " ": SPACES}

Record = tuple[int, list[str]]  # the line on which it ends (the first is 1), its fields


@dataclass(frozen=True)
class Dialect:
    """A separator, the header's line (0: none), the column names, and the first row's line."""

    separator: str
    header: int
    names: tuple[str, ...]
    first_line: int
    skipped: int  # so many records before the header
    surplus: int = 0  # so many last columns have no name
    version: int = CLEANER  # of the cleaner by whose rules it was laid out


def sample_of(data: bytes) -> str:
    """The beginning of a text, in whole lines."""
    sample = data[: 1 << 17].decode("utf-8", "replace")
    if len(data) > 1 << 17:
        sample = sample[: sample.rfind("\n") + 1] or sample
    return sample


def separator_of(sample: str, separator: str | None) -> str:
    """The sign between values, as given or as found; Problem if it cannot be one."""
    chosen = _WORDS.get(separator, separator) if separator else _separator(sample)
    if chosen != SPACES and (len(chosen) != 1 or not chosen.isascii() or chosen in '"\n\r'):
        raise Problem(
            f"The separator {separator!r} cannot be used.",
            "A separator is one character, such as , or ; or | or tab.",
            "Leave --separator away to let it be found, or name the right one.",
        )
    return chosen


def records_of(sample: str, separator: str) -> list[Record]:
    """The records of a sample that are not blank; Excel's `sep=;` is none."""
    return _records(re.sub(r"\Asep=.\n", "\n", sample), separator)


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
    usual = usual_width(counts)
    share = round(counts.count(usual) / len(counts), 1) if usual > 1 else 0.0
    return share, counts[0] == usual, usual


def usual_width(counts: list[int]) -> int:
    """The number of fields that most records have."""
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
