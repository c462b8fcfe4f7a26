"""What the business sets of a forecast: how often there is a reading, and when series look alike again."""

from __future__ import annotations

import json
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from stepladder.core import ask as core
from stepladder.core import periods
from stepladder.core.ask import Ask
from stepladder.core.history import History
from stepladder.core.periods import Every
from stepladder.money.units import UnitPrices

FOUND = """
[forecast]
every = "{every}"  # of each series one reading every hour, day, week, month, quarter or year
season = {season}  # after so many periods a series looks alike again; 1: it never does
{more}"""
TOTAL = "total"  # the level above all others, and the one series in it
LEAST = 0.05  # correlation of changes with those a season before, on average over the series
PAIRS = 6


class Settings(core.Settings):
    """How often there is a reading, after how many of them a series looks alike, and what adds up to what.

    week_starts: 1 for Monday … 7 for Sunday. levels: what the parts of a series' name are, as in
    ["shop", "article"] for "Berlin / tea"; empty where a sum over series means nothing. holidays: the
    country whose public holidays trees may learn from, such as DE or DE-BY. prices: what one too many costs,
    and one too few.
    """

    FOUND: ClassVar[tuple[str, ...]] = ("every", "season", "week_starts", "levels")

    every: Every = "day"
    season: Annotated[int, Field(ge=1, le=8784)] = 1
    week_starts: Annotated[int, Field(ge=1, le=7)] = 1
    levels: tuple[str, ...] = ()
    holidays: str = ""
    prices: UnitPrices | None = None

    def ahead(self, horizon: int) -> str:
        """A horizon in periods: 12 months, 1 week."""
        return counted(periods.steps(self.every, horizon), self.every)

    @field_validator("levels")
    @classmethod
    def _apart(cls, levels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(levels)) < len(levels) or {"", TOTAL} & set(levels):
            raise ValueError(f"levels have names, each its own, and none is {TOTAL!r}")
        return levels


def counted(many: int, every: str) -> str:
    """So many periods: 12 months, 1 week."""
    return f"{many:,} {every}{'s' * (many != 1)}"


def steps(ask: Ask) -> int:
    """How many periods ahead are asked about."""
    return periods.steps(ask.settings.every, ask.horizon)


def found(history: History) -> str:
    """The lines of question.toml that say what these series are like."""
    every, week_starts = frequency(history)
    more = f"week_starts = {week_starts}\n" if every == "week" else ""
    table = history.ask.tables.get("series")
    if levels := (table.choices.get("by") if table else None):
        more += f"levels = [{', '.join(map(json.dumps, levels))}]  # series add up to these, and to a total\n"
    return FOUND.format(every=every, season=season(history, every, week_starts), more=more)


def frequency(history: History) -> tuple[Every, int]:
    """How often there is a reading, and on which day weeks begin: as the table was read.

    Where nobody read it, by its times, which are all first moments of periods.
    """
    table = history.ask.tables.get("series")
    if every := (table.choices.get("every") if table else None):
        return every, table.choices.get("week_starts", periods.MONDAY) if table else periods.MONDAY
    times = history.sql("select distinct time from series order by time")["time"]
    moments = times.to_numpy(zero_copy_only=False).astype("datetime64[us]")
    weekday = (
        int((moments[:1].astype("datetime64[D]").astype(int)[0] + periods.THURSDAY - 1) % 7) + 1
    )
    for every in reversed(periods.EVERY):
        if (
            periods.starts(periods.number(moments, every, weekday), every, weekday) == moments
        ).all():
            return every, weekday if every == "week" else periods.MONDAY
    return "day", periods.MONDAY


def season(history: History, every: Every, week_starts: int) -> int:
    """After how many periods series look alike again, if they do.

    By how changes from one period to the next go along with those a season earlier: a trend does not
    disturb that, and over many series a little is enough to be told from nothing.
    """
    number = periods.number_sql("time", every, week_starts)
    lags = [lag for lag in periods.SEASONS[every] if lag > 1] or [1]
    rows = history.sql(
        f"""with numbered as (select series, value, {number} as n from series),
        changes as (
          select now.series, now.n, now.value - before.value as change
          from numbered as now join numbered as before on now.series = before.series and now.n = before.n + 1
        ),
        earlier as (
          select series, lag, n + lag as later, change
          from changes cross join (values {", ".join(f"({lag})" for lag in lags)}) as lags(lag)
        ),
        alike as (
          select now.series, lag, corr(now.change, earlier.change) as alike, count(*) as pairs
          from changes as now join earlier on now.series = earlier.series and now.n = earlier.later
          group by now.series, lag having count(*) >= {PAIRS}
        )
        select lag, avg(alike) as alike, 1.645 / sqrt(sum(pairs)) as chance
        from alike where alike between -1 and 1 group by lag order by lag"""
    ).to_pylist()
    sure = {row["lag"]: row["alike"] for row in rows if row["alike"] > max(LEAST, row["chance"])}
    return max(sure, key=lambda lag: (round(sure[lag], 1), -lag), default=1)
