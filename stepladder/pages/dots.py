"""One case's low and high as 20 dots, each as likely as any other (Fernandes et al. 2018)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import NormalDist

DOTS, OUTER = 20, NormalDist().inv_cdf(0.975)  # low and high hold 95 of 100
WIDE, RADIUS = 300, 6.0


@dataclass(frozen=True)
class Dots:
    """Where the dots stand, in a picture so wide and high, and where low and high are."""

    places: tuple[tuple[float, float], ...]
    low: float
    high: float
    height: float
    wide: int = WIDE
    radius: float = RADIUS


def dots(prediction: float, low: float, high: float, whole: bool) -> Dots | None:
    """Twenty values spread as a bell around a prediction, wider on the side where the range is; or none.

    whole: counts, which have no halves. None where there is no range that could be drawn.
    """
    if not low < high:
        return None
    middle = min(max(prediction, low), high)
    bells = [NormalDist().inv_cdf((i + 0.5) / DOTS) / OUTER for i in range(DOTS)]
    values = [middle + b * (high - middle if b > 0 else middle - low) for b in bells]
    values = [float(round(value)) for value in values] if whole else values
    room = WIDE - 4 * RADIUS
    at = [2 * RADIUS + room * (value - low) / (high - low) for value in values]
    column = [round(one / (2 * RADIUS)) * 2 * RADIUS if not whole else round(one, 1) for one in at]
    counted, places = Counter[float](), []
    for one in column:
        places.append((round(one, 1), counted[one]))
        counted[one] += 1
    height = 2 * RADIUS * max(counted.values()) + RADIUS
    stacked = tuple((x, round(height - RADIUS * (2 * nth + 1), 1)) for x, nth in places)
    return Dots(stacked, 2 * RADIUS, WIDE - 2 * RADIUS, height)
