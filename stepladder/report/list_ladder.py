"""The ladder in money: what each rung's list brought, between the reference's and the best's."""

from __future__ import annotations

from dataclasses import replace

from stepladder.bakeoff.lists import Lists
from stepladder.bakeoff.result import Result, RungResult
from stepladder.core.ask import Ask
from stepladder.report.ladder_chart import SIMPLEST, Ladder, Shown, laid_out
from stepladder.report.list_money import span
from stepladder.report.margin import allowed_per_decision, margin
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
            1 - max(allowed_per_decision(result, rung, ask, gain, lists), 0.0) / gain,
            margin(result, rung, ask),
        )

    drawn = laid_out(result, lists.currency, shown)
    unit = f"{lists.currency or 'money'} per decision"
    simplest, most = (money(one.brought.choose.amount) for one in (foot, best))
    return replace(drawn, marks=(f"{simplest} {unit}: the {SIMPLEST}", f"{most}: the best"))
