"""Resampling by the independent unit, and intervals learnt from past errors: pure functions on arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOSTLY = 1.96 + 0.8416  # standard errors of what is found four times in five
LEVEL = 0.95
TINY = 1e-9
LEAST = 100  # cases a bin must have before its quantiles mean anything
DOTS = (np.arange(20) + 0.5) / 20  # all twenty of them: the middle 95 of 100 outcomes
CUTS = (0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)


def bootstrap_sums(values: Floats, seed: int, draws: int = 2000, bags: int = 20_000) -> Floats:
    """Column sums of `values` (units × columns) over resampled units: draws × columns.

    More units than `bags` are first thrown at random into that many bags, and whole bags are
    resampled: each bag is as independent of the others as the units are (Kleiner et al., 2014,
    "A scalable bootstrap for massive data", for the idea of fewer, heavier units).
    """
    rng = np.random.default_rng(seed)
    if len(values) > bags:
        values = sums_by(rng.permutation(len(values)) % bags, values, bags)
    n = len(values)
    out = np.empty((draws, values.shape[1]))
    for start in range(0, draws, 100):
        some = min(100, draws - start)
        picks = rng.integers(n, size=(some, n)) + n * np.arange(some)[:, None]
        counts = np.bincount(picks.ravel(), minlength=some * n).reshape(some, n)
        out[start : start + some] = counts.astype(float) @ values
    return out


def sums_by(group: NDArray[np.int64], values: Floats, groups: int) -> Floats:
    """Column sums of `values` (rows × columns) for each group: groups × columns."""
    columns = [np.bincount(group, weights=column, minlength=groups) for column in values.T]
    return np.column_stack(columns)


def interval(draws: Floats, level: float = LEVEL) -> tuple[float, float]:
    """The middle share of the draws; those that say nothing, NaN, are left out."""
    tail = 100 * (1 - level) / 2
    low, high = np.nanpercentile(draws, [tail, 100 - tail])
    return float(low), float(high)


def student(known: int) -> float:
    """How many standard errors a 95 % interval reaches, known from so few (degrees of freedom)."""
    from scipy.special import stdtrit  # a quarter of a second, of every start of the service

    return float(stdtrit(known, (1 + LEVEL) / 2))


class Bins(NamedTuple):
    """What came of predictions of each size: bin edges, and where the outcomes of each bin lay.

    The top bin of counts and numbers is open: its outcomes are kept as multiples of the prediction, or
    the heaviest buyer's forecast would lie above everybody's upper limit.
    """

    edges: Floats  # k − 1 inner edges, rising
    low: Floats  # of the k − 1 lower bins: outcomes; of the top bin: outcome ÷ prediction
    high: Floats

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {name: getattr(self, name).tolist() for name in ("edges", "low", "high")}

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> Bins:
        """The bins that `plain` wrote."""
        edges, low, high = (np.array(plain[name], float) for name in ("edges", "low", "high"))
        return Bins(edges, low, high)


def learn_bins(
    predicted: Floats,
    actual: Floats,
    level: float = LEVEL,
    share: bool = False,
) -> Bins | None:
    """Quantiles of outcomes within bins of prediction; None with fewer than 100 past cases.

    Quantiles are outcomes that occurred (integers for counts), so a bin covers at least `level` of
    the cases it was learnt from. Finer bins at the top: plain residuals cover the many who buy
    nothing and miss the few who buy most. Of one case that comes true or not no outcome lies between;
    with `share` a bin holds the interval of the share that came true among like predictions.
    """
    if len(predicted) < LEAST:
        return None
    tail = (1 - level) / 2
    edges = _edges(predicted)
    at = np.searchsorted(edges, predicted, side="right")
    groups = [actual[at == i] for i in range(len(edges) + 1)]
    if share:
        found = np.array([wilson(float(group.sum()), len(group)) for group in groups])
        return Bins(edges, found[:, 0], found[:, 1])
    top = at == len(edges)
    groups[-1] = actual[top] / np.maximum(predicted[top], TINY)
    low = [np.quantile(group, tail, method="lower") for group in groups]
    high = [np.quantile(group, 1 - tail, method="higher") for group in groups]
    return Bins(edges, np.array(low, float), np.array(high, float))


def wilson(some: float, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    z = 1.96
    share, n = some / total, total + z * z
    middle = (some + z * z / 2) / n
    half = z / n * np.sqrt(total * share * (1 - share) + z * z / 4)
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def _edges(predicted: Floats) -> Floats:
    """Inner edges that leave at least 100 cases in every bin."""
    ordered = np.sort(predicted)
    edges: list[float] = []
    start = 0
    for cut in np.unique(np.quantile(ordered, CUTS, method="higher")):
        here = int(np.searchsorted(ordered, cut, side="left"))
        if here - start >= LEAST and len(ordered) - here >= LEAST:
            edges.append(float(cut))
            start = here
    return np.array(edges, float)


def apply_bins(
    bins: Bins,
    predicted: Floats,
    whole: bool = True,
    share: bool = False,
) -> tuple[Floats, Floats]:
    """Low and high for each prediction; `whole` rounds outwards, for counts."""
    at = np.searchsorted(bins.edges, predicted, side="right")
    top = (at == len(bins.edges)) & (not share)
    times = np.where(top, np.maximum(predicted, TINY), 1.0)
    low, high = bins.low[at] * times, bins.high[at] * times
    # a hair of tolerance: 3 ÷ 0.3 × 0.3 must not become 4
    return (np.floor(low + 1e-9), np.ceil(high - 1e-9) + 0.0) if whole else (low, high)  # no -0


class Calibration(NamedTuple):
    """One bin of cases: what was predicted and what came, on average, with its uncertainty."""

    cases: int
    predicted: float
    actual: float
    actual_low: float
    actual_high: float
    covered: float | None  # share whose outcome lay between low and high
    came: tuple[float, ...]  # 20 evenly spaced quantiles of the outcomes: outcomes that occurred


def calibration(
    predicted: Floats, actual: Floats, low: Floats | None = None, high: Floats | None = None
) -> list[Calibration]:
    """Predicted against actual in bins of prediction, smallest first."""
    at = np.searchsorted(_edges(predicted), predicted, side="right")
    rows = []
    for i in np.unique(at):
        mine = at == i
        mean, n = float(actual[mine].mean()), int(mine.sum())
        error = 1.96 * float(actual[mine].std()) / n**0.5
        covered = None
        if low is not None and high is not None:
            covered = float(((actual >= low) & (actual <= high))[mine].mean())
        said = float(predicted[mine].mean())
        came = tuple(np.quantile(actual[mine], DOTS, method="inverted_cdf").astype(float).tolist())
        rows.append(Calibration(n, said, mean, mean - error, mean + error, covered, came))
    return rows


def group_means(labels: NDArray[np.int64], actual: Floats) -> dict[int, float]:
    """Each label's average outcome, pulled to everyone's as if five average cases joined it."""
    mean = float(actual.mean()) if len(actual) else 0.0
    return {
        int(label): float(
            (actual[labels == label].sum() + 5 * mean) / ((labels == label).sum() + 5)
        )
        for label in np.unique(labels)
    }
