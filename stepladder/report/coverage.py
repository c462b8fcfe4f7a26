"""Whether as many outcomes lay between low and high as were meant to, moment by moment, in words."""

from __future__ import annotations

from stepladder.bakeoff.result import RungResult
from stepladder.report.words import day, listed, number


def each_moment(rung: RungResult) -> list[str]:
    """For each level, how many of the outcomes lay between its low and high at every moment; [] without."""
    levels = dict.fromkeys(one.of_100 for at in rung.cutoffs for one in at.coverage)
    return [_said(rung, of_100) for of_100 in sorted(levels, reverse=True)]


def _said(rung: RungResult, of_100: int) -> str:
    found = [(at, one) for at in rung.cutoffs for one in at.coverage if one.of_100 == of_100]
    moments = [
        f"{'in the exam ' * (at.role == 'report')}{number(one.inside)} of {number(one.outcomes)} "
        f"({day(at.now[:10])})"
        for at, one in found
    ]
    mean = 100 * sum(one.share for _, one in found) / len(found)
    average = f": {mean:.0f} of 100 on average" if len(found) > 1 else ""
    return (
        f"Where {of_100} of 100 are meant to lie between low and high there lay "
        f"{listed(moments)}{average}."
    )
