"""What to do on Monday: the next steps from where the project stands, each with its command."""

from __future__ import annotations

from dataclasses import dataclass

from stepladder.bakeoff.result import Result, judged
from stepladder.core.question import case_word, many
from stepladder.core.view import Standing

TOP = 500  # a list that can be worked through, where no budget says how long it is


@dataclass(frozen=True)
class Step:
    """One thing to do, in a sentence, and the command that does it; a page may show a button instead."""

    what: str  # decide, list, ship, watch, bakeoff: by which a page knows its button
    sentence: str
    command: str


def next_steps(result: Result, standing: Standing) -> list[Step]:
    """What is to be done now, in order: decide; then a list, and every night; then watch."""
    if not (result.proposal.rung or standing.decided):
        return [_again()]
    if not standing.decided:
        return [_decide(result), _listed(result, result.proposal.shown)]
    if not standing.shipped:
        return [_listed(result, ""), _ship()]
    return [_listed(result, ""), _watch()]


def _again() -> Step:
    return Step("bakeoff", "Try again when there is more data.", "stepladder bakeoff")


def _decide(result: Result) -> Step:
    return Step(
        "decide",
        "Decide, with your name and your reason. Another rung may be named: the choice is yours.",
        f'stepladder decide {result.proposal.shown} --by "YOUR NAME" --because "YOUR REASON"',
    )


def _listed(result: Result, rung: str) -> Step:
    """The list to act on; before the decision it is that of the rung shown."""
    question = judged(result)
    people, of = many(case_word(question)), f" --rung {rung}" if rung else ""
    if question.KEYS != question.CASE:  # several answers a case: nobody is ranked
        first = "Or look first, without deciding: the" if rung else "Get the"
        sentence = f"{first} answers for all {people}, as a file that a spreadsheet opens."
        return Step("list", sentence, f"stepladder predict --to answers.csv{of}")
    lists = result.lists
    top = lists.places if lists and lists.binding else TOP
    sentence = (
        f"Get the list: the {top:,} {people} whom acting on should bring most, best first, and why."
    )
    if rung:
        sentence = f"Or look first, without deciding: the {top:,} {people} who would be on the list, and why."
    return Step("list", sentence, f"stepladder predict --top {top}{of} --to list.csv")


def _ship() -> Step:
    return Step("ship", "Have it done every night from now on.", "stepladder ship")


def _watch() -> Step:
    return Step(
        "watch", "See what became of the forecasts, and what to do about it.", "stepladder watch"
    )
