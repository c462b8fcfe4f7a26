"""What people say and do, noted for good, and taken back by those who said it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stepladder.record import log, schema
from stepladder.record.rows import Event, key_of
from stepladder.record.store import Record, now


def say(
    record: Record,
    question: str,
    kind: str,
    body: Mapping[str, Any],
    *,
    by: str,
    about: Mapping[str, Any] | None = None,
    request: str = "",
    first: Callable[[], None] = lambda: None,
) -> int:
    """Note what somebody said or did; returns its number.

    about: the case, the item, or whatever it is about. request: the key of the form that sent it; what
    is sent twice is noted once. first: what is done before, while nobody else writes; where it raises,
    nothing is noted, and of what is sent twice it is done once.
    """
    key = "" if about is None else key_of(about)
    with record.writes() as mine:
        if not log.sent(mine, by, request):
            first()
        return log.add(mine, question, kind, body, by=by, time=now(), about=key, request=request)


def events(
    record: Record, question: str, *kinds: str, about: Mapping[str, Any] | None = None
) -> list[Event]:
    """What people said and did about a question, the oldest first; of some kinds, or about one case."""
    with record.reads() as mine:
        return log.events(mine, question, kinds, None if about is None else key_of(about))


def withdraw(record: Record, question: str, act: int, *, by: str) -> None:
    """Take back what a person answered in one go, as if they had not."""
    t = schema.answers
    with record.writes() as mine:
        mine_said = [t.c.question == question, t.c.act == act, t.c.by == by]
        for row in mine.rows(t, *mine_said):
            taken = {log.ROW: row.id}
            log.add(mine, question, "answer withdrawn", taken, by=by, time=now())
        mine.remove(t, *mine_said)


def audit(record: Record) -> log.Checked:
    """Whether everything that was written stands as it was written."""
    with record.reads() as mine:
        return log.checked(mine)


def part_of_chain(record: Record, head: str) -> bool:
    """Whether a hash that was the chain's head once is still one of its links."""
    with record.reads() as mine:
        return head == log.START or bool(mine.rows(schema.events, schema.events.c.sha256 == head))
