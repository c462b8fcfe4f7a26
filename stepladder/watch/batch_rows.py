"""Days with far fewer rows than like weekdays have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from stepladder.core.history import History, quoted
from stepladder.report.words import day as written
from stepladder.report.words import number
from stepladder.watch.batch_columns import Found

WEEKS = 26  # of like weekdays; holidays make some of them empty
LEAST = 8  # of them that there must be
USUAL = 20  # rows that such a day must usually have
FEW = 0.25  # of a usual day
MOST = 14  # new days that are looked at one by one


def check_days(history: History, name: str, time: str, days: int) -> Iterator[Found]:
    """Tells of new days that are nearly empty; stops where all of several days are."""
    counts = _counts(history, name, time, min(days, MOST))
    odd: list[tuple[date, int, float]] = []
    judged = 0
    for back in range(min(days, MOST), 0, -1):
        when = history.now - timedelta(days=back)
        like = [counts.get(when - timedelta(days=7 * week), 0) for week in range(1, WEEKS + 1)]
        like = like[: _known(counts, when)]
        usual = float(np.median(like[:LEAST])) if len(like) >= LEAST else 0.0
        if usual < USUAL:
            continue
        judged += 1
        count = counts.get(when, 0)
        if (
            count < FEW * usual
            and count < min(like) / 2 + 1
            and not _last_year(counts, when, usual)
        ):
            odd.append((when, count, usual))
    for when, count, usual in odd:
        yield (
            "stop" if len(odd) == judged > 2 else "tell",
            f"{name}: {number(count)} rows on {when:%A}, {written(when)}",
            f"{when:%A}s of late had about {number(usual)}",
            "ask whether the delivery is complete, and refresh; a holiday explains itself",
        )


def _counts(history: History, name: str, time: str, days: int) -> dict[date, int]:
    reach = days + 372  # as far as the like days of last year
    rows = history.sql(
        f"""select cast({quoted(time)} as date) as d, count(*) as n from {quoted(name)}
        where date_diff('day', cast({quoted(time)} as date), (select now from ask)) <= {reach}
        group by 1 order by 1"""
    ).to_pylist()
    return {row["d"]: row["n"] for row in rows}


def _known(counts: dict[date, int], when: date) -> int:
    """How many weeks before a day there are data of."""
    first = min(counts, default=when)
    return max((when - first).days // 7, 0)


def _last_year(counts: dict[date, int], when: date, usual: float) -> bool:
    """Whether a day near this one was as empty a year ago: a holiday."""
    first = min(counts, default=when)
    near = [when - timedelta(days=365 + shift) for shift in range(-3, 4)]
    return any(counts.get(each, 0) < FEW * usual for each in near if each > first) and _steady(
        counts, near, usual
    )


def _steady(counts: dict[date, int], near: list[date], usual: float) -> bool:
    """Whether most days then were as full as now, so that an empty one says something."""
    return bool(np.median([counts.get(each, 0) for each in near]) >= FEW * usual)
