"""What the lists brought, in sentences of money: one decision, each rung's list beside one at random."""

from __future__ import annotations

from collections.abc import Callable

from stepladder import questions
from stepladder.bakeoff.lists import Brought, Lists, Money
from stepladder.bakeoff.result import Result
from stepladder.core.question import case_word
from stepladder.report.words import counted, listed, money

Named = Callable[[str], str]  # a rung's name, as the page or the terminal writes it
Role = Callable[[Brought], Money]


def lead(result: Result, named: Named) -> str:
    """What the list brought, on average over the dates on which rungs were compared: the first thing said.

    Nothing where no prices are given, and where they act on all alike: that is said already.
    """
    lists = _told(result)
    if lists is None:
        return ""
    case = case_word(questions.load(result.question))
    return f"{_brought(result, lists, case, named, lambda one: one.choose)} {compared_on(result)}."


def exam(result: Result, named: Named) -> str:
    """The same on a date that nobody chose by."""
    lists = _told(result)
    if lists is None:
        return ""
    size = f", with {lists.places:,}" if lists.binding and lists.places != lists.usual else ""
    said = _all(result, lists, named, lambda one: one.report)
    return f"In the exam{size}, on a date that played no part in choosing: {said}."


def footnote(result: Result) -> str:
    """What no list can reach, how often the money comes, and why a range may be rough."""
    lists = _told(result)
    if lists is None:
        return ""
    best, times = money(lists.hindsight.choose.amount, lists.currency), lists.decisions_per_year
    often = (
        f"{times:g} of them make a year" if times > 1 else f"one is taken in {1 / times:g} years"
    )
    if times == 1:
        often = "if it is taken more often, say so: decisions_per_year in [prices]"
    rough = any(one.rough for one in lists.rungs)
    return (
        f"Money is that of one decision; {often}. With hindsight it could have been {best}, which nobody "
        f"can know beforehand.{' With fewer than 100 contacts the ranges are rough.' if rough else ''}"
    )


def compared_on(result: Result) -> str:
    """The dates whose average decides, in words."""
    dates = len([window for window in result.windows if window.role == "choose"])
    if dates == 1:
        return "on the one date in the past on which the rungs were compared"
    return f"on average over the {dates} dates in the past on which the rungs were compared"


def _told(result: Result) -> Lists | None:
    lists, proposal = result.lists, result.proposal
    if lists is None or (proposal.undecided and not lists.telling):
        return None
    # a reference that is the best itself is chance: there is nothing to set beside it
    return None if proposal.undecided and proposal.best == proposal.reference else lists


def span(amount: Money, currency: str = "", rough: bool = False) -> str:
    """The range of an amount; said to be rough where there are too few contacts for it."""
    said = f"{money(amount.low)} to {money(amount.high, currency)}"
    return f"roughly {said}" if rough else said


def compared(result: Result) -> list[str]:
    """The rungs worth naming in a sentence: the shown one, the best, and the best of the next height down."""
    proposal = result.proposal
    ran = {rung.rung: rung for rung in result.rungs if rung.choose}
    named = dict.fromkeys((proposal.shown, proposal.best))
    foot = ran[proposal.shown].height
    lower = [rung for rung in ran.values() if rung.height < foot and rung.rung not in named]
    if lower:
        top = max(rung.height for rung in lower)
        below = [rung for rung in lower if rung.height == top]
        named[min(below, key=lambda rung: rung.choose.loss if rung.choose else 0.0).rung] = None
    return list(named)


def _brought(result: Result, lists: Lists, case: str, named: Named, role: Role) -> str:
    first = compared(result)[0]
    mine = lists.of(first)
    people = counted(mine.contacts, case)
    whom = f"{people} whom {named(first)} would contact"
    if lists.binding:
        whom = f"{people} chosen by {named(first)}"
    after = "after the cost of the contacts "
    return f"The {whom} brought {_all(result, lists, named, role, after)}: one decision,"


def _all(result: Result, lists: Lists, named: Named, role: Role, after: str = "") -> str:
    """What the first brought with its range; the others, and chance, beside it."""
    first, *others = compared(result)
    mine, unit = lists.of(first), lists.currency
    amount = role(mine.brought)
    beside = [f"by {named(one)} {money(role(lists.of(one).brought).amount)}" for one in others]
    chance = "at random" if lists.binding else "contacting everybody"
    beside.append(f"{chance} {money(role(lists.at_random).amount)}")
    said = f"{money(amount.amount, unit)} {after}({span(amount, rough=mine.rough)})"
    return f"{said}, {listed(beside)}"
