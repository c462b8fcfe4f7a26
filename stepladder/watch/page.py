"""Write the watch as one HTML page that needs nothing else: the business's own figures first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stepladder import questions
from stepladder.core import files
from stepladder.report import words
from stepladder.report.drawing import Drawn
from stepladder.report.rendered import rendered
from stepladder.watch import pictures
from stepladder.watch.drift import figure, least
from stepladder.watch.findings import Drift, Figure, Input, Watched

DRAWN = 6  # inputs that are drawn; all are in the table
LISTED = 120  # inputs in the table
HEADLINES = {
    "nothing": "Nothing to do",
    "recalibrate": "Recalibrate the forecasts",
    "refit": "Let the rung learn anew",
    "new bake-off": "Run a new bake-off",
}
TAGS = {"fine": "fine", "off target": "off target", "beyond limit": "beyond its limit"}


def write_page(watched: Watched, path: Path) -> Path:
    """Write the page and return where it is; the same input gives the same bytes, whole or not at all."""
    files.write(path, html(watched))
    return path


def html(watched: Watched) -> str:
    """The page as text."""
    style = Path(__file__).parent / "templates" / "watch.css"
    return rendered("stepladder.watch", "watch", contents(watched), style)


def contents(watched: Watched) -> dict[str, Any]:
    """What the templates of the page need; pictures are drawn here."""
    found, question = watched.realised, questions.load(watched.question)
    return {
        "watched": watched,
        "realised": found,
        "rung": found.called,
        "reference": words.label(found.reference),
        "people": words.many(" ".join(question.CASE)),
        "headline": _headline(watched),
        "figures": [_figure(each) for each in watched.figures],
        "windows": pictures.windows(found),
        "calibration": _calibration(watched),
        "drawn": _drawn(watched.drift),
        "inputs": [_line(each) for each in watched.drift.inputs[:LISTED]],
        "more": max(len(watched.drift.inputs) - LISTED, 0),
        "drift": watched.drift,
    }


def _headline(watched: Watched) -> str:
    """What to do; a figure beyond its limit is nothing that the forecasts could mend."""
    if watched.suggestion.step == "nothing" and watched.alarms:
        return "The forecasts may stay as they are"
    return HEADLINES[watched.suggestion.step]


def _calibration(watched: Watched) -> Drawn | None:
    found = watched.realised.calibration
    return pictures.calibration(found) if found and len(found.groups) > 1 else None


def said(found: Figure, value: float | None) -> str:
    """A value of a figure of the business's, with its unit."""
    if found.unit == "" or found.unit.isalpha():  # an amount
        return words.money(value or 0.0, found.unit)
    return f"{words.number(value)} {found.unit}"


def _figure(found: Figure) -> dict[str, Any]:
    goals = []
    if found.target is not None:
        goals.append(f"target {said(found, found.target)}")
    if found.limit is not None:
        goals.append(f"limit {said(found, found.limit)}")
    return {
        "figure": found,
        "value": said(found, found.value) if found.value is not None else "–",
        "goals": ", ".join(goals),
        "tag": TAGS.get(found.verdict, ""),
        "spark": pictures.spark(found),
    }


def _drawn(drift: Drift) -> list[dict[str, Any]]:
    """Those in alarm, then those that moved most for what they usually do."""
    judged = [each for each in drift.inputs if each.state != "not judged"]
    ranked = sorted(judged, key=lambda each: (each.state != "alarm", -_moved(each)))
    found = [{"input": each, "picture": pictures.weeks(each)} for each in ranked[:DRAWN]]
    return [each for each in found if each["picture"]]


def _moved(found: Input) -> float:
    """How far the last week is from expected, in tolerances."""
    if None in (found.value, found.expected, found.low, found.high):
        return 0.0
    value, expected = found.value or 0.0, found.expected or 0.0
    wide = ((found.high or 0.0) - (found.low or 0.0)) / 2
    return abs(value - expected) / wide if wide > 0 else 0.0


def _line(found: Input) -> dict[str, str]:
    usual = "–"
    if found.low is not None and found.high is not None:
        usual = f"{figure(found.low, found)} to {figure(found.high, found)}"
    since = f"out of line since {words.day(found.since)}" if found.since else ""
    said = {"unusual": "unusual this week", "not judged": "not judged yet", "quiet": ""}
    return {
        "words": found.words,
        "table": found.table,
        "value": figure(found.value, found),
        "usual": usual,
        "least": least(found),
        "state": since or said[found.state],
    }
