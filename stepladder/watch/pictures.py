"""The watch in pictures: each window's gain beside the bake-off's, forecasts against what came, and weeks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from stepladder.core.fading import rules
from stepladder.report.drawing import ACCENT, ACTUAL, MUTED, WARN, Drawn, draw, figures
from stepladder.report.words import month
from stepladder.watch.findings import Calibrated, Figure, Input, Judgement, Realised

CARD = 300  # pixels, of a small picture
THEN, NOW = "in the bake-off", "what came since"


def windows(found: Realised) -> Drawn | None:
    """Every window's gain over the reference, or loss where there is none, with its interval."""
    if not found.windows:
        return None
    gains = all(each.gain is not None for each in (*found.windows, *found.bakeoff))
    rows = [_row(each, THEN, gains) for each in found.bakeoff]
    rows += [_row(each, NOW, gains) for each in reversed(found.windows)]
    what = "Share of the reference's loss that was saved" if gains else "Mean loss per case"
    return draw(lambda width: _windows(rows, gains, width), f"{what}, window by window.")


def _row(window: Judgement, who: str, gains: bool) -> dict[str, Any]:
    value = (window.gain, window.gain_low, window.gain_high)
    if not gains:
        value = (window.loss, window.loss_low, window.loss_high)
    figures = dict(zip(("value", "low", "high"), value, strict=True))
    return {"at": window.as_of, "label": month(window.as_of), "who": who, **figures}


def _windows(rows: list[dict[str, Any]], gains: bool, width: int) -> Any:
    import altair as alt

    order = [row["label"] for row in sorted(rows, key=lambda row: row["at"])]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("label:O", sort=list(dict.fromkeys(order)), title="forecast as of (in order, not to scale)",
                axis=alt.Axis(labelAngle=0 if width > 400 else -35, grid=False)),
        xOffset=alt.XOffset("who:N", sort=[THEN, NOW]),
        color=alt.Color("who:N", scale=alt.Scale(domain=[THEN, NOW], range=[MUTED, ACCENT]),
                        legend=alt.Legend(symbolOpacity=1, symbolType="circle")),
    )  # fmt: skip
    axis = alt.Axis(format="%" if gains else "~g", tickCount=5)
    title = "saved of the reference's loss" if gains else "loss per case"
    scale = alt.Scale(zero=gains)
    ranges = rules(base, "value", "low", "high", 5, title=title, axis=axis, scale=scale)
    dots = base.mark_point(filled=True, size=75, opacity=1).encode(y=alt.Y("value:Q", scale=scale))
    return alt.layer(*ranges, dots).properties(width=width, height=190)


def calibration(found: Calibrated) -> Drawn:
    """Predicted against actual in groups of similar forecasts."""
    alt = "Average forecast against what came on average, in groups of similar forecasts."
    return draw(lambda width: _calibration(found, min(width, 380)), alt)


def _calibration(found: Calibrated, width: int) -> Any:
    import altair as alt

    rows = [
        {
            "predicted": g.predicted,
            "actual": g.actual,
            "low": max(g.actual_low, 0.0),
            "high": g.actual_high,
        }
        for g in found.groups
    ]
    top = max([max(row["predicted"], row["high"]) for row in rows] + [1e-9])
    scale = alt.Scale(type="sqrt", domain=[0, top])
    axis = alt.Axis(tickCount=5, grid=False, format=figures(top))
    ideal = alt.Chart(alt.Data(values=[{"at": top * i / 50} for i in range(51)])).mark_line(
        color=MUTED, strokeDash=[4, 4], strokeWidth=1.5
    ).encode(x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale))  # fmt: skip
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("predicted:Q", scale=scale, title="forecast, on average", axis=axis),
        color=alt.value(ACCENT),
    )
    ranges = rules(
        base, "actual", "low", "high", 4, scale=scale, title="came, on average", axis=axis
    )
    dots = base.mark_point(filled=True, size=55, opacity=1).encode(y=alt.Y("actual:Q", scale=scale))
    return alt.layer(ideal, *ranges, dots).properties(width=width, height=width * 0.72)


def weeks(found: Input) -> Markup | None:
    """One input's weeks as a line, over the band in which usual weeks lie."""
    rows = [
        {"week": week, "value": value, "low": low, "high": high}
        for week, value, low, high in zip(
            found.weeks, found.values, found.lows, found.highs, strict=True
        )
        if value is not None
    ]
    if len(rows) < 2:
        return None
    alt = f"{found.words}, week by week, and where usual weeks lie."
    return draw(lambda _: _weeks(rows, found), alt).narrow


def _weeks(rows: list[dict[str, Any]], found: Input) -> Any:
    import altair as alt

    shares = found.statistic == "nulls" or found.statistic.startswith("share of ")
    y = alt.Axis(tickCount=4, format="~%" if shares else "~s", title=None)
    x = alt.X("week:T", title=None, axis=alt.Axis(format="%b %y", grid=False, tickCount=3))
    scale = alt.Scale(zero=False, domain=_range(rows, 0.02 if shares else 0.0), clamp=True)
    judged = [row for row in rows if row["low"] is not None]
    band = alt.Chart(alt.Data(values=judged)).mark_area(color=ACCENT, opacity=0.16).encode(
        x=x, y=alt.Y("low:Q", scale=scale, axis=y), y2="high:Q"
    )  # fmt: skip
    line = alt.Chart(alt.Data(values=rows)).mark_line(color=ACTUAL, strokeWidth=1.5).encode(
        x=x, y=alt.Y("value:Q", scale=scale, axis=y)
    )  # fmt: skip
    out = [row for row in judged if not row["low"] <= row["value"] <= row["high"]]
    dots = alt.Chart(alt.Data(values=out)).mark_point(
        filled=True, color=WARN, size=36, opacity=1
    ).encode(x=x, y=alt.Y("value:Q", scale=scale))  # fmt: skip
    return alt.layer(band, line, dots).properties(width=CARD - 60, height=105)


def _range(rows: Sequence[dict[str, Any]], least: float) -> list[float]:
    """So that the line fills the picture; the band may leave it."""
    values = [row["value"] for row in rows]
    room = max((max(values) - min(values)) * 0.6, least) or abs(values[0]) * 0.1 or 1.0
    return [
        min(values) - room if min(values) < 0 else max(min(values) - room, 0.0),
        max(values) + room,
    ]


def spark(figure: Figure) -> Markup | None:
    """The figure's last weeks as a small line."""
    values = [value for _, value in figure.past if value is not None] + [figure.value or 0.0]
    if len(values) < 3:
        return None
    low, high = min(values), max(values)
    size = (high - low) or 1.0
    points = " ".join(
        f"{100 * i / (len(values) - 1):.1f},{22 - 20 * (value - low) / size:.1f}"
        for i, value in enumerate(values)
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" '
        f'aria-label="the last {len(values)} weeks" focusable="false"><polyline points="{points}"/></svg>'
    )
