"""All series in one picture, and all of them added up."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepladder.core.view import Section, Table, View
from stepladder.questions.forecast.missed import NEARER, Missed, other

SOME = 10  # of those that gained most, by name
DECADES = [10.0**n for n in range(-6, 13)]
TWOS = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16]


def sections(view: View, found: Missed) -> list[Section]:
    """How large and how far off each series is; which of them the rung is worth it for."""
    if not found.names:
        return []
    picture = Section(
        "All series at once",
        "A dot is a series: to the right the large ones, further up those that were missed by more, in units "
        f"of how far each usually moves from itself a season earlier. {told(view, found)}",
        lambda width: _dots(found, width),
        f"Every series by its size and how far its forecast was off. {told(view, found)}",
    )
    return [picture, *_gained(view, found)]


def told(view: View, found: Missed) -> str:
    """For how many series the rung was worth it, against the reference, at the exam."""
    usual = other(view)
    if usual == view.rung:
        return ""
    n, better, worse = len(found.names), int(found.nearer.sum()), int(found.further.sum())
    return (
        f"“{view.labels[view.rung]}” was nearer than “{view.labels[usual]}”, by a tenth or more, for "
        f"{better:,} of {n:,} series; for {worse:,} it was further off, for {n - better - worse:,} alike: "
        f"{n - better:,} of {n:,} needed nothing more."
    )


def _gained(view: View, found: Missed) -> list[Section]:
    """Those for which the rung is worth it, by name; where it is shown beside another."""
    gain = found.usual - found.mine
    best = [i for i in np.argsort(-gain, kind="stable")[:SOME] if found.nearer[i]]
    if not best or other(view) == view.rung:
        return []
    rows = tuple(
        (found.names[i], f"{found.level[i]:,.4g}", f"{found.usual[i]:.2f}", f"{found.mine[i]:.2f}")
        for i in best
    )
    headings = ("series", "usual size", f"off by “{view.labels[other(view)]}”", "off by this rung")
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
    return (
        alt.Chart(alt.Data(values=values))
        .mark_point(filled=True, size=18, opacity=0.5)
        .encode(
            x=alt.X("level:Q", title="usual size of the series", scale=alt.Scale(type="log"),
                    axis=alt.Axis(values=DECADES, format="~s")),
            y=alt.Y("off:Q", title="off, in its own units", scale=alt.Scale(type="log"),
                    axis=alt.Axis(values=TWOS)),
            color=alt.Color("than:N", scale=alt.Scale(domain=domain)),
        )
        .properties(width=width, height=260)
    )  # fmt: skip
