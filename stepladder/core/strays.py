"""Low and high from past errors, each held against how far its own case strays by nature: pure, on arrays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stepladder.core.stats import LEAST, Bins, Floats

Ints = NDArray[np.int64]
USUAL = 95  # of 100 that are to end between low and high
BOUND = re.compile(r"(low|high)(\d\d)?")  # what a column of such is called
ENOUGH = 40  # errors at a step before they alone say how far is far
HAIR = 1e-9  # 3 ÷ 0.3 × 0.3 must not become 4


class Level(NamedTuple):
    """How many of 100 are to end between which two columns."""

    of_100: int
    low: str
    high: str


def levels(extras: Iterable[str]) -> tuple[Level, ...]:
    """The intervals that answers have: low and high at 95 %, and such as low80 and high80 where declared."""
    there = set(extras)
    more = sorted(name[3:] for name in there if re.fullmatch(r"low\d\d", name))
    pairs = (Level(int(n), f"low{n}", f"high{n}") for n in more if f"high{n}" in there)
    return (Level(USUAL, "low", "high"), *pairs)


class Scale(NamedTuple):
    """Row for row: how far it strays by nature, of which kind, how far ahead, and what bounds it."""

    size: Floats  # NaN: unknown
    kind: Ints
    step: Ints
    least: Floats  # no lower; NaN: as low as it likes
    whole: NDArray[np.bool_]  # rounded outwards

    def take(self, rows: Ints) -> Scale:
        """The scale of some of the rows."""
        return Scale._make(column[rows] for column in self)

    @staticmethod
    def joined(parts: Iterable[Scale]) -> Scale:
        """All rows of several."""
        return Scale._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


class Radii(NamedTuple):
    """How many times its scale an answer may be off, by how far ahead it is, at each level."""

    steps: Ints  # rising
    at: Mapping[int, Floats]  # of 100 -> a radius for each step, never falling

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        found = {str(level): radii.tolist() for level, radii in self.at.items()}
        return {"steps": self.steps.tolist(), **found}

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> Radii:
        """The radii that `plain` wrote."""
        at = {int(name): np.array(each, float) for name, each in plain.items() if name != "steps"}
        return Radii(np.array(plain["steps"], np.int64), at)


class Strays(NamedTuple):
    """How far answers were off, in units of each case's scale: of all together, and kind by kind.

    A kind that is not among them is like all.
    """

    all: Radii
    kinds: Mapping[int, Radii]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        kinds = {str(kind): radii.plain() for kind, radii in self.kinds.items()}
        return {"all": self.all.plain(), "kinds": kinds}

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> Strays:
        """The strays that `plain` wrote."""
        kinds = {int(kind): Radii.from_plain(radii) for kind, radii in plain["kinds"].items()}
        return Strays(Radii.from_plain(plain["all"]), kinds)


def from_plain(plain: Mapping[str, Any]) -> Bins | Strays | None:
    """What was learnt of past errors, as written now or earlier.

    None for what held a scale in another way once: such are not read any more, and give no low and high.
    """
    if "kinds" in plain:
        return Strays.from_plain(plain)
    return None if plain.get("scaled") else Bins.from_plain(plain)


def learn_strays(
    predicted: Floats, actual: Floats, scale: Scale, of_100: Iterable[int] = (USUAL,)
) -> Strays | None:
    """How far earlier answers were off, by kind and step; None with fewer than 100 errors in all.

    An error is |actual − predicted| ÷ scale; of n like ones the radius is that of rank ⌈(n + 1)·level⌉
    (split conformal prediction: Papadopoulos et al., 2002; Lei et al., 2018), the largest where that is
    more than there are. Kinds with fewer than 100 errors go by those of all. See `_radii` for steps.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.where(scale.size > 0, np.abs(actual - predicted) / scale.size, np.nan)
    known = np.isfinite(errors)
    errors, kind, step = errors[known], scale.kind[known], scale.step[known]
    if len(errors) < LEAST:
        return None
    wanted = tuple(of_100)
    names, counts = np.unique(kind, return_counts=True)
    enough = names[counts >= LEAST].tolist() if len(names) > 1 else []
    kinds = {one: _radii(errors[kind == one], step[kind == one], wanted) for one in enough}
    return Strays(_radii(errors, step, wanted), kinds)


def apply_strays(
    strays: Strays, predicted: Floats, scale: Scale, of_100: int = USUAL
) -> tuple[Floats, Floats]:
    """Low and high, as far below each prediction as above; NaN where the scale is unknown.

    Rows that are whole are rounded outwards, and none is lower than its least.
    """
    radius = np.empty(len(predicted))
    for kind in np.unique(scale.kind):
        mine, radii = scale.kind == kind, strays.kinds.get(int(kind), strays.all)
        at = np.searchsorted(radii.steps, scale.step[mine])  # further than ever: as the furthest
        radius[mine] = radii.at[of_100][np.minimum(at, len(radii.steps) - 1)]
    wide = radius * np.where(scale.size > 0, scale.size, np.nan)
    low, high = predicted - wide, predicted + wide
    low = np.where(scale.whole, np.floor(low + HAIR), low)
    high = np.where(scale.whole, np.ceil(high - HAIR), high)
    least = np.where(np.isnan(scale.least), -np.inf, scale.least)
    return np.maximum(low, least) + 0.0, np.maximum(high, least) + 0.0  # no -0


def _radii(errors: Floats, step: Ints, of_100: Iterable[int]) -> Radii:
    """A radius for each step, which never falls with it.

    A step with fewer than 40 errors borrows those of its neighbours on both sides; where a later radius
    is smaller than an earlier one, both become their mean (isotonic regression). In simulated worlds
    (2 or 5 origins with shared shocks, 2 to 1,000 series, 14 to 24 steps, errors that grow with the step
    or do not) that held 93 to 96 of 100 and 78 to 81 of 100. The running maximum instead held up to 98
    and 86, the errors of all earlier steps together as few as 88 and 65, and a step's own alone 90 and
    90 where there were 8.
    """
    order = np.argsort(step, kind="stable")
    errors = errors[order]
    steps, starts = np.unique(step[order], return_index=True)
    ends = [*starts[1:].tolist(), len(errors)]
    spans = [_span(i, starts.tolist(), ends) for i in range(len(steps))]
    weights = np.diff([*starts, len(errors)]).astype(float)
    at = {
        level: _rising(np.array([_ranked(errors[a:b], level) for a, b in spans]), weights)
        for level in of_100
    }
    return Radii(steps.astype(np.int64), at)


def _span(nth: int, starts: list[int], ends: list[int]) -> tuple[int, int]:
    """Where the errors of a step begin and end, with as many neighbours as it needs."""
    first = last = nth
    while ends[last] - starts[first] < ENOUGH and (first > 0 or last < len(ends) - 1):
        first, last = max(first - 1, 0), min(last + 1, len(ends) - 1)
    return starts[first], ends[last]


def _ranked(errors: Floats, of_100: int) -> float:
    """The error of rank ⌈(n + 1)·level⌉, in whole numbers: 0.95 is none that a machine can hold."""
    rank = min(-(-(len(errors) + 1) * of_100 // 100), len(errors))
    return float(np.partition(errors, rank - 1)[rank - 1])


def _rising(values: Floats, weights: Floats) -> Floats:
    """The nearest values that never fall (isotonic regression by pooling adjacent violators)."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, heavy, many = value, weight, 1
        while pools and pools[-1][0] > mean:
            other, more, steps = pools.pop()
            mean = (mean * heavy + other * more) / (heavy + more)
            heavy, many = heavy + more, many + steps
        pools.append((mean, heavy, many))
    return np.repeat([pool[0] for pool in pools], [pool[2] for pool in pools])
