"""What a decision rests on, in words: the proposal, its range, what errors cost, the case against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stepladder.bakeoff.checks import counted
from stepladder.bakeoff.result import Result, RungResult, judged
from stepladder.core.question import case_word
from stepladder.report import words
from stepladder.report.cautions import few
from stepladder.report.data_report import loud
from stepladder.report.meaning import called, headline, lead

PROMISED = 0.95  # of what comes lies between low and high
QUOTED = 200  # characters of an objection
HALF = 0.5  # of the gain: whoever gives up more is no case against another
SAME = 0.005  # of the gain: a narrower range is none
HELD = 0.90  # fewer than so many of 100 is a miss worth telling


@dataclass(frozen=True)
class Fared:
    """How a rung fared: what it keeps, what keeping it costs, and the checks."""

    rung: str
    label: str
    kept: str
    cost: str
    checks: str


@dataclass(frozen=True)
class Line:
    """One check: what was asked, and a word for each rung that ran, in the order of the rungs."""

    number: int
    asked: str
    fared: tuple[str, ...]


def ran(result: Result) -> list[RungResult]:
    """The rungs that can be decided on, lowest first."""
    return [row for row in result.rungs if row.status == "ok"]


def row_of(result: Result, rung: str) -> RungResult:
    """The row of a rung."""
    return next(row for row in result.rungs if row.rung == rung)


def proposal(result: Result, rung: str) -> list[str]:
    """What is proposed, or what one decides on instead, and the range of what it keeps."""
    mine, short = row_of(result, rung), headline(result)[0]
    if rung != result.proposal.shown:
        short = f"You look at “{called(mine)}”. What was proposed: {short}"
    money = lead(result) if rung == result.proposal.rung else ""
    return [short, money, _kept(result, mine), _exam(result, mine)]


def if_wrong(result: Result, rung: str, currency: str) -> list[str]:
    """What the rung's mistakes cost in a year, in money where that is known, else in the loss's own unit."""
    mine, best = row_of(result, rung), row_of(result, result.proposal.best)
    said = _mistakes(result, mine, best, currency)
    if mine.cost is None or best.cost is None:
        return said
    keeps = words.money(mine.cost.money_per_year, currency)
    other = words.money(best.cost.money_per_year, currency)
    beside = "" if mine is best else f"; keeping the best rung, “{called(best)}”, costs {other}"
    return [*said, f"Keeping “{called(mine)}” alive costs about {keeps} a year{beside}."]


def against(result: Result, rung: str, objections: Sequence[str], currency: str) -> list[str]:
    """The strongest case against the rung, the gravest first; what chance alone may do is left out.

    objections: what people said against it, the gravest first. There always is a case: nothing was tried
    more than once.
    """
    mine = row_of(result, rung)
    kept, asked = counted(result.checks, rung)
    broken = asked - kept
    found = [
        *few(result),
        f"It does not do what people asked for: of {asked} checks it keeps {kept}." if broken else "",
        _no_gain(result, mine),
        _worse(result, mine, beyond=True),
        "" if result.proposal.stable or rung != result.proposal.rung
        else "It was not good enough at every moment of the past: had we looked at another time, we might "
        "have chosen otherwise.",
        _missed(result, mine),
        _objected(objections),
        _worse(result, mine, beyond=False),
        *mine.warnings, *loud(result.data),
        _simpler(result, mine, currency),
        _once(result),
    ]  # fmt: skip
    return [one for one in found if one]


def fared(result: Result, currency: str) -> list[Fared]:
    """Every rung that ran, beside the others."""
    return [
        Fared(
            row.rung, called(row), _share(row), _keeping(row, currency), _checks(result, row.rung)
        )
        for row in ran(result)
    ]


def check_lines(result: Result, asked: Mapping[int, str]) -> list[Line]:
    """Every check of the bake-off, and how each rung fared on it."""
    return [
        Line(
            one.number,
            asked.get(one.number, "erased with the person it was about"),
            tuple(one.rungs.get(row.rung, "") for row in ran(result)),
        )
        for one in result.checks
    ]


def checks_said(result: Result, rung: str) -> str:
    """How a rung fared on what people asked for, in a sentence; empty where nothing was asked."""
    if not result.checks:
        return ""
    kept, asked = counted(result.checks, rung)
    rest = len(result.checks) - asked
    more = f"; {rest} could not be answered" if rest else ""
    return f"What people asked for: “{called(row_of(result, rung))}” keeps {kept} of {asked}{more}."


def _kept(result: Result, row: RungResult) -> str:
    one = row.choose
    if one is None or result.proposal.undecided:
        return ""
    if row.rung == result.proposal.best:
        return "Of all rungs it did best; what the others keep is measured against it."
    low, high = _of100(1 - one.worse_high), _of100(1 - one.worse_low)
    return (
        f"Of 100 parts of what there is to gain it keeps {_of100(1 - one.worse)}; allowing for chance, "
        f"{low} to {high} (95 of 100 such ranges hold the truth). You allow it to keep no fewer than "
        f"{_of100(1 - result.good_enough)}."
    )


def _exam(result: Result, row: RungResult) -> str:
    if row.report is None or row.choose is None:
        return ""
    foot = row_of(result, result.reference)
    against = (
        "" if foot is row or foot.report is None
        else f" The simplest answer, “{called(foot)}”, lost {words.number(foot.report.loss)}."
    )  # fmt: skip
    return (
        f"In the exam it lost {words.number(row.report.loss)} per {_unit(result)}, allowing for chance "
        f"{words.number(row.report.loss_low)} to {words.number(row.report.loss_high)}; less is better."
        f"{against}"
    )


def _mistakes(result: Result, mine: RungResult, best: RungResult, currency: str) -> list[str]:
    if result.lists and result.lists.budget:
        below, times = result.lists.of(mine.rung).below_best, result.lists.decisions_per_year
        low, high = (words.money(one * times, currency) for one in (below.low, below.high))
        return [
            f"Its list brings about {words.money(below.amount * times, currency)} a year less than the best "
            f"rung's; allowing for chance, {low} to {high}."
        ]
    if mine.cost and mine.cost.regret_per_year is not None:
        said = f"Its mistakes cost about {words.money(mine.cost.regret_per_year, currency)} a year"
        if mine is best or best.cost is None or best.cost.regret_per_year is None:
            return [f"{said}, as they did in the past."]
        return [
            f"{said}; those of the best rung {words.money(best.cost.regret_per_year, currency)}."
        ]
    return [_unpriced(result, mine, best)]


def _unpriced(result: Result, mine: RungResult, best: RungResult) -> str:
    one, other = mine.choose, best.choose
    if one is None or other is None:
        return ""
    name = judged(result).LOSS.split(":")[0].split(".")[0]
    beside = "" if mine is best else f" That of the best rung is {words.number(other.loss)}."
    return (
        "Nobody has said what a wrong answer costs in money: give prices, among the rules, and money a year "
        f"stands here. Until then the mark by which rungs are compared must do, where less is better: "
        f"{name}. It is {words.number(one.loss)} per {_unit(result)}, allowing for chance "
        f"{words.number(one.loss_low)} to {words.number(one.loss_high)}.{beside}"
    )


def _no_gain(result: Result, row: RungResult) -> str:
    if result.proposal.undecided and row.rung != result.reference:
        return "Nothing separates it from the simplest answer: what it seems to gain may be chance."
    one = row.report
    foot = row_of(result, result.reference)
    if one and foot.report and row is not foot and one.loss >= foot.report.loss:
        return "In the exam it did no better than the simplest answer there is."
    return ""


def _worse(result: Result, row: RungResult, *, beyond: bool) -> str:
    """That it is surely worse than the best, where it is; and whether by more than is allowed."""
    one = row.choose
    if one is None or one.worse_low <= 0 or row.rung == result.proposal.best:
        return ""
    allowed = result.good_enough
    if beyond != (one.worse_high > allowed):
        return ""
    best = called(row_of(result, result.proposal.best))
    said = (
        f"It is surely worse than “{best}”: of 100 parts of the gain it gives up {_of100(one.worse)}, "
        f"allowing for chance {_of100(one.worse_low)} to {_of100(one.worse_high)}"
    )
    close = "surely more" if one.worse_low > allowed else "which may be more"
    return f"{said}, {close} than the {_of100(allowed)} you allow." if beyond else f"{said}."


def _missed(result: Result, row: RungResult) -> str:
    bins = [one for one in row.calibration if one.covered is not None and one.cases >= 20]
    worst = min(bins, key=lambda one: one.covered or 0.0, default=None)
    if worst is None or worst.covered is None or worst.covered >= HELD:
        return ""
    return (
        f"Its ranges are too narrow: where it says about {words.number(worst.predicted)}, "
        f"{_of100(worst.covered)} of 100 ended between low and high; {_of100(PROMISED)} should."
    )


def _objected(objections: Sequence[str]) -> str:
    if not objections:
        return ""
    first = objections[0] if len(objections[0]) <= QUOTED else objections[0][:QUOTED] + "…"
    more = f" {_plural(len(objections), 'objection')} are open." if objections[1:] else ""
    return f"Somebody who knows says: “{first}”{more}"


def _simpler(result: Result, row: RungResult, currency: str) -> str:
    """The best of the rungs below: what it would save, and what it gives up."""
    below = [each for each in ran(result) if each.height < row.height and each.choose and each.cost]
    if not below or row.cost is None:
        return ""
    one = min(below, key=lambda each: each.choose.loss if each.choose else 0.0)
    saved = row.cost.money_per_year - (one.cost.money_per_year if one.cost else 0.0)
    if saved <= 0 or one.choose is None or one.choose.worse > HALF:
        return ""
    return (
        f"A simpler rung, “{called(one)}”, would save about {words.money(saved, currency)} a year; it keeps "
        f"{_share(one)} of 100 parts of the gain."
    )


def _once(result: Result) -> str:
    exam = next((window for window in result.windows if window.role == "report"), None)
    if exam is None:
        return ""
    since = words.day(exam.now)
    return f"It was examined on one stretch of time, from {since} on. What comes may be unlike it."


def _share(row: RungResult) -> str:
    one = row.choose
    if one is None:
        return ""
    if one.worse_high - one.worse_low < SAME:
        return _of100(1 - one.worse)
    return f"{_of100(1 - one.worse)} ({_of100(1 - one.worse_high)} to {_of100(1 - one.worse_low)})"


def _keeping(row: RungResult, currency: str) -> str:
    return words.money(row.cost.money_per_year, currency) if row.cost else ""


def _checks(result: Result, rung: str) -> str:
    kept, asked = counted(result.checks, rung)
    return f"{kept} of {asked}" if asked else "none answered"


def _unit(result: Result) -> str:
    return case_word(judged(result))


def _of100(share: float) -> str:
    return words.number(round(100 * share)) if -2 < share < 2 else "far beyond"


def _plural(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
