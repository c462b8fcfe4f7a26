"""The newest rows against blocks of the past as long as they are, before anything is predicted from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from stepladder.core.history import History, quoted
from stepladder.report.words import day as written
from stepladder.report.words import number, percent
from stepladder.watch.batch_columns import Odd, ago, blocks, check_columns
from stepladder.watch.batch_repeats import check_repeats
from stepladder.watch.findings import Finding

WEEK = 7
WEEKS = 26  # of like weekdays; holidays make some of them empty
LEAST = 8  # of them that there must be
HOLIDAYS = 2  # of them that say nothing of an ordinary one
USUAL = 20  # rows that such a day must usually have
FEW = 0.25  # of a usual day
MOST = 14  # new days that are looked at one by one
BEFORE = 8  # blocks of the past that say how many ids are usually known
SURELY = 20  # known ids that there would have to be
IDS = pa.types.is_integer, pa.types.is_string, pa.types.is_large_string


def check_batch(history: History, previous_now: date | None = None) -> list[Finding]:
    """Whether the newest rows are of the same kind as those before: columns, units of measure, ids, days.

    The newest rows are those since `previous_now`, else of the last day; the last week is looked at as
    well, for days of which nobody looked at the rows. Ordinary ones give no finding.
    """
    new = max((history.now - previous_now).days, 1) if previous_now else 1
    found = [
        each
        for name, (_, time) in history.tables.items()
        if time and name != "answers"
        for each in _of_table(history, name, time, new, previous_now)
    ]
    return sorted(found, key=lambda each: each.severity != "stop")


def _of_table(
    history: History, name: str, time: str, new: int, since: date | None
) -> Iterator[Finding]:
    """Of one table, each thing once: as the newest rows show it, where they do."""
    columns = history.sql(f"select * from {quoted(name)} limit 0").schema
    yield from check_days(history, name, time, new if since else WEEK)
    yield from check_repeats(history, name, time, columns, max(new, WEEK))
    told: set[tuple[str, str]] = set()
    for days in dict.fromkeys((new, WEEK)):
        found = blocks(history, name, time, columns, days)
        if not found.rows[0]:
            continue
        for what, each in (
            *check_columns(name, found),
            *check_ids(history, name, time, columns, days),
        ):
            if what not in told:
                yield each
            told.add(what)


def check_days(history: History, name: str, time: str, new: int) -> Iterator[Finding]:
    """Tells of new days that are nearly empty, once; stops where all of several days are."""
    days = min(max(new, WEEK), MOST)
    counts = _counts(history, name, time, days)
    odd: list[tuple[date, int, float]] = []
    judged = 0
    for back in range(days, 0, -1):
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
            and count < sorted(like)[HOLIDAYS] / 2 + 1
            and not _last_year(counts, when, usual)
        ):
            odd.append((when, count, usual))
    stop = len(odd) == judged > 2
    first_new = history.now - timedelta(days=min(new, MOST))
    for when, count, usual in odd:
        if not stop and when < first_new:
            continue
        yield Finding(
            "stop" if stop else "tell",
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


def check_ids(
    history: History, name: str, time: str, columns: pa.Schema, days: int
) -> Iterator[Odd]:
    """Every id column of which nothing is known any more, though much of it always was."""
    for field in columns:
        if field.name not in ("row", time) and any(is_(field.type) for is_ in IDS):
            for each in _unknown(history, name, time, field.name, days):
                yield ("unknown", field.name), each


def _unknown(history: History, name: str, time: str, column: str, days: int) -> Iterator[Finding]:
    known = history.sql(
        f"""select block, count(*) as n, avg(case when first > block then 1.0 else 0.0 end) as known
        from (
          select id, block, max(block) over (partition by id) as first from (
            select distinct {quoted(column)} as id, {ago(time, days)} as block
            from {quoted(name)} where {quoted(column)} is not null) as seen) as met
        where block <= {BEFORE} group by block order by block"""
    ).to_pylist()
    now = next((row for row in known if row["block"] == 0), None)
    before = [row["known"] for row in known if row["block"] > 0]
    if now is None or now["known"] > 0 or len(before) < BEFORE // 2:
        return
    if min(before) * now["n"] < SURELY:
        return
    example = history.sql(
        f"select max({quoted(column)}) as one from {quoted(name)} where {ago(time, days)} = 0"
    )["one"][0].as_py()
    yield Finding(
        "stop",
        f"{name}: none of the {number(now['n'])} values of {column} in the new rows was ever seen "
        f"before, e.g. {example}",
        f"usually at least {percent(min(before))} are known already",
        "ask whether ids are written in another way now (another system, a prefix, leading zeros)",
    )
