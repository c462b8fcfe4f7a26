"""Ranges that fade instead of ending: where half of all draws lie, where 80 of 100 do, and where 95 do."""

from __future__ import annotations

from typing import Any

PARTS = (1.0, 0.654, 0.344)  # of the way to the ends that hold 95 of 100: those of 80, and of 50
OPACITY = (0.28, 0.35, 0.5)  # each lies over the one before
SAID = (
    "A line is darkest where 50 of 100 such comparisons lie, and fades where 80 and 95 do. It allows for "
    "chance in the comparison, not for how {people} differ."
)


def faded(at: float, low: float, high: float) -> list[tuple[float, float]]:
    """The range that holds 95 of 100, and those of 80 and 50 within, as a normal distribution has them."""
    return [(at - part * (at - low), at + part * (high - at)) for part in PARTS]


def rules(base: Any, at: str, low: str, high: str, size: float, **along: Any) -> list[Any]:
    """An altair chart's ranges, named by their fields, as three rules one over the other.

    along: what the channel is given beside its field, as scale and title; upright, or with `x=True` across.
    """
    import altair as alt

    upright = not along.pop("x", False)
    drawn = []
    for part, opacity in zip(PARTS, OPACITY, strict=True):
        ends = {
            "_low": f"datum['{at}'] - {part} * (datum['{at}'] - datum['{low}'])",
            "_high": f"datum['{at}'] + {part} * (datum['{high}'] - datum['{at}'])",
        }
        rule = base.transform_calculate(**ends).mark_rule(strokeWidth=size, opacity=opacity)
        if upright:
            drawn.append(rule.encode(y=alt.Y("_low:Q", **along), y2="_high:Q"))
        else:
            drawn.append(rule.encode(x=alt.X("_low:Q", **along), x2="_high:Q"))
    return drawn
