"""Repeat purchases week by week: what came, what the rung expected, and where the replays stood."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from stepladder.core.view import Section, View
from stepladder.questions.retention.btyd import bg_nbd, mbg_cnbd, pareto_nbd

# Repeat purchases of everyone known at the cutoff; a first purchase is not a repeat.
WEEKLY = """
with known as (
  select customer, min(day) as first from purchases where coalesce(value, 0) >= 0
  group by customer having min(day) < date '{cutoff}'
),
start as (select min(first) as day from known)
select (date_diff('day', start.day, purchases.day) // 7)::integer as week,
  count(distinct (customer, purchases.day)) as purchases, min(start.day) as start
from purchases join known using (customer) cross join start
where purchases.day > known.first and coalesce(value, 0) >= 0 group by week order by week
"""


def sections(view: View) -> list[Section]:
    """The same weeks twice: one by one, and added up."""
    weeks = _weeks(view)
    if len(weeks) < 4:
        return []
    came, expected = _since(view)
    off = f"{abs(expected / came - 1):.0%}".replace("%", " %") if came else "–"
    side = "more" if expected > came else "fewer"
    close = f"{expected:,.0f} were expected, {came:,.0f} came ({off} {side} expected than came)."
    note = (
        ""
        if "line" in weeks[0]
        else " The forecast is for the whole window, drawn as an even pace."
    )
    return [
        Section(
            "Repeat purchases, week by week",
            "Solid: what customers did. Dashed: what was expected. To the right of the last upright "
            f"line the forecast knew nothing of what came.{note}",
            lambda width: _picture(weeks, view, width, "actual", "expected", "purchases a week"),
            f"Weekly repeat purchases, actual and expected. After the last cutoff {close}",
        ),
        Section(
            "The same, added up",
            f"In the exam window {close}",
            lambda width: _picture(weeks, view, width, "sum", "expected_sum", "purchases so far"),
            f"Cumulative repeat purchases, actual and expected. After the last cutoff {close}",
        ),
    ]


def _weeks(view: View) -> list[dict[str, Any]]:
    """Every whole week: its first day, repeat purchases, and the expected ones where there are any."""
    found = view.history.sql(WEEKLY.format(cutoff=view.cutoff))
    if not found.num_rows:
        return []
    start = found["start"][0].as_py()
    counts = dict(zip(found["week"].to_pylist(), found["purchases"].to_pylist(), strict=True))
    last = (view.history.now - start).days // 7
    expected, line = _expected(view, start, last)
    rows: list[dict[str, Any]] = []
    total = expected_total = 0.0
    for week in range(last):
        day = start + timedelta(weeks=week)
        total += counts.get(week, 0)
        expected_total = total if np.isnan(expected[week]) else expected_total + expected[week]
        row = {"day": day.isoformat(), "actual": counts.get(week, 0), "sum": total}
        if not np.isnan(expected[week]):
            row |= {"expected": float(expected[week]), "expected_sum": expected_total}
        rows.append(row | ({"line": True} if line else {}))
    return rows


def _expected(view: View, start: date, weeks: int) -> tuple[np.ndarray, bool]:
    """Expected repeat purchases in each week: the model's own path, else an even pace over the window."""
    model = view.models.get(view.rung)
    if model and {"r", "alpha"} < set(model):
        return _path(view, model, start, weeks), True
    horizon = view.history.ask.horizon
    total = _since(view)[1]
    days = np.array([(start + timedelta(weeks=w, days=6) - view.cutoff).days for w in range(weeks)])
    return np.where((days >= 0) & (days < horizon), total * 7 / horizon, np.nan), False


def _path(view: View, model: Any, start: date, weeks: int) -> np.ndarray:
    """The formula's own week-by-week expectation for everyone known at the cutoff."""
    leaving = bg_nbd if {"a", "b"} < set(model) else pareto_nbd
    formula = mbg_cnbd if "k" in model else leaving
    first = view.history.at(view.cutoff).sql(
        "select min(day) as day from purchases where coalesce(value, 0) >= 0 group by customer"
    )
    days = first["day"].to_numpy().astype("datetime64[D]")
    age = (np.datetime64(start) - days).astype(float) / 7
    totals = [formula.expected_total(model, age, float(week)) for week in range(weeks + 1)]
    return np.diff(np.array(totals))


def _since(view: View) -> tuple[float, float]:
    """Purchases that came after the last cutoff, and how many the rung had forecast: of everybody."""
    both = view.outcome["actual"], view.at_cutoff[view.rung]["prediction"]
    came, expected = (float(np.nansum(_numbers(each))) * view.times for each in both)
    return came, expected


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def _picture(
    weeks: list[dict[str, Any]], view: View, width: int, actual: str, expected: str, title: str
) -> Any:
    import altair as alt

    long = [
        {"day": row["day"], "purchases": row[name], "who": who}
        for who, name in (("expected", expected), ("came", actual))
        for row in weeks
        if name in row
    ]
    lines = alt.Chart(alt.Data(values=long)).mark_line().encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%b %y", grid=False, tickCount=5)),
        y=alt.Y("purchases:Q", title=title, axis=alt.Axis(tickCount=5)),
        color=alt.Color("who:N", scale=alt.Scale(domain=["expected", "came"])),
        strokeDash=alt.StrokeDash(
            "who:N", scale=alt.Scale(domain=["expected", "came"], range=[[6, 3], [1, 0]])
        ),
    )  # fmt: skip
    marks = [{"day": day.isoformat()} for day in view.cutoffs]
    cutoffs = alt.Chart(alt.Data(values=marks)).mark_rule(strokeDash=[2, 3]).encode(x="day:T")
    return (cutoffs + lines).properties(width=width, height=220)
