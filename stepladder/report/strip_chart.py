"""One case's story on a line of time, in percentages of the picture's width."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stepladder.core.view import Strip
from stepladder.report.words import day


@dataclass(frozen=True)
class Line:
    """Where the dots and the cutoff are, and the words under the line."""

    before: tuple[float, ...]
    after: tuple[float, ...]
    cutoff: float
    start: str
    end: str
    alt: str


def line(strip: Strip) -> Line:
    """Lay a strip out, with a little air at both ends."""
    whole = max((strip.end - strip.start).days, 1)

    def place(when: date) -> float:
        # quarters of a per cent, about a pixel: dots on one spot are drawn once
        return round(4 * (2 + 96 * (when - strip.start).days / whole)) / 4

    return Line(
        tuple(dict.fromkeys(map(place, strip.before))),
        tuple(dict.fromkeys(map(place, strip.after))),
        place(strip.cutoff),
        day(strip.start),
        day(strip.end),
        f"{len(strip.before)} before {day(strip.cutoff)}, {len(strip.after)} after",
    )
