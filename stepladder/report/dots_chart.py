"""Whether a forecast of two means two: what came of those who were forecast so, on average and for one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import log
from typing import Any

from stepladder.bakeoff.result import CalibrationBin, RungResult
from stepladder.core.question import Question, case_word
from stepladder.report.drawing import ACTUAL, INK, WARN, Drawn, draw, figures
from stepladder.report.words import number

TWO, NEAR = 2.0, 1.5  # a group is about two if it is at most so many times as far
COLUMNS = 16  # of dots, where outcomes are not whole or far apart
DOT = 17  # pixels from one dot to the next above


@dataclass(frozen=True)
class Dots:
    """The group, how its forecast is called, what came of it in a sentence, and twenty dots of that."""

    about: str
    said: str
    picture: Drawn | None


def dots(rung: RungResult, question: Question, answer: str) -> Dots | None:
    """The group about two, else the middle one; None of old bake-offs, which did not keep what came."""
    groups = [group for group in rung.calibration if group.came]
    if not groups:
        return None
    group = min(groups, key=lambda one: abs(log(max(one.predicted, 1e-9) / TWO)))
    two = TWO / NEAR <= group.predicted <= TWO * NEAR
    if not two:
        group = groups[len(groups) // 2]
    about = f"{TWO:g}" if two else _short(group.predicted)
    if question.INTERVALS == "share":
        return Dots(about, _of_share(group, answer), None)
    return Dots(about, _said(group, about, question, answer), draw(lambda width: _picture(group, width),
        f"Twenty dots: what came of twenty whose {answer} was about {number(group.predicted)}."))  # fmt: skip


def _said(group: CalibrationBin, about: str, question: Question, answer: str) -> str:
    """The average, and the twenty quantiles' ends: the middle 95 of 100 outcomes, or 19 of 20."""
    one = case_word(question) if question.KEYS == question.CASE else answer
    mean, actual, low, high = map(
        _short, (group.predicted, group.actual, group.came[0], group.came[-1])
    )
    mean = "" if mean == about else f" ({mean} on average)"
    return (
        f"Of those whose {answer} was about {about}{mean}, on average {actual} came; for one {one} {low} to "
        f"{high}, 19 times of 20."
    )


def _of_share(group: CalibrationBin, answer: str) -> str:
    said, came = (f"{100 * each:.0f} of 100" for each in (group.predicted, group.actual))
    return f"Where the {answer} was about {said}, it came true for {came}."


def _short(value: float) -> str:
    """As many digits as matter."""
    said = number(value if value == round(value) else float(f"{value:.2g}"))
    return said.rstrip("0").rstrip(".") if "." in said else said


def _picture(group: CalibrationBin, width: int) -> Any:
    import altair as alt

    values, wide = _stacked(group), min(width, 460)
    most = max(each["up"] for each in values)
    ends = [min(0.0, group.came[0]), max(group.came[-1], group.predicted)]
    room = (ends[1] - ends[0]) / COLUMNS
    scale = alt.Scale(domain=[ends[0] - room / 2, ends[1] + room], nice=False)
    axis = alt.Axis(tickCount=6, grid=False, format=figures(ends[1]))
    x = alt.X("at:Q", scale=scale, title="what came: each dot is 1 of 20", axis=axis)
    y = alt.Y("up:Q", axis=None, scale=alt.Scale(domain=[0, most + 0.6]))
    drawn = alt.Chart(alt.Data(values=values)).mark_point(
        filled=True, size=130, opacity=1, color=ACTUAL
    )
    here = alt.Chart(alt.Data(values=[{"at": group.predicted, "said": "forecast"}]))
    rule = here.mark_rule(color=WARN, strokeWidth=2, strokeDash=[4, 3]).encode(x=x)
    said = here.mark_text(color=INK, align="left", dx=5, dy=2, baseline="top")
    return alt.layer(
        rule, drawn.encode(x=x, y=y), said.encode(x=x, y=alt.value(0), text="said:N")
    ).properties(width=wide, height=DOT * (most + 1.6))  # fmt: skip


def _stacked(group: CalibrationBin) -> list[dict[str, float]]:
    """A place for each dot: as many above each other as came to the same, or nearly the same."""
    low, high = group.came[0], group.came[-1]
    step = max((high - low) / COLUMNS, 1e-9)
    if all(each == round(each) for each in group.came):
        step = max(step, 1.0) if high - low <= COLUMNS else float(-(-(high - low) // COLUMNS))
    seen: Counter[float] = Counter()
    found = []
    for each in group.came:
        at = round(each / step) * step
        seen[at] += 1
        found.append({"at": at, "up": seen[at] - 0.4})
    return found
