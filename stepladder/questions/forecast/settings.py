"""What the business sets of a forecast: how often there is a reading, and when series look alike again."""

from __future__ import annotations

import json
from typing import Annotated

import numpy as np
from pydantic import Field

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
ENOUGH = 0.9  # of the change from one period to the next: so much less a season must change


class Settings(core.Settings):
    """How often there is a reading, after how many of them a series looks alike, and what adds up to what.

    week_starts: 1 for Monday … 7 for Sunday. levels: what the parts of a series' name are, as in
    ["shop", "article"] for "Berlin / tea"; empty where a sum over series means nothing. prices: what one too
    many costs, and one too few.
    """

    every: Every = "day"
    season: Annotated[int, Field(ge=1, le=8784)] = 1
    week_starts: Annotated[int, Field(ge=1, le=7)] = 1
    levels: tuple[str, ...] = ()
    prices: UnitPrices | None = None


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
    """How often there is a reading, and on which day weeks begin: all times are first moments of periods."""
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
    """After how many periods series look alike again, if they do: by how far they moved from then to now."""
    number = periods.number_sql("time", every, week_starts)
    lags = [1, *(lag for lag in periods.SEASONS[every] if lag > 1)]
    rows = history.sql(
        f"""with numbered as (select series, value, {number} as n from series),
        own as (select series, avg(abs(value)) as level from numbered group by series),
        moved as (
          select a.series, lag, avg(abs(a.value - b.value)) as moved
          from numbered as a cross join (values {", ".join(f"({lag})" for lag in lags)}) as lags(lag)
          join numbered as b on a.series = b.series and b.n = a.n - lag group by a.series, lag
        )
        select lag, avg(moved / level) as moved, count(*) as n from moved join own using (series)
        where level > 0 group by lag order by lag"""
    ).to_pylist()
    usual = {row["lag"]: row["moved"] for row in rows}
    nearest = min((lag for lag in lags[1:] if lag in usual), key=lambda lag: usual[lag], default=1)
    return nearest if usual.get(nearest, np.inf) < ENOUGH * usual.get(1, np.inf) else 1
