"""How far below the best a rung is, what of that is allowed, and a hundred draws: a share, or money."""

from __future__ import annotations

from dataclasses import dataclass

from stepladder.bakeoff.compare import Estimate
from stepladder.bakeoff.lists import Lists
from stepladder.bakeoff.result import Result, RungResult
from stepladder.core.ask import Ask
from stepladder.questions.question_toml import parse
from stepladder.report.words import money, percent


@dataclass(frozen=True)
class Margin:
    """How much worse a rung is, as a range, what is allowed and how that is called, and draws: in one unit.

    gain: what there is to gain over the reference. draws: a hundred, rising; none of old bake-offs.
    of: what is kept in so many of them, in words.
    """

    low: float
    high: float
    allowed: float
    called: str
    gain: float
    draws: tuple[float, ...]
    of: str

    @property
    def kept(self) -> int:
        """In how many of the draws the rung is no further below the best than is allowed."""
        return sum(draw <= max(self.allowed, 0.0) for draw in self.draws)

    @property
    def alike(self) -> bool:
        """Whether there is nothing to tell it from the best."""
        return self.low == self.high == 0


def margin(result: Result, rung: RungResult, ask: Ask | None = None) -> Margin | None:
    """The margin of a rung that ran, in the unit in which it was judged; None where that is not known.

    ask: of the bake-off; read from its settings where it is not given.
    """
    if rung.choose is None:
        return None
    if result.lists and result.lists.budget:
        return _of_lists(result, result.lists, rung, rung.choose, ask or parse(result.settings))
    if result.good_enough_money is not None:
        return _of_money(result, rung, rung.choose, result.good_enough_money)
    found, allowed = rung.choose, result.good_enough
    return Margin(
        found.worse_low, found.worse_high, allowed, f"your {percent(allowed)}", 1.0, found.worse_draws,
        f"it keeps at least {percent(1 - allowed)} of the gain",
    )  # fmt: skip


def allowed_per_decision(
    result: Result, rung: RungResult, ask: Ask, gain: float, lists: Lists
) -> float:
    """What the rung's list may bring less than the best's, per decision."""
    if result.good_enough_money is not None:
        return result.good_enough_money / lists.decisions_per_year
    if ask.good_enough is not None:
        return result.good_enough * gain
    kept = {each.rung: each.cost.money_per_year for each in result.rungs if each.cost}
    saved = round(kept[result.proposal.best]) - round(kept[rung.rung])
    return saved / lists.decisions_per_year


def _of_lists(result: Result, lists: Lists, rung: RungResult, found: Estimate, ask: Ask) -> Margin:
    foot, less = lists.of(result.proposal.reference).below_best, lists.of(rung.rung).below_best
    gain = max(foot.amount, 1e-9)
    allowed = allowed_per_decision(result, rung, ask, gain, lists)
    given = result.good_enough_money is not None or ask.good_enough is not None
    said = money(max(allowed, 0.0), lists.currency)
    called = f"your {said}" if given else f"the {said} that it saves"
    draws = tuple(each * lists.usual for each in found.above_draws)
    of = f"its list brings at most {said} less than the best’s"
    if round(allowed) <= 0:
        of = "its list brings no less than the best’s"
    return Margin(less.low, less.high, allowed, called, gain, draws, of)


def _of_money(result: Result, rung: RungResult, found: Estimate, allowed: float) -> Margin | None:
    """Of a year's losses in money; None of old bake-offs, which kept no draws."""
    year = _year(result)
    if year is None or not found.above_draws:
        return None
    draws = tuple(each * year for each in found.above_draws)
    unit = result.lists.currency if result.lists else ""
    said = f"{money(allowed, unit)} a year"
    of = f"its mistakes cost at most {said} more than the best’s"
    gain = max(year * gain_of(result), 1e-9)
    # the third and the 98th: 95 of 100 draws lie between
    return Margin(draws[2], draws[97], allowed, f"your {said}", gain, draws, of)


def gain_of(result: Result) -> float:
    """How much less the best loses than the reference, in the units of the loss."""
    loss = {rung.rung: rung.choose.loss for rung in result.rungs if rung.choose}
    return loss[result.proposal.reference] - loss[result.proposal.best]


def _year(result: Result) -> float | None:
    """How many of the cases that losses are of a year decides on."""
    known = (
        rung.cost.regret_per_year / rung.choose.loss
        for rung in result.rungs
        if rung.cost and rung.cost.regret_per_year and rung.choose and rung.choose.loss
    )
    return next(known, None)
