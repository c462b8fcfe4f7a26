"""The page of forecast: all series added up, day by day, and those that were missed by most."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from stepladder.core import outcomes
from stepladder.core.asking import beside
from stepladder.core.view import Example, Section, View
from stepladder.questions.forecast import levels

COUNTED = ""  # series may be in units of their own
ANSWER = "forecast"
MENDED = "It left out {n} days."
NOW = False
SHOWN = 8  # seasons before the cutoff that are shown


def meaning(view: View) -> str:
    """How many series were forecast, and how far."""
    said = _said(view)
    series, days = len(said["series"].unique()), view.history.ask.horizon
    return f"At the exam {series:,} series were forecast, each for {days} days."


def scored(view: View) -> str:
    """What is marked."""
    return "Days of which nothing came are not marked."


def about_examples(view: View) -> str:
    """How examples are read."""
    return "The series whose forecast missed by most, in all days of the exam together."


def sections(view: View) -> list[Section]:
    """All series added up."""
    days = view.history.sql(
        f"""select time, sum(value) as total, 'came' as what from series cross join ask
        where date_diff('day', time, date '{view.cutoff}') <= {SHOWN} * season
          and time < date '{view.exam.later.now}' group by time
        union all select time, sum(prediction), 'forecast' from said group by time order by what, time""",
        said=_said(view),
    )
    return [
        Section(
            "All series added up",
            "What came, day by day, and what was forecast for the days of the exam.",
            lambda width: _lines(days, width),
            "a line of what came and a line of what was forecast",
        )
    ]


def _said(view: View) -> pa.Table:
    """What was forecast of each series by itself."""
    return levels.bottom(view.at_cutoff[view.rung], view.history.ask.settings.levels)


def _lines(days: pa.Table, width: int) -> Any:
    import altair as alt

    rows = [{**row, "time": row["time"].isoformat()} for row in days.to_pylist()]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_line()
        .encode(x=alt.X("time:T", title=None), y=alt.Y("total:Q", title=None), color="what:N")
        .properties(width=width, height=200)
    )


def examples(view: View, n: int) -> list[Example]:
    """Where the forecast missed by most."""
    said = _said(view)
    both = beside(said, outcomes.own(view.outcome), ("series", "time"))
    names = said["series"].take(pa.array(both.rows)).to_numpy(zero_copy_only=False)
    series, at = np.unique(names, return_inverse=True)
    missed, predicted, came = (
        np.bincount(at, each)
        for each in (np.abs(both.actual - both.predicted), both.predicted, both.actual)
    )
    return [
        Example(str(series[i]), "biggest miss", "Its days together were missed by most.", None,
                (("forecast", f"{predicted[i]:,.1f}"), ("came", f"{came[i]:,.1f}"),
                 ("missed by", f"{missed[i]:,.1f}")))
        for i in np.argsort(-missed, kind="stable")[:n]
    ]  # fmt: skip
