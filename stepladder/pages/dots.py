"""Outcomes as 20 dots, each as likely as any other: quantile dotplots (Fernandes et al., CHI 2018)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

DOTS = 20
WIDE, RADIUS = 300, 6.0
COLUMNS = WIDE / (2 * RADIUS) - 1


@dataclass(frozen=True)
class Dots:
    """Where the dots stand, in a picture so wide and high, and the least and most that they stand for."""

    places: tuple[tuple[float, float], ...]
    least: float
    most: float
    height: float
    wide: int = WIDE
    radius: float = RADIUS


def dots(came: Sequence[float]) -> Dots | None:
    """Twenty evenly spaced quantiles of what came, like values upon each other; None of fewer outcomes."""
    if len(came) < DOTS:
        return None
    order = sorted(came)
    values = [order[int((i + 0.5) / DOTS * len(order))] for i in range(DOTS)]
    least, most = values[0], values[-1]
    size = (most - least) or 1.0
    counted, stacked = Counter[int](), list[tuple[int, int]]()
    for value in values:
        column = round(COLUMNS * (value - least) / size)
        stacked.append((column, counted[column]))
        counted[column] += 1
    height = 2 * RADIUS * max(counted.values()) + 2
    places = ((RADIUS * (2 * x + 1), height - RADIUS * (2 * nth + 1) - 1) for x, nth in stacked)
    return Dots(tuple(places), least, most, height)
