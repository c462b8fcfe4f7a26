"""The proposal: the lowest rung that is good enough, in one sentence. The business decides."""

from __future__ import annotations

from dataclasses import dataclass

from stepladder.bakeoff.compare import Comparison, Estimate

LEVELS = ("a person", "a rule", "SQL", "statistics", "machine learning", "deep learning")


@dataclass(frozen=True)
class Candidate:
    """A rung as the choice sees it: its height and what keeping it costs in a year."""

    rung: str
    height: int
    money_per_year: float


@dataclass(frozen=True)
class Proposal:
    """What is proposed and why, in words and in parts."""

    rung: str
    sentence: str
    best: str
    reference: str
    good_enough: tuple[str, ...]
    tied: tuple[str, ...]
    stable: bool


def propose(
    comparison: Comparison,
    candidates: list[Candidate],
    reference: str,
    *,
    margin: float,
    allowed_loss: float | None = None,
    cutoffs: tuple[str, ...] = (),
) -> Proposal:
    """Propose the lowest rung inside the margin; `allowed_loss` is the margin as loss above the best.

    Order among equals: height, money a year (to the nearest ten), loss, name. Where the best does
    not surely beat the reference, the reference is proposed.
    """
    if not comparison.beats_reference:
        return _reference(comparison, reference)
    inside = [c for c in candidates if _inside(comparison, c.rung, margin, allowed_loss)]
    ranked = sorted(inside, key=lambda c: (*_rank(c), comparison.choose[c.rung].loss, c.rung))
    first = ranked[0]
    tied = tuple(c.rung for c in ranked[1:] if _rank(c) == _rank(first))
    unstable = _outside(comparison, first.rung, margin, allowed_loss, cutoffs)
    sentence = _sentence(comparison, first, reference, margin, allowed_loss)
    return Proposal(
        first.rung,
        sentence + _tie(tied) + _stability(unstable),
        comparison.best,
        reference,
        tuple(c.rung for c in ranked),
        tied,
        not unstable,
    )


def _rank(candidate: Candidate) -> tuple[int, float]:
    """Height, then money rounded to tens: machine seconds jitter and must not decide."""
    return candidate.height, round(candidate.money_per_year, -1)


def _inside(comparison: Comparison, rung: str, margin: float, allowed: float | None) -> bool:
    if rung == comparison.best:
        return True
    if allowed is not None:
        return comparison.above_best[rung][1] <= allowed
    return comparison.choose[rung].worse_high <= margin


def _outside(
    comparison: Comparison,
    rung: str,
    margin: float,
    allowed: float | None,
    cutoffs: tuple[str, ...],
) -> list[str]:
    """The cutoffs, early or last, at which the proposal itself was beyond the margin."""

    def beyond(at: dict[str, Estimate]) -> bool:
        if allowed is not None:
            return at[rung].loss - at[comparison.best].loss > allowed
        return at[rung].worse > margin

    return [name for name, at in zip(cutoffs, comparison.by_cutoff, strict=False) if beyond(at)]


def _reference(comparison: Comparison, reference: str) -> Proposal:
    sentence = (
        f"Keep {reference}: no rung surely beats it on these data, "
        "so nothing that costs more to keep has earned its place."
    )
    return Proposal(reference, sentence, comparison.best, reference, (reference,), (), True)


def _sentence(
    comparison: Comparison, first: Candidate, reference: str, margin: float, allowed: float | None
) -> str:
    who = f"{first.rung} ({LEVELS[first.height]})"
    estimate = comparison.choose[first.rung]
    if first.rung == comparison.best:
        return (
            f"We propose {who}: it forecasts best, and no lower rung is good enough "
            f"(allowed to give up: {_margin(margin, allowed)})."
        )
    return (
        f"We propose {who}, the lowest rung that is good enough: it gives up "
        f"{max(estimate.worse, 0):.1%} of what the best rung, {comparison.best}, gains over "
        f"{reference}, and surely no more than {max(estimate.worse_high, 0):.1%} "
        f"(allowed: {_margin(margin, allowed)})."
    )


def _margin(margin: float, allowed: float | None) -> str:
    return f"{margin:.0%} of the gain" if allowed is None else "the amount of money you set"


def _tie(tied: tuple[str, ...]) -> str:
    return (
        f" A tie with {' and '.join(tied)}: as high and as dear; the smaller loss decides."
        if tied
        else ""
    )


def _stability(unstable: list[str]) -> str:
    if not unstable:
        return " It was inside the margin at every cutoff."
    return f" Not stable over time: it was outside the margin at {' and '.join(unstable)}."
