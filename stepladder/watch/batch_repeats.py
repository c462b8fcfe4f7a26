"""Days that were loaded more than once: rows that stand there again, far too many, or another day's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import pyarrow as pa

from stepladder.core.history import History, quoted
from stepladder.report.words import day as written
from stepladder.report.words import number
from stepladder.watch.batch_columns import since
from stepladder.watch.findings import Finding

WEEK = 7  # days, in which a day that nobody looked at may lie
REACH = 182  # days of the past with which a new one is compared
LEAST = 28  # of them that there must be
ENOUGH = 20  # rows that say something by themselves
LOADED = (
    1.5  # times as often as on any earlier day: an honest day's rows stand there once, as a rule
)
SOME = 1.2
FEW = 5  # rows that may be alike in a shop where none ever were: somebody came twice
SELDOM = 1e-4  # so seldom would so few rows all be repeated by chance
CLOSE = 2.0  # times as many rows: a day that is like the new one
CROWD = 6.0  # times as many rows as on any earlier day: no sale brings that
BUSY = 3.0
COPY = 0.8  # of a day's rows: it is another one's, with some left out or mended
LATELY = 14  # days in which a file comes again under another date; subscriptions are monthly


class Day(NamedTuple):
    """A day's rows, how many of them differ, how often the rarest and the commonest stand there.

    `apart`: how many differ in something else than an amount.
    """

    d: date
    n: int
    u: int
    least: int
    most: int
    apart: int
    known: int  # of those that differ, how many stood there on an earlier day

    @property
    def old(self) -> float:
        """Which share of its rows is of an earlier day."""
        return self.known / self.u

    @property
    def often(self) -> float:
        """How often a row stands there on average."""
        return self.n / self.u

    @property
    def roughly(self) -> Day:
        """The same day, rows that differ in amounts alone taken for one."""
        return self._replace(u=self.apart, least=0)


def check_repeats(
    history: History, name: str, time: str, columns: pa.Schema, new: int
) -> Iterator[Finding]:
    """Tells of new days whose rows repeat each other as they never did, once; stops where most of them do."""
    days = max(new, WEEK)
    counted = _counted(history, name, time, columns, days + REACH)
    first_new = history.now - timedelta(days=days)
    past = [day for day in counted if day.d < first_new]
    if len(past) < LEAST:
        return
    roughly = [day.roughly for day in past]
    for day in counted[len(past) :]:
        found = (
            _repeated(name, day, past)
            or (
                day.n - day.apart >= FEW
                and _repeated(name, day.roughly, roughly, " but for amounts")
            )
            or _crowded(name, day, past)
        )
        if found and (found.severity == "stop" or (history.now - day.d).days <= new):
            yield found
        if _known(day, past) and (copied := _copied(history, name, _same(columns, time), day)):
            yield copied


def _counted(history: History, name: str, time: str, columns: pa.Schema, reach: int) -> list[Day]:
    """The days of late. The hour is left out: whoever loads a day again may write the moment of loading.

    Amounts may differ by a cent, reckoned anew from another currency perhaps.
    """
    day = f"cast({quoted(time)} as date)"
    said = [field for field in columns if field.name not in ("row", time)]
    rest = ", ".join(_same(columns, time))
    named = [quoted(field.name) for field in said if not pa.types.is_floating(field.type)]
    who = "".join(f", {each}" for each in named)
    found = history.sql(
        f"""select d, cast(sum(k) as bigint) as n, cast(sum(u) as bigint) as u, min(least) as least,
        max(most) as most, {"count(*)" if named else "cast(sum(u) as bigint)"} as apart,
        cast(sum(old) as bigint) as known from (
          select d, sum(k) as k, count(*) as u, min(k) as least, max(k) as most,
          sum(case when d > begun then 1 else 0 end) as old from (
            select d, k, min(d) over (partition by {rest}) as begun{who} from (
              select {day} as d, count(*) as k, {rest} from {quoted(name)}
              where {since(history, time, reach)} group by {day}, {rest}
            ) as same
          ) as met group by d{who}
        ) as near group by d order by d"""
    )
    return [Day(**row) for row in found.to_pylist()]


def _same(columns: pa.Schema, time: str) -> list[str]:
    """What a row says beside its time."""
    return [quoted(f.name) for f in columns if f.name not in ("row", time)]


def _known(day: Day, past: list[Day]) -> bool:
    """Whether nearly all of a day was there before, which was so of no earlier day, nor is by chance."""
    like = [each for each in past if each.n >= min(day.n, ENOUGH)]
    different, known = sum(each.u for each in past), sum(each.known for each in past)
    share = (known + 1) / (different + 2)
    usual = max((each.old for each in like), default=share)
    return (
        day.known >= FEW and day.old >= COPY and usual < day.old / 2 and share**day.known < SELDOM
    )


def _copied(history: History, name: str, rest: list[str], day: Day) -> Finding | None:
    """The one day not long before whose rows these are: a file that came again under another date."""
    time = next(t for n, (_, t) in history.tables.items() if n == name)
    of = f"select {', '.join(rest)} from {quoted(name)} where cast({quoted(time or '')} as date) = date"
    for back in range(1, LATELY + 1):
        before = day.d - timedelta(days=back)
        same = history.sql(
            f"select count(*) as n from ({of} '{day.d}' intersect {of} '{before}') as both_have"
        )["n"][0].as_py()
        if same >= COPY * day.u:
            return Finding(
                "stop",
                f"{name}: {number(same)} of {number(day.u)} rows of {written(day.d)} are those of "
                f"{written(before)}",
                "no earlier day had so many rows of days before it",
                "a day was loaded again under another date: load what belongs there, and refresh",
            )
    return None


def _repeated(name: str, day: Day, past: list[Day], but: str = "") -> Finding | None:
    rows, different = sum(each.n for each in past), sum(each.u for each in past)
    share = (rows - different + 1) / (rows + 2)  # of rows that repeated another one before
    like = [each for each in past if each.n >= min(day.n, ENOUGH)]
    # the more rows a day has, the more of them are alike by chance; a month's last day, on which all are
    # invoiced, tells of an ordinary one by that measure alone
    crowd = max(((each.often - 1) / each.n for each in like), default=0.0) * day.n
    most = max([1 + crowd, *(each.often for each in like if each.n <= CLOSE * day.n)])
    if day.often < SOME * most or share ** (day.n - day.u) > SELDOM:
        return None
    times = (
        f"every row of {written(day.d)} stands there {number(day.least)} times"
        if day.least == day.most
        else f"the rows of {written(day.d)} stand there {day.often:.1f} times on average{but}"
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
