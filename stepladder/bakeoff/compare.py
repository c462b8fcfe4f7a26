"""How much worse each rung is than the best, as a share of what there is to gain, resampled by unit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from stepladder.core.stats import Floats, bootstrap_sums, interval


@dataclass(frozen=True)
class Losses:
    """Every scored rung's loss on the same cases: per cutoff units, weights, and a column per rung."""

    rungs: tuple[str, ...]
    cutoffs: tuple[str, ...]
    roles: tuple[str, ...]
    units: tuple[pa.Array, ...]  # per cutoff: cases
    weights: tuple[Floats, ...]
    losses: tuple[Floats, ...]  # per cutoff: cases × rungs, already times weight


@dataclass(frozen=True)
class Estimate:
    """A mean loss, and how much worse than the best as a share of the gain; each with its 95 % interval."""

    loss: float
    loss_low: float
    loss_high: float
    worse: float
    worse_low: float
    worse_high: float


@dataclass(frozen=True)
class Comparison:
    """The comparison that chooses, the one that reports, and each cutoff's own."""

    best: str
    beats_reference: bool
    choose: dict[str, Estimate]
    report: dict[str, Estimate]
    by_cutoff: tuple[dict[str, Estimate], ...]
    above_best: dict[str, tuple[float, float]]  # loss − best: estimate and upper bound


def compare(losses: Losses, reference: str, seed: int) -> Comparison:
    """Compare the rungs: choose on the early cutoffs, report on the last with the best held fixed.

    Shares are (loss − best) / (reference − best). Draws resample units, whose rows stay together
    over all cutoffs, so differences are paired. With five or more choosing cutoffs the variance
    between them is added.
    """
    k, n = len(losses.rungs), len(losses.cutoffs)
    table = _by_unit(losses)
    point = table.sum(axis=0).reshape(n, k + 1)
    draws = bootstrap_sums(table, seed).reshape(-1, n, k + 1)
    early = [i for i, role in enumerate(losses.roles) if role == "choose"]
    last = [i for i, role in enumerate(losses.roles) if role == "report"]
    means, spread = _means(point, early), _means(draws, early)
    single = [(_means(point, [i]), _means(draws, [i])) for i in early]
    ref = losses.rungs.index(reference)
    best = min(range(k), key=lambda r: (means[r], losses.rungs[r]))
    singles = tuple(_estimates(losses, point, draws, [i], best, ref) for i in early + last)
    chosen = _between(_estimates(losses, point, draws, early, best, ref), singles[: len(early)])
    return Comparison(
        best=losses.rungs[best],
        beats_reference=interval(spread[:, ref] - spread[:, best])[0] > 0,
        choose=chosen,
        report=_estimates(losses, point, draws, last, best, ref),
        by_cutoff=singles,
        above_best={
            name: _above((means, spread), single, r, best) for r, name in enumerate(losses.rungs)
        },
    )


def _by_unit(losses: Losses) -> Floats:
    """Sums per unit: units × (cutoffs × (rungs + weight))."""
    codes = pa.chunked_array([pa.array(u) for u in losses.units]).combine_chunks()
    indices = codes.dictionary_encode().indices.to_numpy()
    columns, start = [], 0
    total = int(indices.max()) + 1
    for values, weights in zip(losses.losses, losses.weights, strict=True):
        here = indices[start : start + len(weights)]
        start += len(weights)
        for column in (*values.T, weights):
            columns.append(np.bincount(here, weights=column, minlength=total))
    return np.column_stack(columns)


def _means(sums: Floats, cutoffs: list[int]) -> Floats:
    """Mean loss per rung over the cutoffs; sums are […, cutoffs, rungs + weight]."""
    total = sums[..., cutoffs, :].sum(axis=-2)
    return np.asarray(total[..., :-1] / total[..., -1:])


def _estimates(
    losses: Losses, point: Floats, draws: Floats, cutoffs: list[int], best: int, ref: int
) -> dict[str, Estimate]:
    mean, spread = _means(point, cutoffs), _means(draws, cutoffs)
    found = {}
    for r, name in enumerate(losses.rungs):
        low, high = interval(spread[:, r])
        worse = _share(mean[None], r, best, ref)
        worse_low, worse_high = interval(_share(spread, r, best, ref))
        found[name] = Estimate(float(mean[r]), low, high, float(worse[0]), worse_low, worse_high)
    return found


def _share(means: Floats, rung: int, best: int, ref: int) -> Floats:
    """(loss − best) / (reference − best); where nothing is to be gained, the whole gain is lost."""
    gain = means[:, ref] - means[:, best]
    worse = means[:, rung] - means[:, best]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gain > 0, worse / gain, np.where(worse > 0, 1.0, 0.0))


def _above(
    pooled: tuple[Floats, Floats], singles: list[tuple[Floats, Floats]], rung: int, best: int
) -> tuple[float, float]:
    """Loss above the best's, and its upper bound, from (means, draws of means): pooled, per cutoff."""

    def difference(means: Floats) -> Floats:
        return np.asarray(means[..., rung] - means[..., best])

    estimate, (low, high) = float(difference(pooled[0])), interval(difference(pooled[1]))
    each = [float(difference(means)) for means, _ in singles]
    own = [interval(difference(draws)) for _, draws in singles]
    wider = _wider((low, high), each, own)
    return estimate, estimate + wider * (high - estimate)


def _between(
    pooled: dict[str, Estimate], singles: tuple[dict[str, Estimate], ...]
) -> dict[str, Estimate]:
    """The shares' intervals, widened by the variance between cutoffs."""
    found = {}
    for name, e in pooled.items():
        each = [single[name].worse for single in singles]
        own = [(single[name].worse_low, single[name].worse_high) for single in singles]
        wider = _wider((e.worse_low, e.worse_high), each, own)
        found[name] = replace(
            e,
            worse_low=e.worse - wider * (e.worse - e.worse_low),
            worse_high=e.worse + wider * (e.worse_high - e.worse),
        )
    return found


def _wider(pooled: tuple[float, float], each: list[float], own: list[tuple[float, float]]) -> float:
    """How many times wider an interval is with the variance between cutoffs, once there are five."""
    if len(each) < 5:
        return 1.0
    noise = float(np.mean([((high - low) / 3.92) ** 2 for low, high in own]))
    between = max(0.0, float(np.var(each, ddof=1)) - noise) / len(each)
    within = ((pooled[1] - pooled[0]) / 3.92) ** 2
    return (1 + between / within) ** 0.5 if within > 0 else 1.0
