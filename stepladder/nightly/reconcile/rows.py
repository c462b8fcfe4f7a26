"""Tables with a time, such as purchases: rows of the past that are gone, changed, or there again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from stepladder.core.history import quoted
from stepladder.nightly.reconcile.changed import changed
from stepladder.nightly.reconcile.tables import LEAST, Pair
from stepladder.report.words import day as written
from stepladder.report.words import number, percent
from stepladder.watch.findings import Finding

LATE = 14  # days within which rows still come, and are corrected
STRETCH = 28  # days that tell of what happened lately
RECENT = 0.2  # of the rows of that stretch
WHOLE = 0.9  # of a day: it was taken out
DAY = 20  # rows that say something by themselves
TOLD = 0.1  # of what stops a night
FULL = 0.5  # of all rows: no back-load of a forgotten month, but everything again


class Past(NamedTuple):
    """The rows up to last night's last day: read then; gone, there more often, or new tonight."""

    read: int
    gone: int
    again: int
    new: int
    recent: int
    recent_gone: int
    old_new: int  # new ones of days so long ago that nothing comes late any more
    copied: int  # new ones of somebody who had a row of that day already
    recent_copied: int


def rows(both: Pair) -> Iterator[Finding]:
    """Whether each row of last night is there tonight, once, and no day of the past went or doubled."""
    _joined(both)
    past = Past(*map(int, both.one(PAST)))
    if not past.read:
        return
    if past.gone > both.most(past.read):
        yield from _lost(both, past)
    else:
        yield from _lately(both, past)
        yield from _days(both)
        if past.gone > TOLD * both.most(past.read) and past.gone > DAY:
            yield Finding("tell", *_some(both, past))
    if past.again > both.most(past.read):
        yield _twice(both, past)
    elif past.gone <= both.most(past.read):
        yield from _more(both, past)


def _joined(both: Pair) -> None:
    """How often each row stood there last night and stands there tonight, by its day."""
    time = quoted(both.spec.time or "")
    last = both.one(f"select max(cast({time} as date)) from before")[0]
    until = last or date(1, 1, 1)
    end = both.one(f"select max(cast({time} as date)) from now")[0] or until
    window = both.limits.window
    since = f"and d > date '{end}' - {window}" if window else ""
    row, key = both.hashed(both.columns), both.hashed(list(both.spec.key))
    sides = {
        view: f"select {row} as h, {key} as k, cast({time} as date) as d, count(*) as n from {view} "
        "group by all"
        for view in ("before", "now")
    }
    both.con.execute(
        f"""create or replace temp table past as
        select d, coalesce(b.n, 0) as was, coalesce(n.n, 0) as is_now, date '{until}' - d as age,
        sum(coalesce(b.n, 0)) over (partition by k, d) > 0 as known
        from ({sides["before"]}) b full join ({sides["now"]}) n using (h, k, d)
        where d <= date '{until}' {since}"""
    )


PAST = f"""select coalesce(sum(was), 0), coalesce(sum(greatest(was - is_now, 0)), 0),
    coalesce(sum(greatest(is_now - was, 0)) filter (where was > 0), 0),
    coalesce(sum(is_now) filter (where was = 0), 0),
    coalesce(sum(was) filter (where age < {STRETCH}), 0),
    coalesce(sum(greatest(was - is_now, 0)) filter (where age < {STRETCH}), 0),
    coalesce(sum(is_now) filter (where was = 0 and age > {LATE}), 0),
    coalesce(sum(is_now) filter (where was = 0 and known and age > 0), 0),
    coalesce(sum(is_now) filter (where was = 0 and known and age between 1 and {STRETCH - 1}), 0)
    from past"""


def _lost(both: Pair, past: Past) -> Iterator[Finding]:
    """Rows say something else, or are gone: before some day, or from everywhere."""
    said = changed(both) if past.new > past.gone / 2 else None
    if said:
        yield Finding(
            "stop",
            f"{both.name}: {said} ({number(past.gone)} of {number(past.read)} rows of last night)",
            _allowed(both),
            "ask where the table comes from what changed; mend it there and refresh, or, if it is right: "
            "stepladder ship",
        )
        return
    first = both.one("select min(d) from past where is_now > 0")[0]
    older = both.one(
        f"select coalesce(sum(was - is_now), 0) from past where d < date '{first or date.max}'"
    )[0]
    if first and older > WHOLE * past.gone:
        keeps = both.one(f"select max(d) - date '{first}' + 1 from past")[0]
        yield Finding(
            "stop",
            f"{both.name}: everything before {written(first)} is gone: {number(past.gone)} of "
            f"{number(past.read)} rows of last night",
            _allowed(both),
            "ask whether the delivery is complete, and refresh; a source that keeps so many days only: "
            f"window = {keeps} in question.toml [nightly]",
        )
        return
    yield Finding("stop", *_some(both, past))


def _some(both: Pair, past: Past) -> tuple[str, str, str]:
    first, last = both.one("select min(d), max(d) from past where was > is_now")
    whole = _nobody_left(both) if both.case else 0
    whose = f"; {number(whole)} {' '.join(both.case)}s have no row left" if whole else ""
    return (
        f"{both.name}: {number(past.gone)} of {number(past.read)} rows of last night are gone "
        f"({percent(past.gone / past.read)}), of {written(first)} to {written(last)}{whose}",
        _allowed(both),
        "ask whether the delivery is complete, and refresh",
    )


def _nobody_left(both: Pair) -> int:
    """How many of those asked about have no row at all any more."""
    keys = ", ".join(map(both.said, both.case))
    gone = f"select distinct {keys} from before except select distinct {keys} from now"
    return int(both.one(f"select count(*) from ({gone})")[0])


def _allowed(both: Pair) -> str:
    return (
        f"from one night to the next at most {percent(both.limits.lost)} of the rows may go or change "
        "(lost in question.toml [nightly])"
    )


def _lately(both: Pair, past: Past) -> Iterator[Finding]:
    if past.recent >= DAY and past.recent_gone > max(RECENT * past.recent, DAY / 2):
        said = changed(both)
        yield Finding(
            "stop",
            f"{both.name}: {number(past.recent_gone)} of {number(past.recent)} rows of the last {STRETCH} "
            f"days of last night are gone{f': {said}' if said else ''}",
            f"{percent(RECENT)} of the latest rows may be corrected from one night to the next",
            "ask whether the delivery is complete, or what changed, and refresh",
        )


def _days(both: Pair) -> Iterator[Finding]:
    """Whole days that are gone, whatever share of all they are."""
    first, days, lost = both.one(
        f"""select min(d), count(*), coalesce(sum(was), 0) from (
        select d, sum(was) as was from past group by d
        having sum(was) >= {LEAST} and sum(is_now) < (1 - {WHOLE}) * sum(was))"""
    )
    if lost >= DAY:
        more = f" and {days - 1} more day{'s' * (days > 2)}" if days > 1 else ""
        yield Finding(
            "stop",
            f"{both.name}: all that was of {written(first)}{more} is gone, {number(int(lost))} rows",
            "a day of the past may be corrected, and does not vanish",
            "ask whether the delivery is complete, and refresh",
        )


def _twice(both: Pair, past: Past) -> Finding:
    times = both.one("select median(is_now / was) from past where was > 0 and is_now > was")[0]
    return Finding(
        "stop",
        f"{both.name}: {number(past.again)} rows of last night's {number(past.read)} stand there more "
        f"often tonight, mostly {number(float(times))} times",
        _allowed(both),
        "ask whether it was loaded twice, and refresh",
    )


def _more(both: Pair, past: Past) -> Iterator[Finding]:
    """Rows that came to the past: copies that differ in something, everything again, or a back-load."""
    copied = past.copied > both.most(past.read) or (
        past.recent_copied > max(RECENT * past.recent, DAY)
    )
    whole = past.new > FULL * past.read
    if not copied and not whole and past.old_new <= both.most(past.read):
        return
    found = past.copied if copied else past.new if whole else past.old_new
    same = f", of days on which the same {' and '.join(both.spec.key)} had one" if copied else ""
    yield Finding(
        "stop" if copied or whole else "tell",
        f"{both.name}: {number(found)} rows have come to the past{same}; there were {number(past.read)}",
        f"after {LATE} days few rows come late, and hardly ever a second one of the same day",
        "ask whether it was loaded twice, or what was forgotten before, and refresh",
    )
