"""What the figures mean, in sentences that can be read aloud."""

from __future__ import annotations

import pyarrow.compute as pc

from stepladder import questions
from stepladder.bakeoff.choose import LEVELS
from stepladder.bakeoff.result import Result, RungResult
from stepladder.core.question import case_word
from stepladder.core.view import Chart, View
from stepladder.money import prices
from stepladder.report.words import day, in_words, label, many, money, number, percent

ANYWAY = (
    "Money here is what the chosen brought, and sales that would have happened anyway are counted in it: "
    "what acting itself adds is told only by some who are left alone (stepladder predict --top 500 "
    "--control 10%)."
)
FEW = "Only so many cases could be scored"  # so begins the note


def headline(result: Result) -> tuple[str, str]:
    """The proposal in one short sentence, and the whole of it with its figures."""
    proposal = result.proposal
    mine = _rung(result, proposal.shown)
    who = f"“{called(mine)}”"
    if not proposal.rung:
        short = "No rung is proposed: in the exam none did better than any other."
    elif few(result):
        short = f"A rehearsal: {who} comes out on top, but on too few {_people(result)} to be sure."
    elif proposal.rung == proposal.reference:
        short = f"Keep {who}: nothing dearer has earned its place."
    elif proposal.rung == proposal.best:
        short = f"Use {who}: it does best, and nothing simpler is good enough."
    else:
        short = f"Use {who}: it is the simplest way that is good enough."
    return short, in_words(proposal.sentence, {r.rung: called(r) for r in result.rungs})


def few(result: Result) -> list[str]:
    """The note, if there is one, that so few could be scored that nothing can be told apart."""
    return [note for note in result.notes if note.startswith(FEW)]


def remarks(result: Result) -> list[str]:
    """The other notes, less the one that repeats the exam, which has a sentence of its own."""
    return [note for note in result.notes if not note.startswith((FEW, "In the exam"))]


def called(rung: RungResult) -> str:
    """The rung's name on the page."""
    return label(rung.rung, rung.title)


def meaning(result: Result, view: View, chart: Chart, currency: str) -> list[str]:
    """What the answers mean, the exam, the price of a rung more or less, and what the ranges do not say."""
    exam = _exam(result, view, chart.COUNTED) if chart.COUNTED else ""
    found = [chart.meaning(view), exam, ANYWAY if prices(view.history.ask) else ""]
    if result.proposal.rung:
        found += [_neighbours(result, currency), _stable(result)]
    return [sentence for sentence in found if sentence]


def _exam(result: Result, view: View, counted: str) -> str:
    """The last window, in the question's own unit where forecasts can be added up."""
    window = next(w for w in result.windows if w.role == "report")
    total = pc.sum(view.at_cutoff[view.rung]["prediction"]).as_py() or 0.0
    off = total / window.actual - 1 if window.actual else 0.0
    said = f"{percent(abs(off))} too {'many' if off > 0 else 'few'}"
    return (
        f"The exam: for the time from {day(window.now)}, which had played no part in choosing, "
        f"“{called(_rung(result, view.rung))}” forecast {number(round(total))} {counted}; "
        f"{number(window.actual)} came. That is {said}."
    )


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
        gain = questions.load(result.question).GAIN
        said.append(_below(below, mine, currency, gain))
    if higher:
        above = min(higher, key=lambda r: (r.height, _worse(r)))
        said.append(_above(above, mine, currency))
    return " ".join(said)


def _below(below: RungResult, mine: RungResult, currency: str, gain: str) -> str:
    lost, saved = max(_worse(below) - _worse(mine), 0.0), _money(mine) - _money(below)
    price = f"save {money(saved, currency)} a year" if saved > 0 else "save no money"
    return (
        f"One step down, {LEVELS[below.height]} (“{called(below)}”), would {price} and give up "
        f"{percent(lost)} of what there is to gain ({gain})."
    )


def _above(above: RungResult, mine: RungResult, currency: str) -> str:
    more, won = _money(above) - _money(mine), _worse(mine) - _worse(above)
    gain = f"win {percent(won)} of the gain" if won > 0.0005 else "do no better"
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
