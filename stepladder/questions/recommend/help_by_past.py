"""Whom a list helps: how many find something in it, by how much was known of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepladder.core.fading import rules
from stepladder.core.stats import wilson
from stepladder.core.view import Section, View
from stepladder.questions.recommend import marked
from stepladder.questions.recommend.marked import Bools

EDGES = (1, 5, 20, 100)  # items a person had
FEWEST = 10  # of a group; fewer say nothing


def sections(view: View) -> list[Section]:
    """One picture; nothing where there is no other rung, or nobody to group."""
    other = marked.other(view)
    rows = _rows(view, other)
    if other == view.rung or not rows:
        return []
    said = _said(view, other, rows)
    return [
        Section(
            "Whom it helps",
            "How many of each hundred found at least one item in their list that they went on to take, "
            f"by how much was known of them. The lines allow for chance. {said}",
            lambda width: _picture(view, other, rows, width),
            f"Share of people who found something in their list, by what was known of them. {said}",
        )
    ]


def _rows(view: View, other: str) -> list[dict[str, Any]]:
    """Per group of people: how many there are, and the share of each rung's that found something."""
    mine, theirs = marked.lists(view, view.rung), marked.lists(view, other)
    return [
        {"group": name, "people": int(who.sum()), view.rung: int((mine.hit[who] > 0).sum()),
         other: int((theirs.hit[who] > 0).sum())}
        for name, who in _groups(mine)
        if who.sum() >= FEWEST
    ]  # fmt: skip


def _groups(marks: marked.Marks) -> list[tuple[str, Bools]]:
    found = [("newcomers", marks.stranger), ("newcomers, 5 known", marks.late)]
    for low, high in zip(EDGES, (*EDGES[1:], None), strict=True):
        name = f"{low} items or more" if high is None else f"{low} to {high - 1} items"
        upper = marks.had < high if high else np.ones(len(marks.had), bool)
        found.append((name, marks.known & (marks.had >= low) & upper))
    return found


def _said(view: View, other: str, rows: list[dict[str, Any]]) -> str:
    """Where the difference is largest, in one sentence; nothing that chance alone could have done."""
    names = f"“{view.labels[view.rung]}” and “{view.labels[other]}”"
    surely = [
        row for row in rows
        if wilson(row[view.rung], row["people"])[0] > wilson(row[other], row["people"])[1]
    ]  # fmt: skip
    if not surely:
        return f"The lines of {names} overlap: in no group does the one surely help more."
    best = max(surely, key=lambda row: (row[view.rung] - row[other]) / row["people"])
    shares = [100 * best[name] / best["people"] for name in (view.rung, other)]
    group = best["group"].replace(", 5 known", " whose first 5 items are known")
    who = group if group.startswith("new") else f"people who had {group}"
    return (
        f"“{view.labels[view.rung]}” helps most with {who}: {shares[0]:.0f} of a hundred found something, "
        f"against {shares[1]:.0f} with “{view.labels[other]}”."
    )


def _picture(view: View, other: str, rows: list[dict[str, Any]], width: int) -> Any:
    import altair as alt

    names = {rung: view.labels[rung] for rung in (view.rung, other)}
    long = []
    for row in rows:
        for rung, name in names.items():
            low, high = wilson(row[rung], row["people"])
            share = row[rung] / row["people"]
            group = f"{row['group']} ({row['people']:,})"
            long.append({"group": group, "rung": name, "share": share, "low": low, "high": high})
    order = list(dict.fromkeys(row["group"] for row in long))
    domain = list(names.values())
    base = alt.Chart(alt.Data(values=long)).encode(
        y=alt.Y("group:N", sort=order, title=None,
                axis=alt.Axis(domain=False, ticks=False, labelLimit=200),
                scale=alt.Scale(paddingInner=0.35)),
        yOffset=alt.YOffset("rung:N", sort=domain, scale=alt.Scale(paddingOuter=0.3)),
        color=alt.Color("rung:N", scale=alt.Scale(domain=domain), legend=alt.Legend(symbolOpacity=1)),
    )  # fmt: skip
    axis = alt.Axis(format="%", tickCount=5)
    x = alt.X("share:Q", title="found something", axis=axis, scale=alt.Scale(zero=True))
    ranges = rules(base, "share", "low", "high", 4, x=True, title="found something", axis=axis)
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=x, shape=alt.Shape("rung:N", scale=alt.Scale(domain=domain, range=["circle", "diamond"]))
    )
    return alt.layer(*ranges, dots).properties(width=width - 130, height=44 * len(order))
