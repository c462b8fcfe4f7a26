"""The twins of what rungs of retention ask about a few customers."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from stepladder.questions.retention import EXPLAINED
from stepladder.questions.retention.btyd.summary import ONLY, QUERY
from stepladder.service.quick import Seen, Tables, Twin, columns, named

Days = dict[date, float | None]


def summary(seen: Seen, given: Tables) -> pa.Table:
    """Twin of btyd.summary.QUERY: repeat purchases, the last of them, and what they were worth."""
    wanted = {str(case) for case in given["cases"]["customer"].to_pylist()}
    days: dict[Any, Days] = defaultdict(dict)
    rows = _purchases(seen)
    for who, day, value in zip(rows["customer"], rows["day"], rows["value"], strict=True):
        if str(who) in wanted:
            mine, on = days[who], _day(day)
            before = mine.get(on)
            mine[on] = value if before is None else before + (value or 0.0)
    told = [_told(who, days[who], seen.now) for who in sorted(days)]
    kind = seen.rows["purchases"].schema.field("customer").type
    names = ("customer", "x", "t_x", "T", "valued", "value")
    kinds = (kind, *[pa.int64()] * 4, pa.float64())
    return pa.table(
        [pa.array([row[i] for row in told], kinds[i]) for i in range(6)], names=list(names)
    )


def _told(who: Any, mine: Days, now: date) -> tuple[Any, ...]:
    first, last = min(mine), max(mine)
    later = [value for day, value in mine.items() if day > first and value is not None]
    value = sum(later) / len(later) if later else None
    return who, len(mine) - 1, (last - first).days, (now - first).days - 1, len(later), value


def everyone(_: Seen, given: Tables) -> pa.Table:
    """Twin of r1_same_for_all.sql's last SELECT: the same forecast for every case."""
    cases, known = given["cases"]["customer"], given["model_everyone"]
    same = {name: pa.repeat(known[name][0], len(cases)) for name in ("prediction", "value")}
    return pa.table({"customer": cases, **same})


def explained(seen: Seen, given: Tables) -> pa.Table:
    """Twin of retention.EXPLAINED: the latest purchases, and when the last one was."""
    mine: dict[Any, list[tuple[Any, int]]] = defaultdict(list)
    rows = _purchases(seen)
    for who, day, row in zip(rows["customer"], rows["day"], rows["row"], strict=True):
        mine[who].append((day, row))
    why, because = [], []
    answers = given["answers"]
    for who in answers["customer"].to_pylist():
        own = sorted(mine.get(who, ()), reverse=True)
        why.append([row for _, row in own[:5]] if own else None)
        n = len({day for day, _ in own})
        because.append(f"bought on {n} days, last on {own[0][0]}" if own else None)
    at = answers.column_names.index("why")
    answers = answers.set_column(at, "why", pa.array(why, pa.list_(pa.int64())))
    return answers.append_column("because", pa.array(because, pa.string()))


def _purchases(seen: Seen) -> dict[str, list[Any]]:
    return seen.once("purchases", lambda: columns(seen.rows["purchases"]))


def _day(day: date) -> date:
    return day.date() if isinstance(day, datetime) else day


TWINS: dict[str, Twin] = {
    named(QUERY.format(only=ONLY)): summary,
    named(EXPLAINED): explained,
    "5de3d22966c3b3f3": everyone,  # the last SELECT of r1_same_for_all.sql
}
