"""The ladder in money: what each rung's list brought, between the reference's and the best's."""

from __future__ import annotations

from dataclasses import replace

from stepladder.bakeoff.lists import Lists
from stepladder.bakeoff.result import Result, RungResult
from stepladder.core.ask import Ask
from stepladder.report.ladder_chart import Ladder, Shown, laid_out
from stepladder.report.list_money import span
from stepladder.report.words import money


def ladder(result: Result, lists: Lists, ask: Ask) -> Ladder:
    """Lay the ladder out: dots are money per decision, lines how far below the best's list it may be."""
    best, foot = lists.of(result.proposal.best), lists.of(result.proposal.reference)
    gain = max(foot.below_best.amount, 1e-9)

    def shown(rung: RungResult) -> Shown | None:
        if rung.choose is None:
            return None
        mine = lists.of(rung.rung)
        less = mine.below_best
        words = f"{money(less.amount)} less: {span(less, rough=mine.rough)}"
        if less.low == less.high:  # answers alike: nothing to allow for
            words = (
                "as much as the best" if abs(less.amount) < 0.5 else f"{money(less.amount)} less"
            )
        return Shown(
            1 - less.amount / gain,
            1 - less.high / gain,
            1 - less.low / gain,
            money(mine.brought.choose.amount),
            "the best" if rung.rung == best.rung else words,
            1 - max(_allowed(result, rung, ask, gain, lists), 0.0) / gain,
        )

    drawn = laid_out(result, lists.currency, shown)
    marks = money(foot.brought.choose.amount), money(best.brought.choose.amount)
    return replace(drawn, measure=f"{lists.currency or 'money'} per decision", marks=marks)


def _allowed(result: Result, rung: RungResult, ask: Ask, gain: float, lists: Lists) -> float:
    """What the rung may bring less than the best, per decision."""
    if result.good_enough_money is not None:
        return result.good_enough_money / lists.decisions_per_year
    if ask.good_enough is not None:
        return result.good_enough * gain
    kept = {each.rung: each.cost.money_per_year for each in result.rungs if each.cost}
    saved = round(kept[result.proposal.best]) - round(kept[rung.rung])
    return saved / lists.decisions_per_year
