"""What rungs see beside the series: readings counted back from now, the periods ahead, what is usual."""

from __future__ import annotations

from collections.abc import Mapping

from stepladder.core.ask import Ask
from stepladder.core.periods import first_ahead_sql, number_sql, start_sql
from stepladder.questions.forecast.asked import living
from stepladder.questions.forecast.scales import OWN
from stepladder.questions.forecast.settings import steps


def views(ask: Ask) -> Mapping[str, str]:
    """Calendars end here: a rung counts periods.

    readings(series, time, ago, value, row): ago is 1 for the last period before now. One that now lies in,
    as a month of which a night stands in the middle, is not over: nothing is known of it.
    ahead(step, time): the periods asked about, 1 is the first that begins now or later.
    usual(kappa, moved, calm, mild, wild, asked): how series are in general, see scales; and how many of
    them have not ended.
    """
    every, week = ask.settings.every, ask.settings.week_starts
    first = first_ahead_sql("now", every, week)
    asked = ", ".join(f"({step})" for step in range(1, steps(ask) + 1))
    begins = start_sql(f"({first} + step - 1)", every, week)
    return {
        "readings": f"""select series, time, {first} - {number_sql("time", every, week)} as ago, value, row
          from series cross join ask
          where {number_sql("time", every, week)} < {number_sql("now", every, week)}""",
        "ahead": f"select step, {begins} as time from (values {asked}) as steps(step) cross join ask",
        "usual": f"""{OWN}, ratios as (
            select moved, moved / level as ratio, ntile(4) over (order by moved / level, series) as quarter
            from own where level > 0
          ),
          living as ({living(ask)}),
          counted as (select count(*) as asked from living)
          select median(ratio) as kappa, coalesce(median(case when moved > 0 then moved end), 1.0) as moved,
            max(case when quarter = 1 then ratio end) as calm,
            max(case when quarter = 2 then ratio end) as mild,
            max(case when quarter = 3 then ratio end) as wild, max(asked) as asked
          from ratios cross join counted""",
    }
