"""Coverage: how many outcomes lay between low and high, where both are as wide as each case strays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stepladder.bakeoff.score import Scored
from stepladder.core.asking import numbers
from stepladder.core.question import Question
from stepladder.core.strays import levels


@dataclass(frozen=True)
class Coverage:
    """Of so many outcomes at a cutoff, how many lay between low and high, and how many of 100 are meant."""

    of_100: int
    inside: int
    outcomes: int

    @property
    def share(self) -> float:
        """The share that lay between them."""
        return self.inside / self.outcomes


def coverage(question: Question, mine: Scored) -> tuple[Coverage, ...]:
    """The coverage at a cutoff, at each level that answers have an interval of.

    Nothing of questions without a scale: of those `calibration` says it, group by group.
    """
    if mine.beside.scale is None:
        return ()
    actual, rows, found = mine.beside.actual, mine.beside.rows, []
    for level in levels(question.EXTRAS):
        low, high = (numbers(mine.predictions[name])[rows] for name in (level.low, level.high))
        there = ~np.isnan(low) & ~np.isnan(high)
        if there.any():
            inside = int(((actual >= low) & (actual <= high))[there].sum())
            found.append(Coverage(level.of_100, inside, int(there.sum())))
    return tuple(found)


def title(found: Coverage) -> str:
    """The share's name for people."""
    return f"Between low and high, {found.of_100} of 100 meant"


def sentence(found: Coverage) -> str:
    """What the share is one of, to stand beside it."""
    words = "outcome" if found.outcomes == 1 else "outcomes"
    which = "" if found.of_100 == 95 else f" at {found.of_100} %"
    return (
        f"of {found.outcomes:,} {words} lay between low and high{which}; "
        f"{found.of_100} of 100 are meant"
    )
