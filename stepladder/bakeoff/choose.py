"""The proposal: the lowest rung that is good enough, in one sentence. The business decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stepladder.bakeoff.compare import Comparison, Estimate

ALIKE = 1e-12  # of a loss: what adding up in another order may change
NEARLY = 0.95  # of the cases
FAR = 10.0  # times as many as there are: nobody waits for these
MOSTLY = 1.96 + 0.84  # standard errors a gain must have to be shown four times in five
LEVELS = ("a person", "a rule", "SQL", "statistics", "machine learning", "deep learning")


Allowed = (
    float | Mapping[str, float] | None
)  # the same for every rung, by rung, or a share is what counts


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
    by_money: bool = False,
) -> Proposal:
    """Propose the lowest rung inside the margin; `allowed_loss` is the margin as loss above the best.

    `people`: what the independent units are called; `by_money`: whether losses are money, without a budget.
    By rung, `allowed_loss` is what each saves against the best. `year` turns losses into money a year.

    Where rungs that differed before all lose the same in the exam, none is proposed: nothing learnt holds.

    Order among equals: height, money a year (to the nearest ten), loss, name. Where the best does
    not surely beat the reference, the reference is proposed.
    """
    if _alike(comparison.report) and not _alike(comparison.choose):
        return _none(comparison, reference)
    if not comparison.beats_reference:
        return _reference(comparison, reference, people, by_money)
    inside = [c for c in candidates if _inside(comparison, c.rung, margin, allowed_loss)]
    ranked = sorted(inside, key=lambda c: (*_rank(c), comparison.choose[c.rung].loss, c.rung))
    first = ranked[0]
    tied = tuple(c.rung for c in ranked[1:] if _rank(c) == _rank(first))
    unstable = _outside(comparison, first.rung, reference, margin, allowed_loss, cutoffs)
    sentence = _sentence(comparison, first, reference, margin, allowed_loss, year)
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
        return comparison.above_best[rung][1] <= _of(allowed, rung)
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


def _reference(comparison: Comparison, reference: str, people: str, by_money: bool) -> Proposal:
    said = _alike_sentence(comparison, by_money) or _would_separate(comparison, reference, people)
    sentence = f"Keep {reference}: {said}"
    return Proposal(reference, sentence, comparison.best, reference, (reference,), (), True)


def _alike_sentence(comparison: Comparison, by_money: bool) -> str:
    """Where rungs hardly ever differ no data would tell them apart, and it is said why."""
    alike, cases = comparison.alike, comparison.cases
    if alike < NEARLY * cases:
        return ""
    of = f"{alike:,} of {cases:,} cases"
    if by_money:
        return (
            f"at these prices all rungs act alike on {of}, so prices cannot choose here. Say how many can be "
            "acted on (contacts or spend in [prices]), or ask how often instead of for how much: take "
            "[prices] out."
        )
    return f"all rungs are as right as each other on {of}, so this loss cannot choose between them."


def _would_separate(comparison: Comparison, reference: str, people: str) -> str:
    """How many more of them would show what the best seems to gain; that none would, where it is so."""
    gain, most = comparison.above_best[reference]
    loss, need = comparison.choose[reference].loss, _needed(comparison, reference)
    kept = "no rung surely beats it on these data, so nothing that costs more to keep has earned its place."
    if need <= FAR * comparison.units:
        more = max(round(need - comparison.units, -2), 100)
        return (
            f"{kept} {comparison.best} seems to gain {gain / loss:.1%} of its loss; if it does, with some "
            f"{more:,.0f} {people} more it would be shown four times in five."
        )
    return (
        f"{kept} At most {max(most, 0) / loss:.1%} of its loss could be gained, and more of the same data "
        "would hardly show it: another loss, a budget or other cases might."
    )


def _needed(comparison: Comparison, reference: str) -> float:
    """How many units would show what the best seems to gain; more of them do not make cutoffs agree."""
    gain, (within, between) = comparison.above_best[reference][0], comparison.variance[reference][1]
    left = (gain / MOSTLY) ** 2 - between
    return comparison.units * within / left if gain > 0 and left > 0 else float("inf")


def _sentence(
    comparison: Comparison,
    first: Candidate,
    reference: str,
    margin: float,
    allowed: Allowed,
    year: float,
) -> str:
    who = f"{first.rung} ({LEVELS[first.height]})"
    limit = _limit(margin, allowed, first.rung, year)
    if first.rung == comparison.best:
        return (
            f"We propose {who}: it does best, and no lower rung is good enough "
            f"(allowed to give up: {limit})."
        )
    lowest = f"We propose {who}, the lowest rung that is good enough: it gives up"
    if allowed is not None:
        more, surely = comparison.above_best[first.rung]
        return (
            f"{lowest} {max(more, 0) * year:,.0f} a year against the best rung, {comparison.best}, "
            f"and surely no more than {max(surely, 0) * year:,.0f} (allowed: {limit})."
        )
    estimate = comparison.choose[first.rung]
    return (
        f"{lowest} {max(estimate.worse, 0):.1%} of what the best rung, {comparison.best}, gains over "
        f"{reference}, and surely no more than {max(estimate.worse_high, 0):.1%} (allowed: {limit})."
    )


def _limit(margin: float, allowed: Allowed, rung: str, year: float) -> str:
    if allowed is None:
        return f"{margin:.0%} of the gain"
    money = f"{_of(allowed, rung) * year:,.0f} a year"
    return money if isinstance(allowed, float | int) else f"what it saves to keep, {money}"


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
