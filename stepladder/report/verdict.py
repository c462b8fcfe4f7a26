"""Whether a rung is surely worse, and by more than is allowed: in a sentence, and in draws of a hundred."""

from __future__ import annotations

from collections.abc import Callable

from stepladder import questions
from stepladder.bakeoff.choose import LEVELS
from stepladder.bakeoff.result import Result, RungResult
from stepladder.core.ask import Ask
from stepladder.core.question import many
from stepladder.report.margin import Margin, margin
from stepladder.report.words import label

WITH = "with other {people} like these"


def verdict(found: Margin) -> str:
    """Two answers in one sentence: surely worse than the best or not; by more than is allowed or not.

    "Surely" is said of what holds in 95 of 100 comparisons with others like these: the range's ends.
    """
    if found.alike:
        return "as good as the best"
    said, inside = found.called, found.high <= found.allowed
    if found.low <= 0:
        return (
            f"not surely worse, and surely not by more than {said}"
            if inside
            else "not surely worse"
        )
    if found.allowed <= 0:  # it saves nothing that could make up for it
        return "surely worse"
    if inside:
        return f"surely worse, but surely by less than {said}"
    if found.low > found.allowed:
        return f"surely worse, and surely by more than {said}"
    return f"surely worse; whether by more than {said} is close"


def often(found: Margin) -> str:
    """In how many of a hundred draws what is allowed is kept; empty where there are none."""
    if not found.draws or found.alike:
        return ""
    return f"{found.kept} of 100 times {found.of}"


def people(result: Result) -> str:
    """Whom the draws are of, as many: customers."""
    return many(" ".join(questions.load(result.question).UNIT))


def simpler(result: Result) -> RungResult | None:
    """The rung that must be argued away: the best of all lower than the proposal."""
    proposal, ran = result.proposal, [rung for rung in result.rungs if rung.choose]
    if not proposal.rung or proposal.undecided:
        return None
    mine = next(rung for rung in ran if rung.rung == proposal.rung)
    lower = [rung for rung in ran if rung.height < mine.height]
    return min(lower, key=_first) if lower else None


def why_not_simpler(
    result: Result, ask: Ask | None = None, named: Callable[[str], str] | None = None
) -> str:
    """Why the best simpler rung is not proposed, in a sentence with its figures; empty without one.

    named: how a rung is called; by its label where it is not given.
    """
    rung = simpler(result)
    found = margin(result, rung, ask) if rung else None
    if rung is None or found is None:
        return ""
    draws, whom = often(found), WITH.format(people=people(result))
    who = named(rung.rung) if named else f"“{label(rung.rung, rung.title)}”"
    counted = f": {whom}, {draws}" if draws else ""
    return f"{who} ({LEVELS[rung.height]}) is {verdict(found)}{counted}."


def _first(rung: RungResult) -> tuple[float, str]:
    return rung.choose.loss if rung.choose else 0.0, rung.rung
