"""What is changed afterwards in what was noted: where somebody is taken out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stepladder.record import schema
from stepladder.record.store import Record


def altered(record: Record, path: str, sha256: str, rows: int) -> None:
    """Note the new hash of a file of predictions that somebody was taken out of."""
    t = schema.predictions
    with record.writes() as mine:
        mine.change(t, [t.c.path == path], sha256=sha256, rows=rows)


def alter_results(record: Record, question: str, change: Callable[[Any], Any]) -> None:
    """Change what was noted of bake-offs' results, where somebody stands in it."""
    t = schema.bakeoffs
    with record.writes() as mine:
        for one in mine.rows(t, t.c.question == question, t.c.result.is_not(None)):
            if (other := change(one.result)) != one.result:
                mine.change(t, [t.c.id == one.id], result=other)
