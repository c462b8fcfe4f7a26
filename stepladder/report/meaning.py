"""What the figures mean, in sentences that can be read aloud."""

from __future__ import annotations

from stepladder import questions
from stepladder.bakeoff.choose import LEVELS
from stepladder.bakeoff.result import Result, RungResult
from stepladder.bakeoff.undecided import CANNOT
from stepladder.core.question import case_word
from stepladder.core.view import Chart, View
from stepladder.report import list_money
from stepladder.report.cautions import few
from stepladder.report.words import in_words, label, many, money, percent

ANYWAY = (
    "Sales that would have happened anyway are counted in this money. What the contacts themselves add is "
    "told only by some who are left alone: stepladder predict --top {places} --control 10%."
)


def headline(result: Result) -> tuple[str, str]:
    """The proposal in one short sentence, and the whole of it with its figures."""
    proposal = result.proposal
    mine = _rung(result, proposal.shown)
    who = f"“{called(mine)}”"
    if not proposal.rung:
        short = "No rung is proposed: in the exam none did better than any other."
    elif few(result):
        short = f"A rehearsal: {who} comes out on top, but on too few {_people(result)} to be sure."
    elif proposal.undecided and CANNOT in proposal.sentence:
        short = "Nothing to choose yet: at these prices all rungs act alike."
    elif proposal.undecided:
        short = f"Keep {who}: on these data nothing separates the rungs."
    elif proposal.rung == proposal.reference:
        short = f"Keep {who}: nothing dearer has earned its place."
    elif proposal.rung == proposal.best and result.lists and result.lists.budget:
        short = f"Use {who}: its list brings most, and nothing simpler is good enough."
    elif proposal.rung == proposal.best:
        short = f"Use {who}: it does best, and nothing simpler is good enough."
    else:
        short = f"Use {who}: it is the simplest way that is good enough."
    return short, in_words(proposal.sentence, {r.rung: called(r) for r in result.rungs})


def called(rung: RungResult) -> str:
    """The rung's name on the page."""
    return label(rung.rung, rung.title)


def lead(result: Result) -> str:
    """What the list brought, where one is made: the money stands before anything else."""
    return list_money.lead(result, _named(result))


def meaning(result: Result, view: View, chart: Chart, currency: str) -> list[str]:
    """The exam, the question's own words, the price of a rung more or less, and what ranges do not say."""
    found = [list_money.exam(result, _named(result)), _anyway(result, view)]
    found += chart.meaning(view).split("\n")
    if result.proposal.rung and not result.proposal.undecided:
        found += [_neighbours(result, currency), _stable(result)]
    return [sentence for sentence in found if sentence]


def _named(result: Result) -> list_money.Named:
    return lambda name: f"“{called(_rung(result, name))}”"


def _anyway(result: Result, view: View) -> str:
    if not list_money.lead(result, str):
        return ""
    places = result.lists.places if result.lists and result.lists.binding else 500
    return ANYWAY.format(places=places)


def _people(result: Result) -> str:
    return many(case_word(questions.load(result.question)))


def _neighbours(result: Result, currency: str) -> str:
    """What the best of the next height down would lose, and what that of the next height up would cost."""
    mine = _rung(result, result.proposal.rung)
    ran = [r for r in result.rungs if r.choose and r.cost]
    lower = [r for r in ran if r.height < mine.height]
    higher = [r for r in ran if r.height > mine.height]
    said = []
    if lower:
        below = min(lower, key=lambda r: (-r.height, _worse(r)))
        if f"{below.rung}, brings" not in result.proposal.sentence:  # it is said there
            said.append(_below(result, below, mine, currency))
    if higher:
        above = min(higher, key=lambda r: (r.height, _worse(r)))
        said.append(_above(result, above, mine, currency))
    return " ".join(said)


def _below(result: Result, below: RungResult, mine: RungResult, currency: str) -> str:
    saved = _money(mine) - _money(below)
    price = f"save {money(saved, currency)} a year" if saved > 0 else "save no money"
    lists = result.lists if result.lists and result.lists.budget else None
    if lists:
        less, most = lists.of(below.rung).below_best, lists.of(mine.rung).below_best
        given = f"bring {money(max(less.amount - most.amount, 0.0), currency)} less per decision"
        if mine.rung == result.proposal.best:
            given += f" ({list_money.span(less, rough=lists.of(below.rung).rough)})"
    else:
        lost = max(_worse(below) - _worse(mine), 0.0)
        gain = questions.load(result.question).GAIN
        given = f"give up {percent(lost)} of what there is to gain ({gain})"
    return f"One step down, {LEVELS[below.height]} (“{called(below)}”), would {price} and {given}."


def _above(result: Result, above: RungResult, mine: RungResult, currency: str) -> str:
    more, won = _money(above) - _money(mine), _worse(mine) - _worse(above)
    lists = result.lists if result.lists and result.lists.budget else None
    said = f"win {percent(won)} of the gain"
    if lists:
        brought = lists.of(mine.rung).below_best.amount - lists.of(above.rung).below_best.amount
        said = f"bring {money(brought, currency)} more per decision"
    gain = said if won > 0.0005 else "do no better"
    return (
        f"One step up, {LEVELS[above.height]} (“{called(above)}”), would cost "
        f"{money(more, currency)} more a year and {gain}."
    )


def _worse(rung: RungResult) -> float:
    return rung.choose.worse if rung.choose else float("inf")


def _money(rung: RungResult) -> float:
    return rung.cost.money_per_year if rung.cost else 0.0


def _stable(result: Result) -> str:
    mine = _rung(result, result.proposal.rung)
    stable = (
        f"The proposal held at every one of the {len(mine.cutoffs)} moments in the past we tried."
        if result.proposal.stable
        else "The proposal did not hold at every moment in the past we tried: it is not stable over "
        "time, so look again after a season."
    )
    people = _people(result)
    return (
        f"{stable} The ranges on this page speak for other {people} like these, not for other "
        "seasons: a Christmas or a crisis that the past does not hold is in none of them."
    )


def _rung(result: Result, name: str) -> RungResult:
    return next(rung for rung in result.rungs if rung.rung == name)
