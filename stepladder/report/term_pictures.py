"""Small pictures for words: so many of a hundred, bars beside each other, moments on a line of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from stepladder.report.words import number

ACROSS, STEP, BAR, NAMED = (
    20,
    11,
    22,
    180,
)  # dots in a row; pixels between them; of a bar; of its name
WIDE = 360
SVG = Markup(
    '<svg class="term" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">'
)


def of_100(share: float, alt: str) -> Markup:
    """A hundred dots, of which so many are filled."""
    filled = round(100 * min(max(share, 0.0), 1.0))
    dots = (
        Markup('<circle class="{}" cx="{}" cy="{}" r="4"/>').format(
            "on" if i < filled else "off", 6 + STEP * (i % ACROSS), 6 + STEP * (i // ACROSS)
        )
        for i in range(100)
    )
    return _svg(Markup("").join(dots), alt, STEP * ACROSS, STEP * (100 // ACROSS))


def bars(rows: Sequence[tuple[str, float]], alt: str) -> Markup:
    """A bar for each name, as long as its figure, which stands behind it."""
    top = max([abs(value) for _, value in rows] + [1e-9])
    room = WIDE - NAMED - 60
    drawn = (
        Markup(
            '<text x="0" y="{y}">{name}</text><rect x="{x}" y="{top}" width="{wide}" height="12"/>'
            '<text class="figure" x="{end}" y="{y}">{said}</text>'
        ).format(
            name=_short(name),
            y=BAR * i + 15,
            top=BAR * i + 5,
            x=NAMED,
            wide=round(room * max(value, 0.0) / top, 1),
            end=NAMED + round(room * max(value, 0.0) / top, 1) + 6,
            said=number(value),
        )
        for i, (name, value) in enumerate(rows)
    )
    return _svg(Markup("").join(drawn), alt, WIDE, BAR * len(rows) + 4)


def span(low: float, at: float, high: float, alt: str) -> Markup:
    """A figure on a line from 0 to 100, with its range."""
    first, middle, last = (10 + 3.4 * min(max(100 * x, 0.0), 100.0) for x in (low, at, high))
    drawn = Markup(
        '<line class="axis" x1="10" x2="350" y1="14" y2="14"/>'
        '<line class="range" x1="{}" x2="{}" y1="14" y2="14"/><circle class="on" cx="{}" cy="14" r="5"/>'
        '<text x="4" y="36">0</text><text x="336" y="36">100</text>'
    ).format(round(first, 1), round(last, 1), round(middle, 1))
    return _svg(drawn, alt, WIDE, 40)


def moments(spans: Sequence[tuple[date, date, bool]], alt: str) -> Markup:
    """Stretches of time from where we stood to where we looked; those marked are the exam."""
    first, last = min(a for a, _, _ in spans), max(b for _, b, _ in spans)
    days = max((last - first).days, 1)

    def place(day: date) -> float:
        return round(6 + (WIDE - 12) * (day - first).days / days, 1)

    drawn = (
        Markup(
            '<line class="{}" x1="{}" x2="{}" y1="{y}" y2="{y}"/><circle class="on" cx="{}" cy="{y}" r="4"/>'
        ).format("exam" if exam else "range", place(a), place(b), place(a), y=10 + 12 * i)
        for i, (a, b, exam) in enumerate(spans)
    )
    return _svg(Markup("").join(drawn), alt, WIDE, 12 * len(spans) + 8)


def _short(name: str) -> str:
    return name if len(name) <= 26 else f"{name[:25]}…"


def _svg(drawn: Markup, alt: str, wide: int, high: int) -> Markup:
    return SVG.format(alt, wide, high, wide, high) + drawn + Markup("</svg>")
