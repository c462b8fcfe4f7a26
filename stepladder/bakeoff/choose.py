"""The proposal: the lowest rung that is good enough, in one sentence. The business decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from stepladder.bakeoff.compare import Comparison, Estimate
from stepladder.bakeoff.lists import Lists

ALIKE = 1e-12  # of a loss: what adding up in another order may change
NEARLY = 0.95  # of the cases
FAR = 10.0  # times as many as there are: nobody waits for these
MANY = 12  # windows: nobody waits for more
MOSTLY = 1.96 + 0.84  # standard errors a gain must have to be shown four times in five
ONE = 0.5  # of the currency: less is not spoken of
CANNOT = "prices cannot choose here"
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
    said = _alike_sentence(comparison, people, money) or _would_separate(
        comparison, reference, people, money
    )
    sentence = f"Keep {reference}: {said}"
    return Proposal(reference, sentence, comparison.best, reference, (reference,), (), True)


def _alike_sentence(comparison: Comparison, people: str, money: Lists | None) -> str:
    """Where rungs hardly ever differ no data would tell them apart, and it is said why."""
    alike, cases = comparison.alike, comparison.cases
    if alike < NEARLY * cases:
        return ""
    of = f"{alike:,} of {cases:,} cases"
    if money and (not money.binding or money.nobody == money.cases):
        return _everybody(money, of, people)
    if money and money.binding:  # a short list leaves most cases out, whoever is on it
        return ""
    return f"all rungs are as right as each other on {of}, so this loss cannot choose between them."


def _everybody(money: Lists, of: str, people: str) -> str:
    """That prices act on all alike: on everybody, on nobody, or on the same ones."""
    whom, remedy = f"at these prices all rungs act alike on {of}", "give a budget"
    if money.budget:
        remedy = f"give a budget that is smaller: the one given has a place for all {money.cases:,}"
    if money.everybody >= NEARLY * money.cases:
        whom = (
            "at these prices everybody is worth a contact, whatever the rung: "
            f"{money.everybody:,} of {money.cases:,} {people}"
        )
    elif money.nobody >= NEARLY * money.cases:
        whom = (
            "at these prices nobody is worth a contact, whatever the rung: it would not pay for "
            f"{money.nobody:,} of {money.cases:,} {people}"
        )
        remedy = "look at margin and cost once more"
    return (
        f"{whom}; {CANNOT}. {remedy[0].upper()}{remedy[1:]} (contacts or spend in "
        "[prices]), or ask how often they come instead of for how much: take [prices] out."
    )


def _would_separate(
    comparison: Comparison, reference: str, people: str, money: Lists | None
) -> str:
    """How many more of them would show what the best seems to gain; that none would, where it is so."""
    gain, _, most = comparison.above_best[reference]
    kept = "no rung surely beats it on these data, so nothing that costs more to keep has earned its place."
    need, windows = _needed(comparison, reference)
    ways = []
    if need <= FAR * comparison.units:
        ways += [f"some {max(round(need - comparison.units, -2), 100):,.0f} {people} more"]
    if (more := max(windows - (len(comparison.by_cutoff) - 1), 1)) <= MANY:
        ways += [f"{more} more window{'s' * (more > 1)} of the past"]
    if ways:
        return (
            f"{kept} {comparison.best} seems to gain {_gained(gain, comparison, reference, money)}; if it "
            f"does, with {' or '.join(ways)} it would be shown four times in five."
        )
    return (
        f"{kept} At most {_gained(max(most, 0), comparison, reference, money)} could be gained, and more of "
        "the same data would hardly show it: another loss or other cases might."
    )


def _needed(comparison: Comparison, reference: str) -> tuple[float, float]:
    """How many units, or how many windows, would show what the best seems to gain four times in five.

    More units do not make windows agree; more windows help with both.
    """
    gain, _, _ = comparison.above_best[reference]
    _, (within, between) = comparison.variance[reference]
    if gain <= 0:
        return float("inf"), float("inf")
    small = (gain / MOSTLY) ** 2
    windows = ceil((len(comparison.by_cutoff) - 1) * (within + between) / small)
    left = small - between
    return comparison.units * within / left if left > 0 else float("inf"), windows


def _gained(gain: float, comparison: Comparison, reference: str, money: Lists | None) -> str:
    if money:
        return money.said(gain * money.usual)
    return _of_loss(gain, comparison.choose[reference].loss)


def _of_loss(gain: float, loss: float) -> str:
    """A gain as a share of a loss; as it is where the loss is 0 or less, as minus a value is."""
    return f"{gain / loss:.1%} of its loss" if loss > 0 else f"{gain:.3g} of loss per case"


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
