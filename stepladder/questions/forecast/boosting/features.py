"""What the trees see of each series at a moment: all in units of how far it usually is from last season.

Each series is looked at by itself, over as many periods as `width` says, whoever stands beside it: the same
numbers whether it is asked about alone or in a crowd.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stepladder.core.stats import Floats
from stepladder.questions.forecast.matrix import mean

LATELY = 60  # periods that are looked at beside four seasons
FEW = 4  # readings of a series of which nothing can be said
FLOOR = (
    0.05  # of a series' own level: one that hardly moves would be looked at through a microscope
)
FAR = 1e6  # of such units: whatever lies further off is as far as that


class Seen(NamedTuple):
    """Of n series and h steps: features n × h × f, the last season's values n × h, and units n × 1."""

    features: Floats
    naive: Floats
    unit: Floats


def width(season: int, steps: int) -> int:
    """How many periods before a moment are looked at."""
    return 4 * season + steps + LATELY


def seen(values: Floats, known: Floats, season: int, steps: int, phase: int) -> Seen:
    """What is known after the last column; `phase` is where in the season the first period ahead lies.

    `known`: series × columns × periods, what is known beforehand of each, the steps ahead the last of them.
    """
    with np.errstate(all="ignore"):
        past = _padded(values, width(season, steps))
        unit, naive = _unit(past, season)[:, None], _naive(past, season, steps)
        columns = [*_ahead(past, naive, season, phase), *_lately(past, naive, season, unit)]
        columns += _beforehand(known, past, season, steps)
        stacked = np.stack([np.broadcast_to(each, naive.shape) for each in columns], axis=-1)
        enough = (~np.isnan(past)).sum(axis=1) >= FEW
        return Seen(_bounded(stacked), np.where(enough[:, None], naive, np.nan), unit)


def smoothed(values: Floats, share: float) -> Floats:
    """Each row's level at its end, moved by that share towards every value in turn; gaps are passed over."""
    level = np.full(len(values), np.nan)
    for now in values.T:
        level = np.where(
            np.isnan(now), level, np.where(np.isnan(level), now, level + share * (now - level))
        )
    return level


def _padded(values: Floats, columns: int) -> Floats:
    there = values[:, -columns:]
    before = np.full((len(there), columns - there.shape[1]), np.nan)
    return np.ascontiguousarray(np.hstack([before, there]))


def _unit(past: Floats, season: int) -> Floats:
    level = mean(np.abs(past))
    unit = np.fmax(mean(np.abs(_change(past, season))), FLOOR * level)
    return np.where(unit > 0, unit, 1.0)


def _change(past: Floats, season: int) -> Floats:
    return past[:, season:] - past[:, :-season]


def _back(past: Floats, season: int, steps: int) -> np.ndarray:
    """The columns a season before the periods ahead, or so many seasons that they are known."""
    step = np.arange(steps)
    return past.shape[1] + step - season * (step // season + 1)


def _naive(past: Floats, season: int, steps: int) -> Floats:
    back = _back(past, season, steps)
    found = past[:, back]
    for earlier in (past[:, back - season], past[:, back - 2 * season]):
        found = np.where(np.isnan(found), earlier, found)
    return np.where(np.isnan(found), smoothed(past, 1.0)[:, None], found)


def _ahead(past: Floats, naive: Floats, season: int, phase: int) -> list[Floats]:
    """What differs by step alone: how far ahead, and where in the season."""
    step = np.arange(naive.shape[1], dtype=float)[None, :]
    return [step + 1, (step + phase) % season]


def _lately(past: Floats, naive: Floats, season: int, unit: Floats) -> list[Floats]:
    """Where the series stands beside its last season's value, how it has moved, and of which kind it is."""
    steps, span = naive.shape[1], max(season, FEW)
    back = _back(past, season, steps)
    change, moved = _change(past, season), np.diff(past, axis=1)
    levels = [mean(past[:, -span:]), past[:, -1], mean(past[:, -3:]), smoothed(past, 0.3)]
    seasons = [mean(past[:, past.shape[1] - (i + 1) * span :][:, :span]) for i in range(3)]
    moves = [
        seasons[0] - seasons[1], seasons[1] - seasons[2], change[:, -1], mean(change[:, -3:]),
        mean(change[:, -6:]), smoothed(change, 0.1), smoothed(change, 0.4), mean(moved[:, -6:]),
        mean(np.abs(moved)),
    ]  # fmt: skip
    there = ~np.isnan(past)
    kinds = [
        np.log(np.maximum(mean(np.abs(past)) / unit[:, 0], 1e-9)),
        (past == 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1),
        np.log1p(there.sum(axis=1)),
    ]
    places = [past[:, back - season], past[:, back - 2 * season]]
    places += [past[:, back - 1], past[:, np.minimum(back + 1, past.shape[1] - 1)]]
    near = [(each - naive) / unit for each in [*(level[:, None] for level in levels), *places]]
    return [*near, *(each[:, None] / unit for each in moves), *(each[:, None] for each in kinds)]


def _beforehand(known: Floats, past: Floats, season: int, steps: int) -> list[Floats]:
    """What is known of the period ahead, beside that of the last season's and beside what is usual."""
    found: list[Floats] = []
    for i in range(known.shape[1]):
        each = _padded(known[:, i], past.shape[1] + steps).astype(float)
        ahead, usual = each[:, -steps:], mean(each[:, :-steps])[:, None]
        found += [ahead, ahead - each[:, _back(past, season, steps)], ahead / usual]
    return found


def _bounded(features: Floats) -> Floats:
    """Small numbers that a tree can cut: rounded, so that the last bit of a sum decides nothing."""
    known = np.where(np.isfinite(features), np.clip(features, -FAR, FAR), np.nan)
    return np.asarray(known.astype(np.float32))
