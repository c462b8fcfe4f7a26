"""A course laid out as lines of a picture: what was, what was said with its range, and what came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from stepladder.core.view import Course

WIDE, HIGH, AIR = 600.0, 160.0, 8.0


@dataclass(frozen=True)
class Laid:
    """Points as SVG writes them; the day where what was said begins; the least and most drawn."""

    was: str
    said: str
    came: str
    range: str
    cutoff: float
    least: float
    most: float
    first: date
    last: date


def laid(course: Course) -> Laid | None:
    """The lines of a picture 600 wide and 160 high; None where there is nothing to draw."""
    said = [(when, value) for when, value, _, _ in course.said]
    lows = [(when, low) for when, _, low, _ in course.said if low is not None]
    highs = [(when, high) for when, _, _, high in course.said if high is not None]
    points = [*course.was, *course.came, *said, *lows, *highs]
    if not points:
        return None
    first, last = min(when for when, _ in points), max(when for when, _ in points)
    least, most = min(value for _, value in points), max(value for _, value in points)
    span, size = max(_at(last) - _at(first), 1.0), (most - least) or 1.0

    def line(some: Iterable[tuple[date, float]]) -> str:
        return " ".join(
            f"{WIDE * (_at(when) - _at(first)) / span:.1f},"
            f"{AIR + (HIGH - 2 * AIR) * (most - value) / size:.1f}"
            for when, value in some
        )

    cutoff = WIDE * (_at(said[0][0]) - _at(first)) / span if said else WIDE
    return Laid(
        line(course.was), line(said), line(course.came), line([*lows, *reversed(highs)]), cutoff,
        least, most, first, last,
    )  # fmt: skip


def _at(when: date) -> float:
    """Days; hours as parts of one."""
    hours = (when.hour * 3600 + when.minute * 60) / 86_400 if isinstance(when, datetime) else 0.0
    return when.toordinal() + hours
