"""Climbs to the top of a likelihood, and says so when the top lies at the edge of the model.

Parameters are logarithms of positive numbers, or anything else without bounds. Where the
likelihood keeps rising as one of them runs off, that parameter is put at its limiting value, the
others are fitted again, and the name of the limit is kept. Trust region: Nocedal & Wright (2006),
chapter 4; the step is bounded in the largest (log) parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Evaluate = Callable[[Floats], tuple[float, Floats, Floats]]

GAIN = 1e-10  # a Newton step that promises less log-likelihood than this is not worth taking
STEPS = 200
RADIUS = 2.0
ROUNDING = 1e-14  # of the log-likelihood
LOST = 1e-6  # log-likelihood that rounding may cost where no shorter step climbs either


@dataclass(frozen=True)
class Edge:
    """Where a parameter runs off to: beyond `near` it is put `at` the limit, and tested at `probe`.

    `also` gives values to the parameters that mean nothing once this one sits at its limit.
    """

    name: str
    index: int
    near: float
    probe: float
    at: float
    also: tuple[tuple[int, float], ...] = ()

    def reached(self, place: Floats, gradient: Floats) -> bool:
        """Whether the parameter is beyond the edge and the likelihood still rises outwards."""
        sign = np.sign(self.at - self.near)
        outside = sign * (place[self.index] - self.near) > 0
        return bool(outside and sign * gradient[self.index] >= 0)


@dataclass
class Top:
    """The highest point found: where, how high, how steep, and which parameters stayed free."""

    place: Floats
    height: float
    gradient: Floats
    hessian: Floats
    free: list[int]
    edges: list[Edge] = field(default_factory=list)
    steps: int = 0
    evaluations: int = 1
    converged: bool = False

    def model(self) -> tuple[float, Floats]:
        """Promised rise and step of the local parabola, uphill even where it is not a hill."""
        block = -self.hessian[np.ix_(self.free, self.free)]
        values, vectors = np.linalg.eigh(block)
        along = vectors.T @ self.gradient[self.free]
        bend = np.maximum(np.abs(values), ROUNDING * (1.0 + abs(self.height)))
        return float(0.5 * np.sum(along**2 / bend)), vectors @ (along / bend)

    def covariance(self) -> Floats:
        """Inverse information of the free parameters; NaN for those put at a limit."""
        out = np.full((len(self.place), len(self.place)), np.nan)
        block = -self.hessian[np.ix_(self.free, self.free)]
        if self.converged and np.linalg.eigvalsh(block)[0] > 0:
            out[np.ix_(self.free, self.free)] = np.linalg.inv(block)
        return out


def maximise(evaluate: Evaluate, start: ArrayLike, edges: Sequence[Edge] = ()) -> Top:
    """The top of a likelihood from `start`; `evaluate` returns height, gradient and Hessian.

    A limit is believed only if the likelihood falls when stepping back from it to `probe`;
    otherwise the parameter is set free again there, once.
    """
    place = np.asarray(start, float)
    top = Top(place, *evaluate(place), free=list(range(len(place))))
    _climb(evaluate, top, list(edges))
    for edge in list(top.edges):
        back = top.place.copy()
        back[edge.index] = edge.probe
        height, gradient, hessian = evaluate(back)
        top.evaluations += 1
        if np.sign(edge.at - edge.near) * gradient[edge.index] < 0:
            top.free = sorted([*top.free, edge.index, *(i for i, _ in edge.also)])
            top.edges.remove(edge)
            top.place, top.height, top.gradient, top.hessian = back, height, gradient, hessian
            _climb(evaluate, top, [])
    return top


def _climb(evaluate: Evaluate, top: Top, edges: list[Edge]) -> None:
    radius, top.converged = RADIUS, False
    while top.steps < STEPS:
        for edge in edges:
            if edge.index in top.free and edge.reached(top.place, top.gradient):
                _settle(evaluate, top, edge)
        rise, step = top.model()
        if rise < GAIN:
            top.converged = True
            return
        length = float(np.max(np.abs(step)))
        place = top.place.copy()
        place[top.free] += step * min(1.0, radius / length)
        height, gradient, hessian = evaluate(place)
        top.steps, top.evaluations = top.steps + 1, top.evaluations + 1
        rounding = ROUNDING * abs(top.height)
        if np.isfinite(height) and height >= top.height - rounding:
            top.place, top.height, top.gradient, top.hessian = place, height, gradient, hessian
            radius = 2.0 * radius if length >= radius else radius
        else:
            radius = 0.25 * min(length, radius)
            if radius < 1e-8:
                top.converged = rise < max(LOST, 10.0 * rounding)
                return


def _settle(evaluate: Evaluate, top: Top, edge: Edge) -> None:
    gone = {edge.index, *(i for i, _ in edge.also)}
    top.place[edge.index] = edge.at
    for index, value in edge.also:
        top.place[index] = value
    top.free = [i for i in top.free if i not in gone]
    top.edges = [e for e in top.edges if e.index not in gone] + [edge]
    top.height, top.gradient, top.hessian = evaluate(top.place)
    top.evaluations += 1
