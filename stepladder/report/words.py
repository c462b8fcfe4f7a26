"""Figures and names as people say them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from stepladder.core.ask import so_long as days
from stepladder.core.question import many

__all__ = ["days", "many"]  # and what is made here

GLUE = "\u00a0"  # keeps a figure and its unit on one line


def number(value: float | None) -> str:
    """A count or an amount, with as many digits as a reader needs: 1.2 million, 23,570, 3.4, 0.056."""
    if value is None:
        return "–"
    return _number(value + 0.0).replace("-", "−")  # and no minus before nothing


def _number(value: float) -> str:
    size = abs(value)
    if size >= 1e12:
        return f"{value / 1e12:,.1f} trillion"
    if size >= 1e9:
        return f"{value / 1e9:.1f} billion"
    if size >= 1e6:
        return f"{value / 1e6:.1f} million"
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    if size < 0.1:
        return f"{Decimal(f'{value:.2g}'):f}"  # never 2.3e-05
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def percent(share: float | None) -> str:
    """A share in per cent: 3.4 %, 45 %."""
    if share is None:
        return "–"
    value = 100 * share
    if abs(value) < 0.05:
        return f"0{GLUE}%"
    said = f"{value:.1f}" if abs(value) < 9.95 else f"{value:,.0f}"
    return f"{said.replace('-', '−')}{GLUE}%"


def span(low: float, high: float) -> str:
    """From one share to another, in per cent; what lies beyond twice everything is said to be so."""
    if abs(high - low) < 0.0005:
        return percent(low)
    return f"{_bounded(low)} to {_bounded(high)}"


def _bounded(share: float) -> str:
    return (
        f"below −200{GLUE}%" if share < -2 else f"above 200{GLUE}%" if share > 2 else percent(share)
    )


def seconds(value: float) -> str:
    """A duration: 0.03 s, 12 s, 3 min."""
    if value >= 120:
        return f"{value / 60:,.0f}{GLUE}min"
    said = f"{value:.0f}" if value >= 10 else f"{value:.2g}" if value >= 0.001 else "< 0.001"
    return f"{said}{GLUE}s"


def money(value: float, currency: str = "") -> str:
    """An amount of money, in whole units where it is large."""
    said = number(round(value) if abs(value) >= 10 else value)
    return f"{said}{GLUE}{currency}" if currency else said


def day(value: date | str) -> str:
    """A day as it is written in a letter, 1 April 1998; a replay that has a name, by its name."""
    when = _when(value)
    return when if isinstance(when, str) else f"{when.day} {when:%B %Y}"


def _when(value: date | str) -> date | str:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


def month(value: date | str) -> str:
    """A day as it is written on an axis, 1 Apr 98; a replay that has a name, by its name."""
    when = _when(value)
    return when if isinstance(when, str) else f"{when.day} {when:%b %y}"


NAMED = re.compile(
    r"([^\W\d][^:.;()\n]{1,31}): (.+)", re.S
)  # a title that begins with a plain name
FIELD = re.compile(r"\s*\(([^()]+)\)(?=\.?\s*$)")  # and one that ends with the field's name


def label(rung: str, title: str = "") -> str:
    """A rung's name: the plain one that its title begins with, the field's behind: Pace and leaving (BG/NBD).

    A title without a plain name leaves it to the field's (EASE), or to the file: r1_same_for_all is
    "Same for all".
    """
    name, field = plain(rung, title), FIELD.search(title)
    return f"{name} ({field[1]})" if field and NAMED.match(title) else name


def plain(rung: str, title: str = "") -> str:
    """The name without the field's, where there is little room."""
    if named := NAMED.match(title):
        return named[1]
    parts = re.sub(r"^r\d_", "", rung).split("_")
    if len(parts) > 1 and (written := re.search(_written(parts), title, re.I)):
        return written[0]
    if len(parts) == 1 and re.search(rf"\b{parts[0].upper()}\b", title):
        return parts[0].upper()  # an abbreviation, as its title writes it
    said = [part if re.search("[aeiouy]", part) else part.upper() for part in parts]
    return said[0][:1].upper() + " ".join(said)[1:]


def does(title: str) -> str:
    """What a rung does, in a sentence: its title without the names, which stand beside it."""
    named = NAMED.match(title)
    if not named:
        return title
    said = FIELD.sub("", named[2])
    return said[:1].upper() + said[1:]


def _written(parts: list[str]) -> str:
    """The parts as a title joins them, with what it hangs on: MBG/CNBD-k."""
    return "[^a-z0-9 ]".join(parts) + r"(-\w+)?"


def in_words(sentence: str, labels: Mapping[str, str]) -> str:
    """The sentence with every rung called by its label, and figures as this page writes them."""
    names = sorted(labels, key=len, reverse=True)
    pattern = r"\b(" + "|".join(map(re.escape, names)) + r")\b"
    said = re.sub(pattern, lambda found: f"“{labels[found[1]]}”", sentence) if names else sentence
    return re.sub(r"(?<=\d)%", f"{GLUE}%", said)


def counted(count: int, case: str) -> str:
    """So many of these: 1 customer, 2,400 customers, 3 people."""
    return f"{count:,} {case if count == 1 else many(case)}"


def sentences(*parts: str) -> str:
    """Each part as a sentence of its own, without those that are empty."""
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in parts if part)


def listed(parts: Iterable[str]) -> str:
    """One, two and three."""
    *most, last = list(parts) or [""]
    return f"{', '.join(most)} and {last}" if most else last
