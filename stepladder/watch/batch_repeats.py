"""Days that were loaded more than once: rows that stand there several times, and far too many of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import pyarrow as pa

from stepladder.core.history import History, quoted
from stepladder.report.words import day as written
from stepladder.report.words import number
from stepladder.watch.findings import Finding

REACH = 182  # days of the past with which a new one is compared
LEAST = 28  # of them that there must be
ENOUGH = 20  # rows that say something by themselves
LOADED, SOME = (
    1.5,
    1.2,
)  # times as often as on any earlier day: an honest day's stand there once, as a rule
SELDOM = 1e-4  # so seldom would so few rows all be repeated by chance
CROWD = 6.0  # times as many rows as on any earlier day: no sale brings that
BUSY = 3.0


class Day(NamedTuple):
    """A day's rows, how many of them differ, and how often the rarest and the commonest stand there."""

    d: date
    n: int
    u: int
    least: int
    most: int

    @property
    def often(self) -> float:
        """How often a row stands there on average."""
        return self.n / self.u


def check_repeats(
    history: History, name: str, time: str, columns: pa.Schema, days: int
) -> Iterator[Finding]:
    """Tells of new days whose rows repeat each other as they never did; stops where most of them do."""
    counted = _counted(history, name, time, columns, days + REACH)
    first_new = history.now - timedelta(days=days)
    past = [day for day in counted if day.d < first_new]
    if len(past) < LEAST:
        return
    rows, different = sum(day.n for day in past), sum(day.u for day in past)
    share = (rows - different + 1) / (rows + 2)  # of rows that repeated another one before
    for day in counted[len(past) :]:
        if found := _repeated(name, day, past, share) or _crowded(name, day, past):
            yield found


def _counted(history: History, name: str, time: str, columns: pa.Schema, reach: int) -> list[Day]:
    """The days of late. The hour is left out: whoever loads a day again may write the moment of loading."""
    day = f"cast({quoted(time)} as date)"
    rest = "".join(f", {quoted(f.name)}" for f in columns if f.name not in ("row", time))
    found = history.sql(
        f"""select d, cast(sum(k) as bigint) as n, count(*) as u, min(k) as least, max(k) as most from (
          select {day} as d, count(*) as k{rest} from {quoted(name)}
          where date_diff('day', {day}, (select now from ask)) <= {reach} group by {day}{rest}
        ) as same group by d order by d"""
    )
    return [Day(**row) for row in found.to_pylist()]


def _repeated(name: str, day: Day, past: list[Day], share: float) -> Finding | None:
    like = [each for each in past if each.n >= min(day.n, ENOUGH)]
    # the more rows a day has, the more of them are alike by chance
    crowd = max(((each.often - 1) / each.n for each in like), default=0.0) * day.n
    most = max([1 + crowd, *(each.often for each in like)])
    if day.often < SOME * most or share ** (day.n - day.u) > SELDOM:
        return None
    times = (
        f"every row of {written(day.d)} stands there {number(day.least)} times"
        if day.least == day.most
        else f"the rows of {written(day.d)} stand there {day.often:.1f} times on average"
    )
    return Finding(
        "stop" if day.often >= LOADED * most else "tell",
        f"{name}: {times}",
        f"by what was there before, on a day of so many rows it is at most {most:.2f} times",
        "the day was loaded more than once: load it once, and refresh",
    )


def _crowded(name: str, day: Day, past: list[Day]) -> Finding | None:
    """Rows that differ in something, the number of the load perhaps, and are far too many."""
    most = max(each.n for each in past)
    like = max((each.n for each in past if (day.d - each.d).days % 7 == 0), default=most)
    if most < ENOUGH or day.n <= BUSY * like:
        return None
    stop = day.n > CROWD * most
    before, usual = ("day before", most) if stop else (f"{day.d:%A} of late", like)
    return Finding(
        "stop" if stop else "tell",
        f"{name}: {number(day.n)} rows on {day.d:%A}, {written(day.d)}",
        f"no {before} had more than {number(usual)}",
        "ask whether the day was loaded more than once, and refresh; a sale explains itself",
    )
