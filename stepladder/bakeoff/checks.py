"""What people asked of answers, held against what every rung answered at the exam."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.checks import choice
from stepladder.core.errors import Problem
from stepladder.core.question import Question

KEPT, BROKEN, SILENT, NOT_ASKED = "kept", "broken", "says nothing of it", "not asked"


@dataclass(frozen=True)
class Check:
    """What somebody asked of the answer about a case. number: of what they said, in the record."""

    number: int
    key: str
    case: Mapping[str, Any]
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Checked:
    """How each rung fared on a check: a word for each that ran.

    It names nobody: what was asked about whom stands in the record, under this number, and is erased there
    when they are forgotten.
    """

    number: int
    key: str
    rungs: dict[str, str] = field(default_factory=dict)


def checked(
    question: Question, checks: Sequence[Check], cases: pa.Table, said: Mapping[str, pa.Table]
) -> tuple[Checked, ...]:
    """Every check, answered for every rung by what it said at the exam of those asked about there."""
    return tuple(
        Checked(
            one.number,
            one.key,
            {
                rung: _fared(question, one, _of(cases, one.case).num_rows > 0, _of(rows, one.case))
                for rung, rows in said.items()
            },
        )
        for one in checks
    )


def counted(checks: Sequence[Checked], rung: str) -> tuple[int, int]:
    """How many of the checks that it was asked about a rung keeps, and how many these are."""
    fared = [one.rungs.get(rung, NOT_ASKED) for one in checks]
    return fared.count(KEPT), fared.count(KEPT) + fared.count(BROKEN)


def _fared(question: Question, check: Check, asked: bool, rows: pa.Table) -> str:
    try:
        judge = choice(question, check.key)
    except Problem:  # the question knows it no more
        return SILENT
    if not asked:
        return NOT_ASKED
    try:
        kept = judge.kept(rows.to_pylist(), check.given)
    except (LookupError, TypeError, ValueError):  # an answer that is none, such as an empty list
        kept = None
    return SILENT if kept is None else KEPT if kept else BROKEN


def _of(table: pa.Table, case: Mapping[str, Any]) -> pa.Table:
    """The rows about a case, whose ids may have been noted in another type."""
    for name, value in case.items():
        table = table.filter(pc.equal(table[name].cast(pa.string()), str(value)))
    return table
