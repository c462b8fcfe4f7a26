"""The ladder as a picture: a row per rung, what it keeps of the gain or what it brings, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
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
    band: float | None = None  # from where on it would be good enough, where that can be drawn


@dataclass(frozen=True)
class Ladder:
    """The steps, highest first, where the axis has its marks, and what they are."""

    steps: tuple[Step, ...]
    zero: float
    all: float
    enough: bool  # whether what is good enough can be drawn
    measure: str = "share of the gain kept"
    marks: tuple[str, str] = ("0 %", "100 %")


@dataclass(frozen=True)
class Shown:
    """What one rung shows between the reference (0) and the best (1), in words, and where its band begins."""

    at: float
    low: float
    high: float
    kept: str
    range: str
    band: float | None


def ladder(result: Result, currency: str) -> Ladder:
    """Lay the ladder out: the share of the gain kept runs from the reference (0 %) to the best (100 %)."""
    enough = None if result.good_enough_money is not None else 1 - result.good_enough

    def shown(rung: RungResult) -> Shown | None:
        if rung.choose is None:
            return None
        kept, low, high = (
            1 - w for w in (rung.choose.worse, rung.choose.worse_high, rung.choose.worse_low)
        )
        words = "" if high - low < 0.0005 else span(low, high)
        return Shown(kept, low, high, percent(kept), words, enough)

    return laid_out(result, currency, shown)


def laid_out(result: Result, currency: str, shown: Callable[[RungResult], Shown | None]) -> Ladder:
    """The picture of what each rung shows, the dearest rung's bar the longest."""
    each = {rung.rung: shown(rung) for rung in result.rungs}
    there = [one for one in each.values() if one]
    right = max([1.0] + [one.high for one in there]) + 0.04
    left = min([0.0] + [one.low for one in there])
    left, right = max(left, LOWEST) - 0.04, min(right, 1.3)
    dearest = max([r.cost.money_per_year for r in result.rungs if r.cost] + [1e-9])

    def place(share: float) -> float:
        return round(100 * (min(max(share, left), right) - left) / (right - left), 2)

    def step(rung: RungResult) -> Step:
        name, one = rung.rung, each[rung.rung]
        mine = Step(
            label(name, rung.title),
            LEVELS[rung.height],
            rung.height,
            rung.status.removeprefix("not run: "),
            name == result.proposal.rung,
            name in result.proposal.good_enough,
            name == result.proposal.best,
        )
        if one is None or rung.cost is None:
            return mine
        return Step(
            **{
                **mine.__dict__,
                "kept": one.kept,
                "range": one.range,
                "at": place(one.at),
                "low": place(one.low),
                "high": place(one.high),
                "cost": money(rung.cost.money_per_year, currency),
                "bar": round(100 * rung.cost.money_per_year / dearest, 2),
                "band": None if one.band is None else place(one.band),
            }
        )

    rungs = climb(result)[::-1]
    enough = any(one.band is not None for one in there)
    return Ladder(tuple(map(step, rungs)), place(0.0), place(1.0), enough)


def climb(result: Result) -> list[RungResult]:
    """The rungs from the lowest up; of one height, the worse first."""
    return sorted(result.rungs, key=_order)


def _order(rung: RungResult) -> tuple[int, float, str]:
    return rung.height, -rung.choose.worse if rung.choose else -9.0, rung.rung
