"""Totals: what a rung forecast in all against what came, window by window, and how wide to plan."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stepladder.bakeoff.replay import Replay
from stepladder.bakeoff.score import Scored
from stepladder.bakeoff.worths import worths
from stepladder.core.question import Question
from stepladder.core.stats import student

LEAST = 3  # windows before their spread says anything of the next one
ORDER = "Keep lists in their order: this does not touch it."
BEGINS = "Totals: "  # so begins the note


@dataclass(frozen=True)
class TotalAt:
    """One window: what was forecast of everybody in all, and what came."""

    now: str
    until: str
    role: str
    forecast: float
    came: float


@dataclass(frozen=True)
class Total:
    """What forecasts add up to, in windows that do not overlap, and what to plan with for one forecast.

    low, high: what the next window may bring for each one forecast: a 95 % prediction interval where
    `sure`, else only the least and the most that the few windows showed.
    """

    unit: str  # what is added up: purchases, money
    windows: tuple[TotalAt, ...]
    low: float
    high: float
    sure: bool


def totals(
    question: Question, name: str, replays: list[Replay], scored: Mapping[str, list[Scored | None]]
) -> dict[str, tuple[Total, ...]]:
    """For every rung what its forecasts add up to: of what is counted, and of money where that is known."""
    apart = _apart(replays)
    counted = importlib.import_module(f"stepladder.questions.{name}.chart").COUNTED
    found: dict[str, dict[str, list[TotalAt]]] = {}
    for rung, answers in scored.items():
        mine = found.setdefault(rung, {})
        for replay, one in zip(replays, answers, strict=True):
            for unit, at in _at(question, counted, replay, one) if replay in apart else ():
                mine.setdefault(unit, []).append(at)
    return {
        rung: tuple(total for unit, at in mine.items() if (total := total_of(unit, at)))
        for rung, mine in found.items()
    }


def total_of(unit: str, windows: Sequence[TotalAt]) -> Total | None:
    """The windows with what to plan with; None where nothing was forecast that a factor could widen."""
    ratios = [at.came / at.forecast for at in windows if at.forecast > 0]
    return Total(unit, tuple(windows), *plan(ratios)) if ratios else None


def plan(ratios: Sequence[float]) -> tuple[float, float, bool]:
    """Low and high of what the next window brings for each one forecast, and whether windows can tell.

    Windows differ by what all their cases share, a season or a price, which resampling customers never
    sees. Only windows tell how much, and few tell little: Student's interval for one more of them, on
    the logarithm, since totals stray in shares. With fewer than three, the least and the most there was.
    """
    if len(ratios) < LEAST or min(ratios) <= 0:
        return min(ratios), max(ratios), False
    logs, n = np.log(ratios), len(ratios)
    wide = student(n - 1) * float(logs.std(ddof=1)) * (1 + 1 / n) ** 0.5
    middle = float(logs.mean())
    return float(np.exp(middle - wide)), float(np.exp(middle + wide)), True


def strayed(total: Total) -> str:
    """How far forecasts lay from what came, and whether always on the same side of it, in words."""
    off = sorted(at.forecast / at.came - 1 for at in total.windows if at.came > 0)
    n = len(total.windows)
    where = "in the only window" if n == 1 else f"in {n} windows"
    if not off:
        return f"came to nothing {where}"
    least, most = (f"{abs(share):.0%}" for share in (off[0], off[-1]))
    if off[0] < 0 < off[-1]:
        return f"lay from {least} below to {most} above what came {where}"
    side, near, far = ("above", least, most) if off[-1] > 0 else ("below", most, least)
    by = near if near == far else f"{near} to {far}"
    return f"lay {side} what came {where if n == 1 else f'in all {n} windows'}, by {by}"


def how_sure(windows: int, sure: bool) -> str:
    """How far a range to plan with can be believed that so many windows gave."""
    if sure:
        return f"95 of 100 such windows end in there, as far as {windows} can tell"
    few = f"only {windows} window{'s' * (windows != 1)}"
    return (
        f"{few if windows < LEAST else 'in a window nothing came'}: the next may well lie outside"
    )


def together(found: Sequence[Total]) -> str:
    """How far the ranges of several totals can be believed: as far as that of the least sure one."""
    least = min(found, key=lambda one: (one.sure, len(one.windows)))
    return how_sure(len(least.windows), least.sure)


def note(rung: str, found: Sequence[Total]) -> str:
    """What a person should know before they plan with the totals of a rung."""
    said = [
        f"what {rung} forecast of {one.unit} {strayed(one)}: plan with {one.low:.2f} to "
        f"{one.high:.2f} times that"
        for one in found
    ]
    return f"{BEGINS}{'; '.join(said)} ({together(found)}). {ORDER}" if said else ""


def _apart(replays: list[Replay]) -> list[Replay]:
    """The replays that do not overlap a later one: those that do would make the spread look smaller."""
    found: list[Replay] = []
    for replay in reversed(replays):
        if not found or replay.ended_before(found[0]):
            found.insert(0, replay)
    return found


def _at(
    question: Question, counted: str, replay: Replay, one: Scored | None
) -> Iterator[tuple[str, TotalAt]]:
    """What one window's forecasts add up to, as far as it is known what came."""
    if one is None:
        return
    if counted:
        yield counted, _window(replay, one.beside.predicted, one.beside.actual)
    found = worths(question, replay.known, replay.came, {"": one.predictions})
    if found is not None and found.unit != counted:
        yield found.unit, _window(replay, found.expected[""], found.actual)


def _window(replay: Replay, forecast: Any, came: Any) -> TotalAt:
    until = replay.holdout.later.now.isoformat()
    said, real = (float(each) * replay.times for each in (np.nansum(forecast), came.sum()))
    return TotalAt(replay.name, until, replay.holdout.role, said, real)
