"""The picture of the bake-off in money: what each rung's list brought at each cutoff."""

from __future__ import annotations

from typing import Any

from stepladder.bakeoff.result import Result, RungResult
from stepladder.core.fading import rules
from stepladder.report.drawing import ACCENT, WARN
from stepladder.report.ladder_chart import climb
from stepladder.report.words import label, month


def cutoffs(result: Result, width: int) -> Any:
    """Per rung, what its list brought at each cutoff with its interval; the exam apart."""
    import altair as alt

    rungs = [rung for rung in climb(result) if rung.status == "ok"]
    per_row, slant = (2, -60) if width < 400 else (3, -35)
    data = alt.Data(values=[row for rung in rungs for row in _moments(result, rung)])
    base = alt.Chart(data).encode(
        x=alt.X("at:O", sort=None, title=None, axis=alt.Axis(labelAngle=slant, grid=False)),
        color=alt.Color("role:N", scale=alt.Scale(
            domain=["when choosing", "exam"], range=[ACCENT, WARN]), legend=alt.Legend(symbolOpacity=1)),
    )  # fmt: skip
    y = alt.Y("brought:Q", title=None, axis=alt.Axis(format="~s", tickCount=4))
    layers = [*rules(base, "brought", "low", "high", 4),
              base.mark_point(filled=True, size=60, opacity=1).encode(y=y)]  # fmt: skip
    each = (width - 30 * (per_row - 1)) // per_row
    order = [label(rung.rung, rung.title) for rung in rungs]
    return alt.layer(*layers, data=data).properties(width=each, height=120).facet(
        facet=alt.Facet("rung:N", sort=order, header=alt.Header(title=None)), columns=per_row
    )  # fmt: skip


def _moments(result: Result, rung: RungResult) -> list[dict[str, Any]]:
    assert result.lists is not None
    found = result.lists.of(rung.rung).brought.cutoffs
    return [
        {
            "rung": label(rung.rung, rung.title),
            "at": month(at.now),
            "role": "exam" if at.role == "report" else "when choosing",
            "brought": one.amount,
            "low": one.low,
            "high": one.high,
        }
        for at, one in zip(rung.cutoffs, found, strict=True)
    ]
