"""The ladder as a picture: a row per rung, what it keeps of the gain or what it brings, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stepladder.bakeoff.choose import LEVELS
from stepladder.bakeoff.result import Result, RungResult
from stepladder.core.fading import faded
from stepladder.report.gained import gained
from stepladder.report.margin import Margin, margin
from stepladder.report.strokes import Strokes, best_end, strokes
from stepladder.report.verdict import verdict
from stepladder.report.words import label, money, percent, sentences, span

SIMPLEST = "simplest"
NEAR = 0.005  # of the gain: what a whole per cent does not tell apart
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
    fade: tuple[tuple[float, float], ...] = ()  # the line, from its widest part to its narrowest
    strokes: Strokes | None = None
    verdict: str = ""  # whether it is surely worse, and by more than is allowed
    told: str = (
        ""  # what it gave in the business's own words, and how often it would be good enough
    )


@dataclass(frozen=True)
class Ladder:
    """The steps, highest first, where the axis has its marks, and what they are."""

    steps: tuple[Step, ...]
    zero: float
    all: float
    enough: bool  # whether what is good enough can be drawn
    marks: tuple[str, str] = (f"as good as the {SIMPLEST}", "as good as the best")
    strokes: bool = False  # whether any are drawn


@dataclass(frozen=True)
class Shown:
    """What one rung shows between the reference (0) and the best (1), in words, and where its band begins."""

    at: float
    low: float
    high: float
    kept: str
    range: str
    band: float | None
    margin: Margin | None = None
    gave: str = ""


def ladder(result: Result, currency: str, counted: str = "") -> Ladder:
    """Lay the ladder out: the share of the gain kept runs from the reference (0 %) to the best (100 %).

    counted: what answers add up to, empty where a sum means nothing.
    """
    enough = None if result.good_enough_money is not None else 1 - result.good_enough

    def shown(rung: RungResult) -> Shown | None:
        if rung.choose is None:
            return None
        kept, low, high = (
            1 - w for w in (rung.choose.worse, rung.choose.worse_high, rung.choose.worse_low)
        )
        said, words = _said(result, rung, kept, low, high)
        gave = gained(result, rung, currency if counted else None)
        return Shown(kept, low, high, said, words, enough, margin(result, rung), gave)

    return laid_out(result, currency, shown)


def _said(
    result: Result, rung: RungResult, kept: float, low: float, high: float
) -> tuple[str, str]:
    """The share kept with its range; what the best gains itself, since of itself it always keeps all."""
    if rung.rung == result.proposal.best:
        return "the best", ""
    if rung.rung == result.proposal.reference:
        return f"the {SIMPLEST}", ""
    words = "" if high - low < 0.0005 else span(low, high)
    if abs(kept) < NEAR or abs(kept - 1) < NEAR:
        return f"as good as the {SIMPLEST if kept < 0.5 else 'best'}", words
    return (f"worse than the {SIMPLEST}" if kept < 0 else f"{percent(kept)} of the gain"), words


def laid_out(result: Result, currency: str, shown: Callable[[RungResult], Shown | None]) -> Ladder:
    """The picture of what each rung shows, the dearest rung's bar the longest."""
    each = {rung.rung: shown(rung) for rung in result.rungs}
    there = [one for one in each.values() if one]
    right = max([1.0, best_end(result)] + [one.high for one in there]) + 0.04
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
                "fade": tuple(
                    (place(low), place(high)) for low, high in faded(one.at, one.low, one.high)
                ),
                "strokes": (drawn := strokes(result, rung, one.margin, place)),
                "verdict": _verdict(result, rung, one.margin),
                "told": sentences(drawn.said if drawn else "", one.gave),
            }
        )

    rungs = climb(result)[::-1]
    enough = any(one.band is not None for one in there)
    steps = tuple(map(step, rungs))
    any_strokes = any(each.strokes for each in steps)
    return Ladder(steps, place(0.0), place(1.0), enough, strokes=any_strokes)


def _verdict(result: Result, rung: RungResult, found: Margin | None) -> str:
    """Nothing of the best, nor of the simplest, by which all others are measured."""
    ends = (result.proposal.best, result.proposal.reference)
    return sentences(verdict(found)) if found and rung.rung not in ends else ""


def climb(result: Result) -> list[RungResult]:
    """The rungs from the lowest up; of one height, the worse first."""
    return sorted(result.rungs, key=_order)


def _order(rung: RungResult) -> tuple[int, float, str]:
    return rung.height, -rung.choose.worse if rung.choose else -9.0, rung.rung
