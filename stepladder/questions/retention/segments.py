"""Customers by segment, as marketers name them: how many, how much is to come, and from whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.history import History
from stepladder.core.view import Section, Table, View
from stepladder.money import currency
from stepladder.questions.retention.btyd.told_apart import NOBODY
from stepladder.questions.retention.example_reasons import bought_on, profile

ABOUT = {
    "champions": "bought lately and often",
    "loyal": "buy often",
    "potential loyalists": "bought lately, more than once",
    "new": "bought for the first time lately",
    "promising": "bought fairly lately, seldom",
    "need attention": "middling in everything",
    "about to sleep": "seldom, and some time ago",
    "cannot lose them": "bought very often, but long ago",
    "at risk": "bought often, but not lately",
    "hibernating": "seldom, and long ago",
}


def sections(view: View) -> list[Section]:
    """A bar per segment and the table behind it; nothing where the rung's own answers name none."""
    rows = _rows(view)
    if not rows:
        return []
    money = any(row["value"] is not None for row in rows)
    what = "value" if money else "purchases"
    top = max(rows, key=lambda row: row[what])
    share = top[what] / max(sum(row[what] for row in rows), 1e-9)
    many = top["customers"] / sum(row["customers"] for row in rows)
    said = (
        f"“{top['segment'].capitalize()}” are {many:.0%} of the customers and account for {share:.0%} "
        f"of the expected {'value' if money else 'purchases'}."
    ).replace("%", " %")
    return [
        Section(
            "Segments: who is expected to buy",
            f"{said} A segment says what customers did so far, compared with the others; the "
            f"forecast beside it says what to expect of them.{_caution(view)}",
            lambda width: _picture(rows, width, what),
            f"Expected {what} by segment. {said}",
            _table(rows, view, money),
        )
    ]


def _caution(view: View) -> str:
    """A word of warning where the rung cannot tell of everybody whether they are customers still."""
    alive, learnt = view.at_now[view.rung]["alive"], view.models.get(view.rung, {})
    if alive.null_count == len(alive):
        return f" {NOBODY}" if "dropout_gain" in learnt else ""
    if not alive.null_count:
        return ""
    share = f"{alive.null_count / len(alive):.0%}".replace("%", " %")
    why = (
        ": its formula lets nobody leave before a second purchase, so of those who bought once it "
        "knows nothing there. Their forecast is low all the same"
        if {"a", "b", "r", "alpha"} <= set(learnt)
        else ""
    )
    return f" The last column: of {share} of the customers the rung cannot tell{why}."


def _rows(view: View) -> list[dict[str, Any]]:
    """Per segment: customers, expected purchases and value, and the mean chance of being a customer still."""
    if view.rung not in view.at_now:
        return []
    mine = view.at_now[view.rung].filter(pc.is_valid(view.at_now[view.rung]["segment"]))
    value, times = mine["value"], view.now_times
    totals = mine.group_by("segment").aggregate(
        [("segment", "count"), ("prediction", "sum"), ("value", "sum"), ("alive", "mean"),
         ("alive", "count")]
    )  # fmt: skip
    usual = _usual(view.history, mine)
    found = [
        {
            "segment": row["segment"],
            "bought": usual[row["segment"]],
            "customers": round(row["segment_count"] * times),
            "purchases": (row["prediction_sum"] or 0.0) * times,
            "value": None if value.null_count == len(value) else (row["value_sum"] or 0.0) * times,
            "alive": row["alive_mean"],
            "known": row["alive_count"] / row["segment_count"],  # of how many the rung can tell
        }
        for row in totals.to_pylist()
    ]
    order = list(ABOUT)
    place = {name: i for i, name in enumerate(order)}
    return sorted(found, key=lambda row: (place.get(row["segment"], len(order)), row["segment"]))


def _usual(history: History, mine: pa.Table) -> dict[str, str]:
    """Of each segment, what the customer in its middle did so far."""
    times, _, silent = profile(history, mine["customer"], history.now)
    names = mine["segment"].to_numpy(zero_copy_only=False)
    middles = {
        name: [
            float(np.quantile(each[names == name], 0.5, method="lower")) for each in (times, silent)
        ]
        for name in np.unique(names)
    }
    return {name: f"{bought_on(*middle)} ago" for name, middle in middles.items()}


def _table(rows: list[dict[str, Any]], view: View, money: bool) -> Table:
    unit = currency(view.history.ask)
    alive = any(row["alive"] is not None for row in rows)
    headings = ["Segment", "Who they are", "The middle one", "Customers", "Expected purchases"]
    headings += [f"Expected value {unit}".strip(), "Value each"] if money else []
    headings += ["Still customers"] if alive else []
    lines = []
    for row in rows:
        line = [row["segment"].capitalize(), ABOUT.get(row["segment"], ""), row["bought"],
                f"{row['customers']:,}", f"{row['purchases']:,.0f}"]  # fmt: skip
        line += [f"{row['value']:,.0f}", f"{row['value'] / row['customers']:,.2f}"] if money else []
        line += [_still(row)] if alive else []
        lines.append(tuple(line))
    return Table(tuple(headings), tuple(lines), ("Segment", "Who they are", "The middle one"))


def _still(row: dict[str, Any]) -> str:
    """The mean chance of being a customer still, and for how many there is one where not for all."""
    if row["alive"] is None:
        return "cannot tell"
    said = f"{100 * row['alive']:.0f} %"
    return said if row["known"] > 0.995 else f"{said} (known of {100 * row['known']:.0f} %)"


def _picture(rows: list[dict[str, Any]], width: int, what: str) -> Any:
    import altair as alt

    total, customers = sum(r[what] for r in rows) or 1, sum(r["customers"] for r in rows)
    long = [
        {"segment": row["segment"], "share": share, "of": of}
        for row in rows
        for of, share in ((f"of the expected {what}", row[what] / total),
                          ("of the customers", row["customers"] / customers))
    ]  # fmt: skip
    domain = [f"of the expected {what}", "of the customers"]
    return alt.Chart(alt.Data(values=long)).mark_bar().encode(
        x=alt.X("share:Q", title=None, axis=alt.Axis(format="%", tickCount=5)),
        y=alt.Y("segment:N", sort=[row["segment"] for row in rows], title=None,
                axis=alt.Axis(domain=False, ticks=False, labelLimit=140),
                scale=alt.Scale(paddingInner=0.25)),
        yOffset=alt.YOffset("of:N", sort=domain),
        color=alt.Color("of:N", scale=alt.Scale(domain=domain)),
    ).properties(width=width - 60, height=28 * len(rows))  # fmt: skip
