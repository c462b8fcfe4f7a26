"""All series in one picture, and all of them added up."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepladder.core.view import Section, Table, View
from stepladder.questions.forecast.fans import SHORT, data
from stepladder.questions.forecast.figures import figure
from stepladder.questions.forecast.missed import NEARER, Missed

FEW = 4  # all of fewer are drawn by themselves
SOME = 10  # of those that gained most, by name
DECADES = [10.0**n for n in range(-6, 13)]
TIMES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]


def sections(view: View, found: Missed) -> list[Section]:
    """How large and how far off each series is; which of them the rung is worth it for."""
    if len(found.names) < FEW:
        return []
    picture = Section(
        "All series at once",
        "A dot is a series: to the right the large ones, further up those that were missed by more, in units "
        "of how far each usually moves from itself a season earlier: above the line the forecast was further "
        f"off than that. {told(view, found)}",
        lambda width: _dots(found, width),
        f"Every series by its size and how far its forecast was off. {told(view, found)}",
    )
    return [picture, *_gained(view, found)]


def told(view: View, found: Missed) -> str:
    """For how many series the rung was worth it, against the reference, at the exam."""
    if view.reference == view.rung or not found.names:
        return ""
    mine, usual = (f"“{view.labels[rung]}”" for rung in (view.rung, view.reference))
    n, better, worse = len(found.names), int(found.nearer.sum()), int(found.further.sum())
    if n == 1:
        which = "nearer than" if better else "further off than" if worse else "about as near as"
        return f"At the exam {mine} was {which} {usual}."
    return (
        f"At the exam {n - better:,} of {n:,} series needed nothing more than {usual}; for the other "
        f"{better:,} {mine} was nearer, by a tenth or more. (For {worse:,} it was further off by as much.)"
    )


def _gained(view: View, found: Missed) -> list[Section]:
    """Those for which the rung is worth it, by name; where it is shown beside another."""
    gain = found.usual - found.mine
    best = [i for i in np.argsort(-gain, kind="stable")[:SOME] if found.nearer[i]]
    if not best or view.reference == view.rung:
        return []
    rows = tuple(
        (found.names[i], figure(found.level[i]), f"{found.usual[i]:.2f}", f"{found.mine[i]:.2f}")
        for i in best
    )
    headings = (
        "series",
        "usual size",
        f"off by “{view.labels[view.reference]}”",
        "off by this rung",
    )
    share = gain[found.nearer].sum() and gain[best].sum() / gain[found.nearer].sum()
    return [
        Section(
            "Where it is worth it",
            f"The series that gained most, by {NEARER:.0%} or more: these {len(best)} hold "
            f"{100 * share:.0f} % of all that was gained. One window does not say that they will be the same "
            "next time.".replace("10%", "10 %"),
            table=Table(headings, rows, words=("series",)),
        )
    ]


def _dots(found: Missed, width: int) -> Any:
    import altair as alt

    kept = np.flatnonzero((found.level > 0) & np.isfinite(found.mine))
    values = [
        {"level": float(f"{found.level[i]:.4g}"), "off": round(float(max(found.mine[i], 1e-2)), 3),
         "than": "nearer than the reference" if found.nearer[i] else "not nearer"}
        for i in kept
    ]  # fmt: skip
    domain = ["nearer than the reference", "not nearer"]
    usual = alt.Chart(alt.Data(values=[{"off": 1}])).mark_rule(strokeDash=[4, 4])
    dots = (
        alt.Chart(data(values))
        .mark_point(filled=True, size=18, opacity=0.5)
        .encode(
            x=alt.X("level:Q", title="usual size (each mark is ten times the one before)",
                    scale=alt.Scale(type="log"),
                    axis=alt.Axis(values=DECADES, labelExpr=SHORT)),
            y=alt.Y("off:Q", title="off, in its own units (unevenly spaced)", scale=alt.Scale(type="log"),
                    axis=alt.Axis(values=TIMES, format="~r")),
            color=alt.Color("than:N", scale=alt.Scale(domain=domain),
                            legend=alt.Legend(symbolOpacity=1, symbolSize=60)),
        )
    )  # fmt: skip
    return (usual.encode(y="off:Q") + dots).properties(width=width, height=260)
