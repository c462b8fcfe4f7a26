"""What each rung gives and takes beside the best one, in a sentence that can be read aloud."""

from __future__ import annotations

from dataclasses import dataclass

from stepladder.bakeoff.lists import Lists
from stepladder.bakeoff.result import Result, RungResult
from stepladder.report.ladder_chart import climb
from stepladder.report.meaning import called
from stepladder.report.words import money, percent

ALIKE = 0.5  # money a year: less is not spoken of


@dataclass(frozen=True)
class Trade:
    """A rung that ran: what it does, what it costs and gives up, and what it is in the choice."""

    rung: str
    called: str
    does: str
    said: str
    proposed: bool


def trades(result: Result, currency: str, gain: str) -> list[Trade]:
    """The rungs that ran, highest first."""
    best = next((one for one in result.rungs if one.rung == result.proposal.best), None)
    lists = result.lists if result.lists and result.lists.budget else None
    if best is None or best.choose is None or best.cost is None:
        return []
    found = []
    for one in climb(result)[::-1]:
        if one.choose is None or one.cost is None:
            continue
        price = _price(one.cost.money_per_year, best.cost.money_per_year, currency)
        if one is best:
            price = f"It costs {money(one.cost.money_per_year, currency)} a year to keep"
        said = f"{price}, and {_given(one, best, result, lists, gain)}."
        found.append(
            Trade(one.rung, called(one), one.title, said, one.rung == result.proposal.rung)
        )
    return found


def _price(mine: float, best: float, currency: str) -> str:
    """In money first, then how many times that is."""
    said = f"It costs {money(mine, currency)} a year to keep"
    less = best - mine
    if abs(less) < ALIKE:
        return f"{said}, as much as the best"
    amount = f"{said}, {money(abs(less), currency)} {'less' if less > 0 else 'more'} than the best"
    if less > 0 and best >= 2 * mine and mine > 0:
        return f"{amount} ({_times(best / mine)} cheaper)"
    if less < 0 and best > 0 and mine >= 2 * best:
        return f"{amount} ({_times(mine / best)} dearer)"
    return amount


def _times(ratio: float) -> str:
    names = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    return f"{names[round(ratio) - 2] if ratio < 10.5 else round(ratio)} times"


def _given(
    one: RungResult, best: RungResult, result: Result, lists: Lists | None, gain: str
) -> str:
    if one is best:
        return "does best of all"
    if lists:
        less = lists.of(one.rung).below_best
        return (
            f"its list brings {money(less.amount, lists.currency)} less per decision than the best one's, "
            f"surely no more than {money(max(less.high, 0.0), lists.currency)} less"
        )
    if one.choose is None or result.proposal.undecided:
        return "nothing shows that it does better or worse than the others"
    if one.rung == result.reference:
        return f"is what all others must beat: it has none of what there is to gain ({gain})"
    if one.choose.worse >= 1:
        return (
            f"gains nothing over the simplest answer: at best {_kept(one)} of what there is to gain"
        )
    return (
        f"gives up {percent(max(one.choose.worse, 0.0))} of what there is to gain, surely no more than "
        f"{percent(max(one.choose.worse_high, 0.0))}"
    )


def _kept(one: RungResult) -> str:
    return percent(max(1 - one.choose.worse_low, 0.0)) if one.choose else percent(None)
