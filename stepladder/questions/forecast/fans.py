"""Series as lines: what was, what was said with its range, and what came."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from stepladder.core import outcomes
from stepladder.core.view import Course, Section, View
from stepladder.questions.forecast.missed import Missed
from stepladder.questions.forecast.settings import steps

DEAREST = 12
PAST = 2  # horizons before the forecast that are shown
AXIS = 36  # pixels that figures at the side take, the same for all: pictures stand in columns
LETTER = 7.2  # pixels, about
SHORT = "format(datum.value, abs(datum.value) < 1000 ? '~g' : '~s')"  # 0.1, 20k
TIMES = {"hour": "%-d %b %H:00", "day": "%-d %b", "week": "%-d %b %y", "year": "%Y"}
READ = "Dark: what was, and what came. Blue: the forecast, with the ranges meant to hold 80 and 95 of 100."


def sections(view: View, found: Missed) -> list[Section]:
    """The best, the middle and the worst, and the twelve that were missed by most."""
    if not found.names:
        return []
    order, dearest = (np.argsort(each, kind="stable") for each in (found.mine, -found.off))
    three = {found.names[order[0]]: "nearest", found.names[order[len(order) // 2]]: "middle",
             found.names[order[-1]]: "furthest off"}  # fmt: skip
    if len(found.names) <= len(three):
        return [_section(view, "At the exam", f"{READ} {held(view)}", dict.fromkeys(three, ""))]
    picked = _section(
        view,
        "The nearest, the middle one and the furthest off",
        f"Of {len(found.names):,} series at the exam: the one forecast best, the one in the middle, and the "
        f"worst, in units of how far each usually moves. {READ} {held(view)}",
        three,
    )
    most = [found.names[i] for i in dearest[:DEAREST]]
    share = found.off[dearest[:DEAREST]].sum() / max(found.off.sum(), 1e-12)
    dear = _section(
        view,
        f"The {len(most)} that were missed by most",
        f"In what is counted, not in shares: these {len(most)} of {len(found.names):,} series hold "
        f"{100 * share:.0f} of every 100 that were missed. Look here first.",
        dict.fromkeys(most, ""),
    )
    return [picked, dear]


def _section(view: View, title: str, sentence: str, names: Mapping[str, str]) -> Section:
    """These series drawn; `names`: what each is, in a word."""
    alt = "Series with their past, the forecast with its range, and what came: " + ", ".join(names)
    return Section(title, sentence, lambda width: grid(_rows(view, list(names)), names, width), alt)


def held(view: View) -> str:
    """How many of the outcomes of the exam lay inside the ranges, in a sentence."""
    said = view.at_cutoff[view.rung]
    rows = view.history.sql(
        """select count(low) as n, sum(case when actual between low and high then 1 else 0 end) as wide,
        count(low80) as some, sum(case when actual between low80 and high80 then 1 else 0 end) as narrow
        from said join came on said.series = came.series and said.time = came.time
        where actual is not null and low is not null""",
        said=said, came=outcomes.own(view.outcome),
    ).to_pylist()[0]  # fmt: skip
    if not rows["n"]:
        return "There were too few earlier errors to learn ranges from."
    told = (
        f"What last time was: of {rows['n']:,} values at the exam {_of_100(rows['wide'], rows['n'])} lay in "
        "the wide range, where 95 of 100 are meant to"
    )
    if rows["some"]:
        told += f"; {_of_100(rows['narrow'], rows['some'])} in the narrow one, where 80 are"
    return f"{told}."


def _of_100(inside: int, of: int) -> str:
    return f"{inside:,} ({100 * inside / of:.0f} of 100)"


def _rows(view: View, names: Sequence[str]) -> pa.Table:
    """What was, what was said and what came of these series: name, time, value, low, high, what."""
    span = PAST * max(steps(view.history.ask), int(view.history.ask.settings.season) // 2)
    said = view.at_cutoff[view.rung]
    wanted = pa.table({"name": list(names)})
    return view.exam.known.sql(
        f"""select wanted.name, time, value, null::double as low, null::double as high,
            null::double as low80, null::double as high80, 'came' as what, every
          from readings join wanted on cast(readings.series as varchar) = wanted.name cross join ask
          where ago <= {span}
        union all select wanted.name, time, actual, null, null, null, null, 'came', every
          from came join wanted on cast(came.series as varchar) = wanted.name cross join ask
          where actual is not null
        union all select wanted.name, time, prediction, low, high, low80, high80, 'forecast', every
          from said join wanted on cast(said.series as varchar) = wanted.name cross join ask
        order by 1, 2""",
        wanted=wanted, came=view.outcome, said=said,
    )  # fmt: skip


def course(view: View, name: str) -> Course:
    """One series, for a page of its own."""
    if view.rung not in view.at_cutoff:
        return Course((), (), ())
    rows = _rows(view, [name]).to_pylist()
    said = tuple(
        (row["time"], row["value"], row["low"], row["high"])
        for row in rows
        if row["what"] == "forecast"
    )
    values = [(row["time"], row["value"]) for row in rows if row["what"] == "came"]
    first = min((when for when, *_ in said), default=None)
    was = tuple(each for each in values if first is None or each[0] < first)
    return Course(was, said, tuple(values[len(was) :]))


def grid(rows: pa.Table, names: Mapping[str, str], width: int, most: int = 3) -> Any:
    """Small pictures side by side, each on a scale of its own; `names`: in which order, and what each is."""
    import altair as alt

    columns = min(most if width > 400 else 1, len(names))
    each = (width - (AXIS + 24) * (columns - 1)) // columns
    by_name: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for row in rows.to_pylist():
        by_name[row["name"]].append({**row, "time": row["time"].isoformat()})
    pictures = [
        _fan(values, _title(f"{name} ({names[name]})" if names[name] else name, each), each)
        for name, values in by_name.items()
    ]
    return alt.concat(*pictures, columns=columns, spacing=14)


def data(values: list[dict[str, Any]]) -> Any:
    """Rows for a picture, as one text: Altair copies what it can look into, again for every layer."""
    import altair as alt

    return alt.InlineData(values=json.dumps(values), format=alt.DataFormat(type="json"))


def _title(name: str, width: int) -> list[str]:
    """A name in two lines at most, no wider than its picture."""
    return textwrap.wrap(name, int((width + AXIS) / LETTER), max_lines=2, placeholder=" …")


def _fan(values: list[dict[str, Any]], title: list[str], width: int) -> Any:
    import altair as alt

    times = alt.Axis(
        format=TIMES.get(values[0]["every"] if values else "", "%b %y"), grid=False,
        tickCount=3 if width < 400 else 6, labelOverlap=True,
    )  # fmt: skip
    figures = alt.Axis(tickCount=4, labelExpr=SHORT, minExtent=AXIS, maxExtent=AXIS)
    y = {"title": None, "scale": alt.Scale(zero=False)}
    base = alt.Chart(data(values)).encode(x=alt.X("time:T", title=None, axis=times))
    said = base.transform_filter("datum.what == 'forecast'")
    wide = said.mark_area(opacity=0.2).encode(y=alt.Y("low:Q", **y), y2="high:Q")
    narrow = said.mark_area(opacity=0.3).encode(y=alt.Y("low80:Q", **y), y2="high80:Q")
    lines = base.mark_line(strokeWidth=1.5).encode(
        y=alt.Y("value:Q", axis=figures, **y),
        color=alt.Color("what:N", scale=alt.Scale(domain=["forecast", "came"])),
    )
    head = alt.TitleParams(title, anchor="start", fontSize=12, offset=6)
    return (wide + narrow + lines).properties(width=width, height=100, title=head)
