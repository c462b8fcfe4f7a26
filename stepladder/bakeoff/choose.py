"""The proposal: the lowest rung that is good enough, in one sentence. The business decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stepladder.bakeoff.compare import Comparison, Estimate
from stepladder.bakeoff.lists import Lists
from stepladder.bakeoff.undecided import why_undecided

ALIKE = 1e-12  # of a loss: what adding up in another order may change
ONE = 0.5  # of the currency: less is not spoken of
SAVED = "what that saves"  # what a rung may bring less, where nobody said how much
LEVELS = ("a person", "a rule", "SQL", "statistics", "machine learning", "deep learning")

# the same for every rung, by rung, or a share is what counts
Allowed = float | Mapping[str, float] | None


@dataclass(frozen=True)
class Candidate:
    """A rung as the choice sees it: its height and what keeping it costs in a year."""

    rung: str
    height: int
    money_per_year: float


@dataclass(frozen=True)
class Proposal:
    """What is proposed and why, in words and in parts; `rung` is empty where nothing is."""

    rung: str
    sentence: str
    best: str
    reference: str
    good_enough: tuple[str, ...]
    tied: tuple[str, ...]
    stable: bool

    @property
    def undecided(self) -> bool:
        """Whether the reference is kept because nothing separates the rungs, not since it is good enough."""
        return self.rung == self.reference and self.good_enough == (self.reference,)

    @property
    def shown(self) -> str:
        """The rung whose answers are shown: the reference's where none is proposed."""
        return self.rung or self.reference


def propose(
    comparison: Comparison,
    candidates: list[Candidate],
    reference: str,
    *,
    margin: float,
    allowed_loss: Allowed = None,
    year: float = 1.0,
    cutoffs: tuple[str, ...] = (),
    people: str = "cases",
    money: Lists | None = None,
) -> Proposal:
    """Propose the lowest rung inside the margin; `allowed_loss` is the margin as loss above the best.

    `people`: what the independent units are called; `money`: what the rungs' lists brought, where that is
    known. By rung, `allowed_loss` is what each saves against the best. `year` turns losses into money a year.

    Where rungs that differed before all lose the same in the exam, none is proposed: nothing learnt holds.

    Order among equals: height, money a year (to the nearest ten), loss, name. Where the best does
    not surely beat the reference, the reference is proposed.
    """
    if _alike(comparison.report) and not _alike(comparison.choose):
        return _none(comparison, reference)
    if not comparison.beats_reference:
        return _reference(comparison, reference, people, money)
    inside = [c for c in candidates if _inside(comparison, c.rung, margin, allowed_loss)]
    ranked = sorted(inside, key=lambda c: (*_rank(c), comparison.choose[c.rung].loss, c.rung))
    first = ranked[0]
    tied = tuple(c.rung for c in ranked[1:] if _rank(c) == _rank(first))
    unstable = _outside(comparison, first.rung, reference, margin, allowed_loss, cutoffs)
    limit = _limit(margin, allowed_loss, year)
    if money and allowed_loss is not None:
        sentence = _in_money(comparison, first, candidates, limit, money)
    else:
        sentence = _sentence(comparison, first, reference, limit)
        if money and first.rung != comparison.best:
            sentence += f" In money it {_less(first, comparison, money)}."
    return Proposal(
        first.rung,
        sentence + _tie(tied) + _stability(unstable, reference),
        comparison.best,
        reference,
        tuple(c.rung for c in ranked),
        tied,
        not unstable,
    )


def _alike(there: dict[str, Estimate]) -> bool:
    """Whether every rung loses the same there."""
    losses = [one.loss for one in there.values()]
    return len(losses) > 1 and max(losses) - min(losses) <= ALIKE * abs(max(losses))


def _none(comparison: Comparison, reference: str) -> Proposal:
    sentence = (
        "No rung is proposed: in the exam, the last window, which had played no part in choosing, all of "
        f"them lose the same, {comparison.report[reference].loss:.3f}, {reference} too. None foresaw "
        "anything that another did not, so nothing that was learnt before is known to hold still. Look at "
        "what changed there (ids written otherwise, a catalogue or an assortment replaced), or come back "
        "when there is more of the new."
    )
    return Proposal("", sentence, comparison.best, reference, (), (), False)


def _rank(candidate: Candidate) -> tuple[int, float]:
    """Height, then money rounded to tens: machine seconds jitter and must not decide."""
    return candidate.height, round(candidate.money_per_year, -1)


def _inside(comparison: Comparison, rung: str, margin: float, allowed: Allowed) -> bool:
    if rung == comparison.best:
        return True
    if allowed is not None:
        return comparison.above_best[rung].high <= _of(allowed, rung) + ALIKE * abs(
            comparison.choose[rung].loss
        )
    return comparison.choose[rung].worse_high <= margin


def _of(allowed: float | Mapping[str, float], rung: str) -> float:
    return allowed if isinstance(allowed, float | int) else allowed.get(rung, 0.0)


def _outside(
    comparison: Comparison,
    rung: str,
    reference: str,
    margin: float,
    allowed: Allowed,
    cutoffs: tuple[str, ...],
) -> list[str]:
    """The cutoffs, early or last, where the proposal was beyond the margin or beat nobody."""

    def beyond(at: dict[str, Estimate]) -> bool:
        if rung != reference and at[rung].loss >= at[reference].loss:
            return True
        if allowed is not None:
            return at[rung].loss - at[comparison.best].loss > _of(allowed, rung)
        return at[rung].worse > margin

    return [name for name, at in zip(cutoffs, comparison.by_cutoff, strict=False) if beyond(at)]


def _reference(
    comparison: Comparison, reference: str, people: str, money: Lists | None
) -> Proposal:
    sentence = f"Keep {reference}: {why_undecided(comparison, reference, people, money)}"
    return Proposal(reference, sentence, comparison.best, reference, (reference,), (), True)


def _sentence(comparison: Comparison, first: Candidate, reference: str, limit: str) -> str:
    who = f"{first.rung} ({LEVELS[first.height]})"
    if first.rung == comparison.best:
        return (
            f"We propose {who}: it does best, and no lower rung is good enough "
            f"(allowed to give up: {limit})."
        )
    estimate = comparison.choose[first.rung]
    return (
        f"We propose {who}, the lowest rung that is good enough: it gives up "
        f"{max(estimate.worse, 0):.1%} of what the best rung, {comparison.best}, gains over "
        f"{reference}, and surely no more than {max(estimate.worse_high, 0):.1%} (allowed: {limit})."
    )


def _in_money(
    comparison: Comparison, first: Candidate, candidates: list[Candidate], limit: str, money: Lists
) -> str:
    """The same, by what a decision brings: how much less than the best, and what that saves."""
    who, best = f"{first.rung} ({LEVELS[first.height]})", comparison.best
    if first.rung != best:
        enough = "which makes up for it" if limit == SAVED else f"and you allow {limit}"
        return (
            f"We propose {who}, the lowest rung that is good enough: against the best rung, {best}, "
            f"{_less(first, comparison, money)}, and {_saved(first, best, candidates, money)}, {enough}."
        )
    said = f"We propose {who}: it does best, and {_none_lower(limit)}."
    lower = [one for one in candidates if one.height < first.height]
    if not lower:
        return said
    below = min(lower, key=lambda one: (comparison.choose[one.rung].loss, one.rung))
    one = "The best of the lower ones" if len(lower) > 1 else "The lower one"
    return (
        f"{said} {one}, {below.rung}, {_less(below, comparison, money)}, and "
        f"{_saved(below, best, candidates, money)}."
    )


def _none_lower(limit: str) -> str:
    if limit == SAVED:
        return "no lower rung saves enough to make up for what it may bring less"
    return (
        f"no lower rung is good enough: each may bring less by more than the {limit} that you allow"
    )


def _less(rung: Candidate, comparison: Comparison, money: Lists) -> str:
    """How much less a list brings than the best's, with the range of that."""
    less, *bounds = (each * money.usual for each in comparison.above_best[rung.rung])
    span = " to ".join(f"{each:,.0f}" for each in bounds).replace("-", "−")
    roughly = "roughly " if money.of(rung.rung).rough else ""
    said = f" less per decision ({roughly}{span})"
    return f"brings {money.said(less, said) if less >= ONE else f'no{said}'}"


def _saved(rung: Candidate, best: str, candidates: list[Candidate], money: Lists) -> str:
    dear = next(one.money_per_year for one in candidates if one.rung == best)
    saved = round(dear) - round(rung.money_per_year)
    return (
        f"saves {f'{saved:,.0f} {money.currency}'.rstrip()} a year"
        if saved > 0
        else "saves nothing"
    )


def _limit(margin: float, allowed: Allowed, year: float) -> str:
    if allowed is None:
        return f"{margin:.0%} of the gain"
    if isinstance(allowed, float | int):
        return f"{allowed * year:,.0f} a year"
    return SAVED


def _tie(tied: tuple[str, ...]) -> str:
    if not tied:
        return ""
    return f" A tie with {' and '.join(tied)}: as high and as dear; the smaller loss decides."


def _stability(unstable: list[str], reference: str) -> str:
    if not unstable:
        return f" It was inside the margin and beat {reference} at every cutoff."
    return (
        f" Not stable over time: at {' and '.join(unstable)} it was outside the margin or no better "
        f"than {reference}."
    )
