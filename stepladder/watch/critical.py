"""How far two weeks in a row must stray before somebody is woken: thresholds for a budget of alarms."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from stepladder.core.stats import Floats

# Where the threshold is worked out; between them it is interpolated, in the scales it is smooth in.
_ANGLES = np.linspace(0.0, np.pi / 2, 13)  # arcsin of the correlation
_INVERSE = np.linspace(0.0, 0.25, 26)  # 1 ÷ degrees of freedom: from known to four
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)


def both_beyond(threshold: Floats, angle: Floats, inverse: Floats) -> Floats:
    """The chance that two errors, each divided by the same estimated spread, both lie above a threshold.

    Their upper orthant probability under the bivariate t with correlation sin(angle) and 1/inverse
    degrees of freedom: by Plackett's identity, (1/2π) ∫ (1 + 2c²/((1 + sin θ)ν))^(−ν/2) dθ from −π/2
    to `angle`.
    """
    half = (angle + np.pi / 2) / 2
    theta = half[..., None] * (_NODES + 1) - np.pi / 2
    square = 2 * threshold[..., None] ** 2 / (1 + np.sin(theta))
    nu = 1 / np.maximum(inverse, 1e-6)[..., None]
    density = np.exp(-nu / 2 * np.log1p(square / nu))
    return np.asarray((density @ _WEIGHTS) * half / (2 * np.pi))


def critical(alpha: float, correlation: Floats, df: Floats) -> Floats:
    """The threshold that two errors in a row both pass, on the same side, with probability `alpha`."""
    at = np.arcsin(np.clip(correlation, 0.0, 1.0)) / _ANGLES[1]
    down = np.clip(1 / np.maximum(df, 4.0), 0.0, _INVERSE[-1]) / _INVERSE[1]
    i = np.minimum(at.astype(int), len(_ANGLES) - 2)
    j = np.minimum(down.astype(int), len(_INVERSE) - 2)
    u, v, table = at - i, down - j, _table(alpha)
    near = (1 - v) * table[i, j] + v * table[i, j + 1]
    far = (1 - v) * table[i + 1, j] + v * table[i + 1, j + 1]
    return np.asarray((1 - u) * near + u * far)


@lru_cache(maxsize=16)
def _table(alpha: float) -> Floats:
    """Thresholds on the grid, by bisection; both sides share `alpha`."""
    angle, inverse = (a.ravel() for a in np.meshgrid(_ANGLES, _INVERSE, indexing="ij"))
    low, high = np.zeros(len(angle)), np.full(len(angle), 1e4)
    for _ in range(60):
        middle = (low + high) / 2
        above = both_beyond(middle, angle, inverse) > alpha / 2
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(((low + high) / 2).reshape(len(_ANGLES), len(_INVERSE)))
