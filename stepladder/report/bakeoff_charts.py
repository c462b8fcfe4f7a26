"""Pictures of the bake-off itself: each cutoff's differences, and forecasts against what came."""

from __future__ import annotations

from typing import Any

from stepladder.bakeoff.result import Result, RungResult
from stepladder.core.fading import rules
from stepladder.report.drawing import ACCENT, GOOD, MUTED, WARN, figures
from stepladder.report.ladder_chart import climb
from stepladder.report.words import label, listed, month, percent

FLOOR, CEILING = -0.5, 1.3  # shares of the gain beyond these are drawn at the edge
# a name, and below it the field's: side by side they would run into each other
TWO_LINES = "split(replace(datum.label, ' (', '|('), '|')"


def cutoffs(result: Result, width: int) -> Any:
    """Per rung, the share of the gain it kept at each cutoff with its interval; the exam apart."""
    import altair as alt

    rungs = _beside(result)
    per_row, slant = (2, -60) if width < 400 else (3, -35)
    data = alt.Data(values=[row for rung in rungs for row in _shares(rung)])
    low = min([row["low"] for row in data.values] + [0.5])
    scale = alt.Scale(domain=[max(FLOOR, low), CEILING if _above(data) else 1.1], clamp=True)
    base = alt.Chart(data).encode(
        x=alt.X("at:O", sort=None, title=None, axis=alt.Axis(labelAngle=slant, grid=False)),
        color=alt.Color("role:N", scale=alt.Scale(
            domain=["when choosing", "exam"], range=[ACCENT, WARN]), legend=alt.Legend(symbolOpacity=1)),
    )  # fmt: skip
    y = alt.Y("kept:Q", title=None, scale=scale, axis=alt.Axis(format="%", tickCount=4))
    layers = [*rules(base, "kept", "low", "high", 4, scale=scale),
              base.mark_point(filled=True, size=60, opacity=1).encode(y=y)]  # fmt: skip
    if result.good_enough_money is None:
        band = alt.Chart(data).mark_rect(fill=GOOD, opacity=0.25).encode(
            y=alt.Y("enough:Q", scale=scale), y2=alt.Y2(datum=1.0))  # fmt: skip
        band = band.transform_filter(alt.datum.first)
        layers.insert(0, band.transform_calculate(enough=str(1 - result.good_enough)))
    each = (width - 20 * (per_row - 1)) // per_row
    order = [label(rung.rung, rung.title) for rung in rungs]
    header = alt.Header(title=None, labelExpr=TWO_LINES)
    return alt.layer(*layers, data=data).properties(width=each, height=120).facet(
        facet=alt.Facet("rung:N", sort=order, header=header), columns=per_row
    )  # fmt: skip


def _beside(result: Result) -> list[RungResult]:
    """All but the ends of the scale: of itself the best keeps everything, and the reference nothing."""
    best, foot = result.proposal.best, result.proposal.reference
    rungs = [rung for rung in climb(result) if rung.status == "ok" and rung.rung != foot]
    return [rung for rung in rungs if rung.rung != best] or rungs


def of_the_best(result: Result) -> str:
    """How much less the best lost than the reference at each moment, since of itself it keeps everything."""
    found = {rung.rung: rung for rung in result.rungs}
    best, foot = found[result.proposal.best], found[result.proposal.reference]
    pairs = list(zip(best.cutoffs, foot.cutoffs, strict=True))
    if best is foot or any(theirs.estimate.loss <= 0 for _, theirs in pairs):
        return ""
    less = [1 - mine.estimate.loss / theirs.estimate.loss for mine, theirs in pairs]
    said = [f"{percent(abs(each))} {'smaller' if each >= 0 else 'larger'}" for each in less]
    who, usual = (f"“{label(one.rung, one.title)}”" for one in (best, foot))
    return (
        f"{who}, the best, is what the others are measured by. Beside that of {usual} its own loss was "
        f"{listed(said[:-1])}, in the exam {said[-1]}."
    )


def _above(data: Any) -> bool:
    return any(row["high"] > 1.1 for row in data.values)


def _shares(rung: RungResult) -> list[dict[str, Any]]:
    return [
        {
            "rung": label(rung.rung, rung.title),
            "at": month(at.now),
            "first": nth == 0,
            "role": "exam" if at.role == "report" else "when choosing",
            "kept": 1 - at.estimate.worse,
            "low": max(1 - at.estimate.worse_high, FLOOR),
            "high": min(1 - at.estimate.worse_low, CEILING),
        }
        for nth, at in enumerate(rung.cutoffs)
    ]


def calibration(rungs: list[RungResult], width: int) -> Any:
    """Predicted against actual by bin, with the uncertainty of the actual mean, and the ideal line."""
    import altair as alt

    values: list[dict[str, Any]] = [
        {"rung": label(rung.rung, rung.title), "predicted": bin.predicted, "actual": bin.actual,
         "low": max(bin.actual_low, 0.0), "high": bin.actual_high, "cases": bin.cases}
        for rung in rungs for bin in rung.calibration
    ]  # fmt: skip
    top = max([max(row["predicted"], row["high"]) for row in values] + [1e-9])
    scale = alt.Scale(type="sqrt", domain=[0, top])
    said = figures(top)
    across, up = alt.Axis(tickCount=5, grid=False, format=said), alt.Axis(tickCount=5, format=said)
    line = alt.Chart(alt.Data(values=[{"at": top * i / 50} for i in range(51)])).mark_line(
        color=MUTED, strokeDash=[4, 4], strokeWidth=1.5
    ).encode(x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale))  # fmt: skip
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("predicted:Q", scale=scale, title="forecast, on average", axis=across),
        color=alt.value(ACCENT),
    )
    bars = rules(base, "actual", "low", "high", 4, scale=scale, title="came, on average", axis=up)
    dots = base.mark_point(filled=True, size=55, opacity=1).encode(y=alt.Y("actual:Q", scale=scale))
    columns = 1 if width < 400 or len(rungs) == 1 else 2
    each = min((width - 60 * (columns - 1)) // columns, 360)
    charts = [
        alt.layer(line, *(layer.transform_filter(alt.datum.rung == label(rung.rung, rung.title))
                          for layer in (*bars, dots)))
        .properties(width=each, height=each * 0.8, title=label(rung.rung, rung.title))
        for rung in rungs
    ]  # fmt: skip
    return alt.concat(*charts, columns=columns)
