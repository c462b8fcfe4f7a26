"""Series as lines: what was, what was said with its range, and what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from stepladder.core.view import Section, View
from stepladder.questions.forecast.missed import Missed
from stepladder.questions.forecast.settings import steps

DEAREST = 12
PAST = 2  # horizons before the forecast that are shown


def sections(view: View, found: Missed) -> list[Section]:
    """The best, the middle and the worst, and the twelve that were missed by most."""
    if not found.names:
        return []
    order = np.argsort(found.mine, kind="stable")
    three = {found.names[order[0]]: "nearest", found.names[order[len(order) // 2]]: "middle",
             found.names[order[-1]]: "furthest"}  # fmt: skip
    most = [found.names[i] for i in np.argsort(-found.off, kind="stable")[:DEAREST]]
    share = found.off[np.argsort(-found.off, kind="stable")[:DEAREST]].sum() / max(
        found.off.sum(), 1e-12
    )
    picked = Section(
        "The nearest, the middle one and the furthest off",
        f"Of {len(found.names):,} series at the exam: the one forecast best, the one in the middle, and the "
        "worst, in units of how far each usually moves. Dark: what was and what came. Line: the forecast, "
        f"with the ranges meant to hold 80 and 95 of 100. {held(view)}",
        lambda width: _grid(
            _rows(view, list(three)), [f"{s} ({w})" for s, w in three.items()], width, three
        ),
        "Three series with their past, the forecast with its range, and what came",
    )
    dear = Section(
        f"The {len(most)} that were missed by most",
        f"In units, not in shares: together {100 * share:.0f} % of all that was missed. Look here first.",
        lambda width: _grid(_rows(view, most), most, width, {}),
        f"The {len(most)} series whose forecasts were off by most, with what came",
    )
    return [picked, dear] if len(found.names) > len(three) else [picked]


def held(view: View) -> str:
    """How many of the outcomes of the exam lay inside the ranges, in a sentence."""
    said = view.at_cutoff[view.rung]
    rows = view.history.sql(
        """select count(low) as n, sum(case when actual between low and high then 1 else 0 end) as wide,
        count(low80) as some, sum(case when actual between low80 and high80 then 1 else 0 end) as narrow
        from said join came on said.series = came.series and said.time = came.time
        where actual is not null and low is not null""",
        said=said, came=view.outcome,
    ).to_pylist()[0]  # fmt: skip
    if not rows["n"]:
        return "There were too few earlier errors to learn ranges from."
    told = f"At the exam {rows['wide']:,} of {rows['n']:,} readings lay in the wide range"
    if rows["some"]:
        told += f", {rows['narrow']:,} in the narrow one"
    return f"{told}."


def _rows(view: View, names: Sequence[str]) -> pa.Table:
    """What was, what was said and what came of these series: name, time, value, low, high, what."""
    span = PAST * max(steps(view.history.ask), int(view.history.ask.settings.season) // 2)
    said = view.at_cutoff[view.rung]
    wanted = pa.table({"name": list(names)})
    return view.exam.known.sql(
        f"""select wanted.name, time, value, null::double as low, null::double as high,
            null::double as low80, null::double as high80, 'came' as what
          from readings join wanted on cast(readings.series as varchar) = wanted.name where ago <= {span}
        union all select wanted.name, time, actual, null, null, null, null, 'came'
          from came join wanted on cast(came.series as varchar) = wanted.name where actual is not null
        union all select wanted.name, time, prediction, low, high, low80, high80, 'forecast'
          from said join wanted on cast(said.series as varchar) = wanted.name
        order by 1, 2""",
        wanted=wanted, came=view.outcome, said=said,
    )  # fmt: skip


def _grid(rows: pa.Table, order: Sequence[str], width: int, kinds: dict[str, str]) -> Any:
    """Small pictures side by side, each on a scale of its own."""
    import altair as alt

    values = [
        {**row, "time": row["time"].isoformat(),
         "name": f"{row['name']} ({kinds[row['name']]})" if kinds else row["name"]}
        for row in rows.to_pylist()
    ]  # fmt: skip
    columns = 3 if width > 400 else 1
    each = (width - 60 * (columns - 1)) // columns
    x = alt.X("time:T", title=None, axis=alt.Axis(format="%b %y", grid=False, tickCount=3))
    base = alt.Chart(alt.Data(values=values)).encode(x=x)
    said = base.transform_filter("datum.what == 'forecast'")
    wide = said.mark_area(opacity=0.2).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    narrow = said.mark_area(opacity=0.3).encode(y=alt.Y("low80:Q", title=None), y2="high80:Q")
    lines = base.mark_line(strokeWidth=1.5).encode(
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=4, format="~s")),
        color=alt.Color("what:N", scale=alt.Scale(domain=["forecast", "came"])),
    )
    return (
        (wide + narrow + lines)
        .properties(width=each, height=90)
        .facet(facet=alt.Facet("name:N", sort=list(order), title=None), columns=columns)
        .resolve_scale(x="shared", y="independent")
    )
