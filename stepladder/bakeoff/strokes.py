"""Strokes: a hundred evenly spaced draws of a comparison, so that a share of them can be counted."""

from __future__ import annotations

import numpy as np

from stepladder.core.stats import Floats

STROKES = 100
FAR = 1e3  # shares beyond are drawn at the edge; a share of no gain at all is as far
AT = (
    100 * (np.arange(STROKES) + 0.5) / STROKES
)  # so the third and the 98th are a 95 % interval's ends


def strokes(draws: Floats, at: float, wider: float = 1.0) -> tuple[float, ...]:
    """A hundred evenly spaced quantiles of the draws, as far from the estimate `at` as its interval has them.

    Draws that say nothing, NaN, are left out. Comparisons are read better from draws than from error bars
    (Hullman et al., 2015).
    """
    found = np.nanpercentile(np.clip(draws, -FAR, FAR), AT)
    return stretched(tuple(found.tolist()), at, wider)


def stretched(found: tuple[float, ...], at: float, wider: float) -> tuple[float, ...]:
    """The strokes with their distance from the estimate made so many times as wide."""
    return tuple(float(f"{at + wider * (each - at):.6g}") for each in found)
