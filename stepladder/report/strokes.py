"""A hundred strokes under a rung: how it would do with others like these, and how often that is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stepladder.bakeoff.result import Result, RungResult
from stepladder.report.margin import Margin, gain_of
from stepladder.report.verdict import often
from stepladder.report.words import label

Place = Callable[[float], float]  # from a share of the gain to per cent of the picture's width


@dataclass(frozen=True)
class Strokes:
    """Strokes as two paths in a box a thousand wide and ten high, and what they say in numbers."""

    enough: str
    short: str
    said: str


def strokes(result: Result, rung: RungResult, found: Margin | None, place: Place) -> Strokes | None:
    """The strokes of a rung; of the best, those of its gain over the reference. None where none differ."""
    if rung.rung == result.proposal.reference:
        return None
    if rung.rung == result.proposal.best:
        return _of_best(result, place)
    if found is None or not found.draws or found.alike:
        return None
    limit = max(found.allowed, 0.0)
    marks = [(place(1 - draw / found.gain), draw <= limit) for draw in found.draws]
    return _drawn(marks, often(found))


def best_end(result: Result) -> float:
    """How far the best's own strokes reach, as a share of its gain; 1 of old bake-offs."""
    draws, gain = _gains(result)
    return draws[97] / gain if draws and gain > 0 else 1.0


def _gains(result: Result) -> tuple[tuple[float, ...], float]:
    """The draws of how much less the best loses than the reference, and what was found of it."""
    choose = _foot(result).choose
    return (choose.above_draws, gain_of(result)) if choose else ((), 0.0)


def _foot(result: Result) -> RungResult:
    return next(rung for rung in result.rungs if rung.rung == result.proposal.reference)


def _of_best(result: Result, place: Place) -> Strokes | None:
    foot, (draws, gain) = _foot(result), _gains(result)
    if not draws or gain <= 0:
        return None
    better = sum(draw > 0 for draw in draws)
    said = f"{better} of 100 times it does better than “{label(foot.rung, foot.title)}”"
    return _drawn([(place(draw / gain), draw > 0) for draw in draws], said)


def _drawn(marks: list[tuple[float, bool]], said: str) -> Strokes:
    enough, short = (_path(at for at, kept in marks if kept is which) for which in (True, False))
    return Strokes(enough, short, said)


def _path(places: Iterable[float]) -> str:
    """Upright strokes: M<x> 0v10, x in thousandths of the width."""
    return "".join(f"M{10 * at:.0f} 0v10" for at in places)
