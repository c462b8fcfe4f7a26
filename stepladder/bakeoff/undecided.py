"""Why no rung is told from the reference, and what would tell them apart."""

from __future__ import annotations

from math import ceil

from stepladder.bakeoff.compare import Comparison
from stepladder.bakeoff.lists import Lists
from stepladder.core.stats import MOSTLY

NEARLY = 0.95  # of the cases
FAR = 10.0  # times as many as there are: nobody waits for these
MANY = 12  # windows: nobody waits for more
CANNOT = "prices cannot choose here"


def why_undecided(comparison: Comparison, reference: str, people: str, money: Lists | None) -> str:
    """That rungs act alike, or how many more customers or windows would show what the best seems to gain."""
    return _alike_sentence(comparison, people, money) or _would_separate(
        comparison, reference, people, money
    )


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
    if need - comparison.units <= comparison.others:
        others = ceil(max(need - comparison.units, 100))
        ways += [
            f"{others:,} more of the {people} judged (raise sample in question.toml by as many)"
        ]
    elif need <= FAR * comparison.units:
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
