"""What may be said of series: of which periods, by which columns, and how many of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from stepladder.core.errors import Problem

if TYPE_CHECKING:
    from stepladder.tables.choices import Choices

MOST_SERIES = 1_000_000


def check(choices: Choices) -> None:
    """Raises Problem where what is said of series makes no sense."""
    _check_every(choices)
    by, top, least = choices.by, choices.top, choices.least
    texts = isinstance(by, list | tuple) and all(isinstance(one, str) and one.strip() for one in by)
    if not texts or len(set(by)) < len(by):
        raise Problem(
            f"by is {by!r}",
            "it lists columns of the source, each once, from the largest groups to the smallest",
            "e.g. --by shop,article",
        )
    whole = isinstance(top, int) and not isinstance(top, bool)
    if top is not None and not (whole and 1 <= top <= MOST_SERIES):
        raise Problem(
            f"top is {top!r}",
            f"it is how many series are kept, a whole number from 1 to {MOST_SERIES:,}",
            "e.g. --top 1000",
        )
    number = isinstance(least, int | float) and not isinstance(least, bool)
    if least is not None and not (number and math.isfinite(least)):
        raise Problem(
            f"least is {least!r}",
            "it is the total that a series must reach to be kept, a number",
            "correct it, or leave it out to have it found anew",
        )


def _check_every(choices: Choices) -> None:
    every, begins = choices.every, choices.week_starts
    if every is not None:
        from stepladder.core.periods import EVERY  # which imports numpy

        if every not in EVERY:
            raise Problem(
                f"every is {every!r}", f"it is one of: {' '.join(EVERY)}", "e.g. --every day"
            )
    if isinstance(begins, bool) or begins not in range(1, 8):
        raise Problem(
            f"week_starts is {begins!r}",
            "it is the day on which weeks begin, 1 (Monday) to 7 (Sunday)",
            "give one of these",
        )
