"""Other figures of the exam: a row for each, a column per rung, and a sentence that says what it is."""

from __future__ import annotations

from dataclasses import dataclass

from stepladder.bakeoff.result import Measure, Result
from stepladder.report.ladder_chart import climb
from stepladder.report.words import number, percent


@dataclass(frozen=True)
class Line:
    """One measure: its name, the sentence that follows a figure of it, and the figures by rung."""

    name: str
    sentence: str
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Measures:
    """The rungs that have figures, the highest first, and the lines."""

    rungs: tuple[str, ...]
    lines: tuple[Line, ...]


def measures(result: Result) -> Measures | None:
    """The measures of every rung that ran; None where there are none."""
    rungs = [rung for rung in climb(result)[::-1] if rung.measures]
    if not rungs:
        return None
    said = {each.name: each for rung in rungs for each in rung.measures}
    by_rung = [{each.name: each for each in rung.measures} for rung in rungs]
    lines = [
        Line(
            one.title or _titled(name), _shares(one.sentence),
            tuple(_figure(mine.get(name)) for mine in by_rung),
        )
        for name, one in said.items()
    ]  # fmt: skip
    return Measures(tuple(rung.rung for rung in rungs), tuple(lines))


def _titled(name: str) -> str:
    return name[:1].upper() + name[1:]


def _shares(sentence: str) -> str:
    """What follows a share: the table has the figure at its side."""
    return f"… {sentence}" if sentence.startswith("of ") else sentence


def _figure(measure: Measure | None) -> str:
    """A share of something in per cent, anything else as a number."""
    if measure is None:
        return "–"
    return percent(measure.value) if measure.sentence.startswith("of ") else number(measure.value)
