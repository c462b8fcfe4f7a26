"""Lists of whom to act on, and who was left out of them by lot: written once, for what judges them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stepladder.core.errors import Problem
from stepladder.record import schema
from stepladder.record.address import user
from stepladder.record.rows import Assignment, CallList, key_of
from stepladder.record.store import Record, now, stamped


def store_list(
    record: Record, made: CallList, arms: Sequence[tuple[Mapping[str, Any], str]] = ()
) -> int:
    """Note a list that has been written, and seal who was drawn for which arm, all or nothing; its number.

    arms: every case on the list, the best first, and "call" or "control"; empty where nobody is left alone.
    """
    with record.writes() as mine:
        number = mine.add(schema.lists, stamped(made, user(), now()))
        drawn = [
            {"list": number, "nth": nth, "key": key_of(case), "arm": arm}
            for nth, (case, arm) in enumerate(arms, 1)
        ]
        mine.put(schema.assignments, drawn)
    return number


def lists(record: Record, question: str) -> list[CallList]:
    """All lists that were made for a question, the oldest first."""
    with record.reads() as mine:
        found = mine.rows(schema.lists, schema.lists.c.question == question)
    return [CallList(**row._mapping) for row in found]


def the_list(record: Record, question: str, number: int) -> CallList:
    """The list of that number. Raises Problem where there is none."""
    known = {one.id: one for one in lists(record, question)}
    if number not in known:
        raise Problem(
            f"there is no list {number} in this project",
            f"recorded: {', '.join(map(str, list(known)[-10:])) or 'none yet'}",
            "name one of these, or make one: stepladder predict --top 500 --to calls.csv",
        )
    return known[number]


def assignments(record: Record, number: int) -> list[Assignment]:
    """Who of a list was drawn for which arm, the best first; empty where nobody is left alone."""
    t = schema.assignments
    with record.reads() as mine:
        return [Assignment(**row._mapping) for row in mine.rows(t, t.c.list == number)]


def forget_listed(record: Record, case: Mapping[str, Any]) -> int:
    """Take one case out of the arms of every list, whatever type its id had then; from how many."""
    t, told = schema.assignments, _as_texts(case)
    with record.writes() as mine:
        there = [row for row in mine.rows(t) if _as_texts(json.loads(row.key)) == told]
        return sum(mine.remove(t, t.c.list == row.list, t.c.nth == row.nth) for row in there)


def _as_texts(case: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in case.items()}
