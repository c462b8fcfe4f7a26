"""What all series come to together, and level by level: the forecast with its range beside what was."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from stepladder.core.view import Expected, Section, Table, View
from stepladder.questions.forecast import fans, levels
from stepladder.questions.forecast.figures import figure
from stepladder.questions.forecast.settings import TOTAL, counted, steps
from stepladder.tables.series.by import BETWEEN

SHOWN = 10  # of a level, the largest
# what a name says before its parts: nothing is before what adds up all
UPPER = f"""with upper as (
  select cast(series as varchar) as name, level, sum(prediction) as said, sum(low80) as low,
    sum(high80) as high, arg_min(prediction, time) as next, arg_min(low80, time) as next_low,
    arg_min(high80, time) as next_high
  from answers where level in ({{levels}}) group by series, level
  qualify row_number() over (partition by level order by said desc, name) <= {SHOWN}
),
lately as (
  select cast(series as varchar) as name, sum(value) as value from readings
  where ago <= {{steps}} group by series
)
select upper.*, (select sum(value) from lately where upper.level = '{TOTAL}'
  or starts_with(lately.name, upper.name || '{BETWEEN}')) as before
from upper order by level, said desc, name"""


def sections(view: View) -> list[Section]:
    """The total drawn, and a table of the largest of each level between it and the series."""
    names = view.history.ask.settings.levels
    if not names or not (rows := upper(view)):
        return []
    found = [
        Section(
            "All together",
            f"{told(view)} Dark: what was. Blue: the forecast, with the ranges meant to hold 80 and "
            "95 of 100.",
            lambda width: fans.grid(_total(view), {TOTAL: "all series added up"}, width),
            f"All series added up: what was, and the forecast with its range. {told(view)}",
        )
    ]
    return found + [_level(view, level, rows) for level in names[:-1]]


def told(view: View) -> str:
    """What all come to in the next period and over all of them, with ranges; empty where nothing adds up."""
    total = next((row for row in upper(view) if row["level"] == TOTAL), None)
    if total is None:
        return ""
    ahead, every = steps(view.history.ask), view.history.ask.settings.every
    said = (
        f"All together: about {figure(total['next'])} in the next {every}"
        f"{_range(total['next_low'], total['next_high'])}"
    )
    if ahead > 1:
        said += f", and about {figure(total['said'])} over all {counted(ahead, every)}"
    if total["before"] is not None:
        said += f"; the {counted(ahead, every)} before brought {figure(total['before'])}"
    last = last_time(view)
    inside = (
        f" {last['inside']} of {counted(last['n'], every)} of the exam lay in such a range."
        if last["n"]
        else ""
    )
    return f"{said}.{inside}"


def last_time(view: View) -> dict[str, Any]:
    """What was said of the total at the exam, what came, and of n periods how many lay inside."""
    row: dict[str, Any] = view.history.sql(
        f"""select sum(prediction) as said, sum(actual) as came, count(*) as n,
          count(case when actual between low80 and high80 then 1 end) as inside
        from said join came on said.series = came.series and said.time = came.time
        where said.level = '{TOTAL}' and came.actual is not null""",
        said=view.at_cutoff[view.rung], came=view.outcome,
    ).to_pylist()[0]  # fmt: skip
    return row


def expected(view: View) -> list[Expected]:
    """All series together: one window says little of how far a total strays, and it is said so."""
    total = next((row for row in upper(view) if row["level"] == TOTAL), None)
    if total is None:
        return []
    ask, now, last = view.history.ask, total["said"], last_time(view)
    what = f"About {_rounded(now, 3)} over all {counted(steps(ask), ask.settings.every)}"
    if not last["n"]:
        return [Expected(what, "", "There is no last time to hold this against.")]
    said, came = last["said"], last["came"]
    told = f"Last time {figure(said)} was forecast and {figure(came)} came"
    if min(said, came, now) <= 0:
        return [Expected(what, "", f"{told}.")]
    low, high = sorted((now * came / said, now * said / came))
    plan = f"Plan for {_rounded(low)} to {_rounded(high)}"
    off = f"{100 * abs(said / came - 1):.0f}\u00a0% too {'high' if said > came else 'low'}"
    again = f"If it errs so again, plan for about {_rounded(now * came / said)}."
    return [
        Expected(
            what,
            f"{plan}: as far off either way as last time; the next may well lie outside.",
            f"{told}: {off}. {again}",
        )
    ]


def _rounded(value: float, digits: int = 2) -> str:
    return figure(float(f"{value:.{digits}g}"))


def upper(view: View) -> list[dict[str, Any]]:
    """Of the total and of the largest of each level: name, level, said, low, high, next, before."""
    names = view.history.ask.settings.levels
    if not names:
        return []
    listed = ", ".join(
        f"'{each}'" for each in (TOTAL, *(name.replace("'", "''") for name in names[:-1]))
    )
    rows: list[dict[str, Any]] = view.history.sql(
        UPPER.format(levels=listed, steps=steps(view.history.ask)), answers=view.at_now[view.rung]
    ).to_pylist()
    return rows


def _level(view: View, level: str, rows: list[dict[str, Any]]) -> Section:
    mine = [row for row in rows if row["level"] == level]
    every = view.history.ask.settings.every
    span = counted(steps(view.history.ask), every)
    shown = tuple(
        (
            str(row["name"]),
            figure(row["before"]),
            figure(row["said"]),
            figure(row["low"]),
            figure(row["high"]),
        )
        for row in mine
    )
    which = f"The {SHOWN} largest" if len(mine) == SHOWN else "From the largest down"
    return Section(
        f"By {level}",
        f"{which}: what the {span} before brought, and the forecast of the next {span}. From and to add up "
        f"the ranges of single {every}s, each meant to hold 80 of 100: that all {every}s end at the same "
        "side is rarer than that.",
        table=Table((level, f"{span} before", f"next {span}", "from", "to"), shown, words=(level,)),
    )


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f" (80 times in 100 between {figure(low)} and {figure(high)})"


def _total(view: View) -> pa.Table:
    """What all series came to lately, and what is said of it: as `fans.grid` takes it."""
    answers = view.at_now[view.rung]
    span = fans.PAST * max(steps(view.history.ask), int(view.history.ask.settings.season) // 2)
    asked = levels.bottom(answers, view.history.ask.settings.levels)
    return view.history.sql(
        f"""select '{TOTAL}' as name, time, sum(value) as value, null::double as low,
          null::double as high, null::double as low80, null::double as high80, 'came' as what, every
        from readings cross join ask
        where ago <= {span} and series in (select series from asked) group by time, every
        union all select '{TOTAL}', time, prediction, low, high, low80, high80, 'forecast', every
        from answers cross join ask where level = '{TOTAL}' order by time""",
        answers=answers, asked=asked,
    )  # fmt: skip
