"""The newest rows against blocks of the past as long as they are, before anything is predicted from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from stepladder.core.history import History, quoted
from stepladder.watch.batch_columns import check_columns
from stepladder.watch.batch_ids import check_ids
from stepladder.watch.batch_rows import check_days
from stepladder.watch.blocks import blocks

WEEK = 7


@dataclass(frozen=True)
class Finding:
    """Something odd about the newest rows, in three parts; "stop" where nobody should act on them."""

    severity: Literal["stop", "tell"]
    given: str
    allowed: str
    remedy: str


def check_batch(history: History, previous_now: date | None = None) -> list[Finding]:
    """Whether the newest rows are of the same kind as those before: columns, units of measure, ids, days.

    The newest rows are those since `previous_now`, else of the last week. Ordinary ones give no finding.
    """
    days = max((history.now - previous_now).days, 1) if previous_now else WEEK
    found = [
        Finding(*each)
        for name, (_, time) in history.tables.items()
        if time and name != "answers"
        for each in _of_table(history, name, time, days)
    ]
    return sorted(found, key=lambda each: each.severity != "stop")


def _of_table(
    history: History, name: str, time: str, days: int
) -> Iterator[tuple[Literal["stop", "tell"], str, str, str]]:
    columns = history.sql(f"select * from {quoted(name)} limit 0").schema
    found = blocks(history, name, time, columns, days)
    yield from check_days(history, name, time, days)
    if found.rows[0]:
        yield from check_columns(name, found)
        yield from check_ids(history, name, time, columns, days)
