"""What is said of an input: how it moved, and how small a change would go unnoticed."""

from __future__ import annotations

from dataclasses import replace

from stepladder.report.words import day, number, percent
from stepladder.watch.watched import Input


def said(found: Input) -> Input:
    """The same input with its sentence."""
    return replace(found, sentence=_sentence(found))


def figure(value: float | None, of: Input) -> str:
    """A figure of the input as people write it."""
    shares = of.statistic == "nulls" or of.statistic.startswith("share of ")
    if shares and value is not None and 0 < value < 0.0005:
        return f"{100 * value:.1g}\u00a0%"
    return percent(value) if shares else number(value)


def least(found: Input) -> str:
    """The smallest change that would be found, in words."""
    if found.smallest is None:
        return "–"
    if found.statistic in ("rows", "distinct", "spread"):
        return (
            "more than double" if found.smallest > 1 else f"{percent(found.smallest)} more or less"
        )
    said = figure(found.smallest, found)
    return said if found.spreads is None else f"{said} ({found.spreads:.2f} standard deviations)"


def _sentence(found: Input) -> str:
    if found.state == "not judged":
        return f"Not judged: {found.past} weeks of past so far."
    name = found.words[:1].upper() + found.words[1:]
    usual = f"{figure(found.low, found)} and {figure(found.high, found)}"
    moved = (
        f"{name}: {figure(found.value, found)} in the last week; usual weeks lie between {usual}"
    )
    if found.state == "alarm":
        return f"{moved}. Out of line since the week of {day(found.since)}."
    if found.state == "unusual":
        return f"{moved}. One week alone raises no alarm: the next one will tell."
    return ""
