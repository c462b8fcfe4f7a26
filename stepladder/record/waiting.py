"""Who waits for a person's answer: cases asked of a service whose rung is a person, and what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from stepladder.record import schema
from stepladder.record.rows import Waiting, key_of
from stepladder.record.store import Record

KEPT = timedelta(days=2)  # what was asked longer ago, nobody asks for any more


def wait_for(
    record: Record,
    question: str,
    cases: Sequence[Mapping[str, Any]],
    *,
    as_of: str,
    seconds: float,
    by: str,
) -> list[Waiting]:
    """Note that somebody waits for a person's answer about cases, at most for so many seconds.

    Who asks about the same case and moment again while somebody waits, or once it is answered, waits for
    the same.
    """
    t, moment = schema.waiting, datetime.now(UTC)
    with record.writes() as mine:
        mine.remove(t, t.c.until <= _said(moment - KEPT))
        rows = mine.rows(t, t.c.question == question, t.c.as_of == as_of)
        there = [Waiting(**row._mapping) for row in rows]
        found = {one.key: one for one in there if one.act is not None or open_still(one)}
        usual: dict[str, Any] = {
            "question": question,
            "as_of": as_of,
            "act": None,
            "answer": None,
            "by": by,
        }
        usual |= {"until": _said(moment + timedelta(seconds=seconds)), "time": _said(moment)}
        for key in map(key_of, cases):
            if key not in found:
                row = {**usual, "key": key}
                found[key] = Waiting(**row, id=mine.add(t, row))
    return [found[key_of(case)] for case in cases]


def waiting(record: Record, question: str) -> list[Waiting]:
    """The cases that a person is asked about now, who has waited longest first."""
    t = schema.waiting
    with record.reads() as mine:
        found = [Waiting(**row._mapping) for row in mine.rows(t, t.c.question == question)]
    return [one for one in found if open_still(one)]


def waits(record: Record, question: str, number: int) -> Waiting | None:
    """One of those who wait, or waited."""
    t = schema.waiting
    with record.reads() as mine:
        found = mine.rows(t, t.c.question == question, t.c.id == number)
    return Waiting(**found[0]._mapping) if found else None


def answered(record: Record, one: Waiting, act: int, answer: Mapping[str, Any]) -> bool:
    """Give somebody who waits the answer; False where it came too late, or another's is there already."""
    t, moment = schema.waiting, _said(datetime.now(UTC))
    with record.writes() as mine:
        open_now = [t.c.id == one.id, t.c.act.is_(None), t.c.until > moment]
        return mine.change(t, open_now, act=act, answer=dict(answer)) == 1


def open_still(one: Waiting) -> bool:
    """Whether a person may still answer."""
    return one.act is None and one.until > _said(datetime.now(UTC))


def _said(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
