"""The ladder as a picture: a row per rung, how much of the gain it keeps, and what it costs a year."""

from __future__ import annotations

from dataclasses import dataclass

from stepladder.bakeoff.choose import LEVELS
from stepladder.bakeoff.result import Result, RungResult
from stepladder.report.words import label, money, percent, span

LOWEST = -0.25  # a rung worse than the reference is drawn at the edge


@dataclass(frozen=True)
class Step:
    """One rung as drawn; positions are percentages of the picture's width."""

    label: str
    level: str
    height: int
    status: str
    proposed: bool
    enough: bool
    best: bool
    kept: str = ""
    range: str = ""
    at: float = 0.0
    low: float = 0.0
    high: float = 0.0
    cost: str = ""
    bar: float = 0.0


@dataclass(frozen=True)
class Ladder:
    """The steps, highest first, and where the axis has its marks and the good-enough band."""

    steps: tuple[Step, ...]
    zero: float
    all: float
    enough: float | None  # None where the margin is an amount of money


def ladder(result: Result, currency: str) -> Ladder:
    """Lay the ladder out: the share of the gain kept runs from the reference (0 %) to the best (100 %)."""
    right = max([1.0] + [1 - r.choose.worse_low for r in result.rungs if r.choose]) + 0.04
    left = min([0.0] + [1 - r.choose.worse_high for r in result.rungs if r.choose])
    left, right = max(left, LOWEST) - 0.04, min(right, 1.3)
    dearest = max([r.cost.money_per_year for r in result.rungs if r.cost] + [1e-9])

    def place(share: float) -> float:
        return round(100 * (min(max(share, left), right) - left) / (right - left), 2)

    def step(rung: RungResult) -> Step:
        name = rung.rung
        mine = Step(
            label(name, rung.title),
            LEVELS[rung.height],
            rung.height,
            rung.status.removeprefix("not run: "),
            name == result.proposal.rung,
            name in result.proposal.good_enough,
            name == result.proposal.best,
        )
        if rung.choose is None or rung.cost is None:
            return mine
        kept, low, high = (
            1 - w for w in (rung.choose.worse, rung.choose.worse_high, rung.choose.worse_low)
        )
        return Step(
            **{
                **mine.__dict__,
                "kept": percent(kept),
                "range": "" if high - low < 0.0005 else span(low, high),
                "at": place(kept),
                "low": place(low),
                "high": place(high),
                "cost": money(rung.cost.money_per_year, currency),
                "bar": round(100 * rung.cost.money_per_year / dearest, 2),
            }
        )

    rungs = climb(result)[::-1]
    enough = None if result.good_enough_money is not None else place(1 - result.good_enough)
    return Ladder(tuple(map(step, rungs)), place(0.0), place(1.0), enough)


def climb(result: Result) -> list[RungResult]:
    """The rungs from the lowest up; of one height, the worse first."""
    return sorted(result.rungs, key=_order)


def _order(rung: RungResult) -> tuple[int, float, str]:
    return rung.height, -rung.choose.worse if rung.choose else -9.0, rung.rung
