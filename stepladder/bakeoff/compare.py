"""How much worse each rung is than the best, as a share of what there is to gain, resampled by unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.bakeoff.strokes import FAR, strokes
from stepladder.core.stats import Floats, bootstrap_sums, interval, student, sums_by

SAME = 1e-9  # losses that differ by less are the same


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
    """A mean loss, and how much worse than the best as a share of the gain; each with its 95 % interval.

    Where it chooses, also a hundred evenly spaced draws, as wide as the intervals: of `worse`, where a draw
    without a gain is far above any margin, and of loss − best.
    """

    loss: float
    loss_low: float
    loss_high: float
    worse: float
    worse_low: float
    worse_high: float
    worse_draws: tuple[float, ...] = ()
    above_draws: tuple[float, ...] = ()


class Above(NamedTuple):
    """How much more is lost than by the best rung, with its 95 % interval."""

    estimate: float
    low: float
    high: float


class Variance(NamedTuple):
    """How uncertain a contrast of losses is: by the units asked about, and between cutoffs."""

    within: float
    between: float  # as it widens an interval: with how few cutoffs there are; none below five

    @property
    def whole(self) -> float:
        """Of both together."""
        return self.within + self.between


@dataclass(frozen=True)
class Comparison:
    """The comparison that chooses, the one that reports, and each cutoff's own."""

    reference: str
    best: str
    beats_reference: bool
    choose: dict[str, Estimate]
    report: dict[str, Estimate]
    by_cutoff: tuple[dict[str, Estimate], ...]
    above_best: dict[str, Above]  # loss − best
    units: int  # independent ones at the cutoffs that choose
    cases: int
    alike: int  # of these cases, those on which every rung loses the same
    # of loss − best − worse × (reference − best), and of loss − best
    variance: dict[str, tuple[Variance, Variance]]
    others: int = 0  # units that could be asked about too, and were not drawn


@dataclass(frozen=True)
class _Means:
    """Mean losses per rung: pooled over some cutoffs and at each of them; as found, and resampled."""

    pooled: Floats  # rungs
    draws: Floats  # draws × rungs
    each: tuple[tuple[Floats, Floats], ...]

    @staticmethod
    def of(point: Floats, draws: Floats, cutoffs: list[int]) -> _Means:
        each = tuple((_means(point, [i]), _means(draws, [i])) for i in cutoffs)
        return _Means(_means(point, cutoffs), _means(draws, cutoffs), each)


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
    chosen = _Means.of(point, draws, early)
    ref = losses.rungs.index(reference)
    best = min(range(k), key=lambda r: (chosen.pooled[r], losses.rungs[r]))

    def estimates(cutoffs: list[int]) -> dict[str, Estimate]:
        means = _Means.of(point, draws, cutoffs)
        return {name: _estimate(means, r, best, ref) for r, name in enumerate(losses.rungs)}

    unit = np.eye(k)
    contrasts = {
        name: (unit[r] - unit[best], _unexplained(chosen, r, best, ref))
        for r, name in enumerate(losses.rungs)
    }
    return Comparison(
        reference=reference,
        best=losses.rungs[best],
        beats_reference=_contrast(chosen, unit[ref] - unit[best]).low > 0,
        choose=_with_strokes(estimates(early), chosen, losses.rungs, best, ref),
        report=estimates(last),
        by_cutoff=tuple(estimates([i]) for i in early + last),
        above_best={name: _contrast(chosen, own) for name, (own, _) in contrasts.items()},
        units=int((table.reshape(-1, n, k + 1)[:, early, -1] > 0).any(axis=1).sum()),
        cases=sum(len(losses.weights[i]) for i in early),
        alike=sum(int((np.ptp(losses.losses[i], axis=1) <= SAME).sum()) for i in early),
        variance={
            name: (_variance(chosen, share), _variance(chosen, own))
            for name, (own, share) in contrasts.items()
        },
    )


def unit_of(rows: pa.Table, unit: tuple[str, ...]) -> pa.Array:
    """Which independent unit each row is of, as one array, however many columns name it."""
    if len(unit) == 1:
        return pa.chunked_array(rows[unit[0]]).combine_chunks()
    parts = [rows[name].cast(pa.string()) for name in unit]
    sized = [
        pc.binary_join_element_wise(pc.utf8_length(p).cast(pa.string()), p, ":") for p in parts
    ]
    return pc.binary_join_element_wise(*sized, "").combine_chunks()


def _by_unit(losses: Losses) -> Floats:
    """Sums per unit: units × (cutoffs × (rungs + weight))."""
    codes = pa.chunked_array([pa.array(u) for u in losses.units]).combine_chunks()
    indices = codes.dictionary_encode().indices.to_numpy()
    at = np.split(indices, np.cumsum([len(weights) for weights in losses.weights])[:-1])
    each = map(np.column_stack, zip(losses.losses, losses.weights, strict=True))
    total = int(indices.max()) + 1
    return np.hstack([sums_by(here, own, total) for here, own in zip(at, each, strict=True)])


def _means(sums: Floats, cutoffs: list[int]) -> Floats:
    """Mean loss per rung over the cutoffs; sums are […, cutoffs, rungs + weight].

    NaN in a draw that holds none of the units of these cutoffs.
    """
    total = sums[..., cutoffs, :].sum(axis=-2)
    with np.errstate(invalid="ignore"):
        return np.asarray(total[..., :-1] / total[..., -1:])


def _estimate(means: _Means, rung: int, best: int, ref: int) -> Estimate:
    low, high = interval(means.draws[:, rung])
    worse = float(_share(means.pooled, rung, best, ref))
    worse_low, worse_high = interval(_share(means.draws, rung, best, ref))
    wider = _wider(means, _unexplained(means, rung, best, ref))
    return Estimate(
        float(means.pooled[rung]),
        low,
        high,
        worse,
        worse - wider * (worse - worse_low),
        worse + wider * (worse_high - worse),
    )


def _with_strokes(
    found: dict[str, Estimate], means: _Means, rungs: tuple[str, ...], best: int, ref: int
) -> dict[str, Estimate]:
    """The estimates with the strokes of each."""
    draws, unit = means.draws, np.eye(len(rungs))
    gains = draws[:, ref] > draws[:, best]
    unknown = np.isnan(draws[:, best])

    def of(r: int, one: Estimate) -> Estimate:
        share = np.where(gains | unknown, _share(draws, r, best, ref), 0.0 if r == best else FAR)
        own = unit[r] - unit[best]
        worse = strokes(share, one.worse, _wider(means, _unexplained(means, r, best, ref)))
        above = strokes(draws @ own, float(means.pooled @ own), _wider(means, own))
        return replace(one, worse_draws=worse, above_draws=above)

    return {name: of(r, found[name]) for r, name in enumerate(rungs)}


def _unexplained(means: _Means, rung: int, best: int, ref: int) -> Floats:
    """What the share leaves unexplained at each cutoff; a ratio per cutoff runs wild where little is won."""
    unit = np.eye(len(means.pooled))
    worse = float(_share(means.pooled, rung, best, ref))
    return np.asarray(unit[rung] - unit[best] - worse * (unit[ref] - unit[best]))


def _share(means: Floats, rung: int, best: int, ref: int) -> Floats:
    """(loss − best) / (reference − best). Where nothing is gained: whether it lost to the reference."""
    gain = means[..., ref] - means[..., best]
    worse = means[..., rung] - means[..., best]
    nothing = np.where(means[..., rung] > means[..., ref], 1.0, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gain > 0, worse / gain, nothing)


def _contrast(means: _Means, weights: Floats) -> Above:
    """A weighted sum of the rungs' losses with its interval, the variance between cutoffs included."""
    estimate = float(means.pooled @ weights)
    low, high = interval(means.draws @ weights)
    wider = _wider(means, weights)
    return Above(
        estimate, estimate - wider * (estimate - low), estimate + wider * (high - estimate)
    )


def _wider(means: _Means, weights: Floats) -> float:
    """How many times wider an interval is with the variance between cutoffs."""
    found = _variance(means, weights)
    return float((found.whole / found.within) ** 0.5) if found.within > 0 else 1.0


def _variance(means: _Means, weights: Floats) -> Variance:
    """Of a contrast; between cutoffs once there are five."""
    low, high = interval(means.draws @ weights)
    within, cutoffs = ((high - low) / 3.92) ** 2, len(means.each)
    if cutoffs < 5:
        return Variance(within, 0.0)
    each = [float(found @ weights) for found, _ in means.each]
    own = [interval(draws @ weights) for _, draws in means.each]
    noise = float(np.mean([((high - low) / 3.92) ** 2 for low, high in own]))
    between = max(0.0, float(np.var(each, ddof=1)) - noise) / cutoffs
    return Variance(within, few(cutoffs - 1) * between)


def few(known: int) -> float:
    """How much more a variance counts that is known from so few: by its degrees of freedom."""
    return (student(known) / 1.96) ** 2
