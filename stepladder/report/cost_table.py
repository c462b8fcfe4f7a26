"""The cost–benefit table: what each rung is, what it loses, and what it takes to run and to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stepladder.bakeoff.choose import LEVELS
from stepladder.bakeoff.compare import Estimate
from stepladder.bakeoff.lists import Lists, Money
from stepladder.bakeoff.result import Cost, Result, RungResult
from stepladder.core.ask import UPKEEP_HOURS, Costs
from stepladder.report import list_money
from stepladder.report.ladder_chart import climb
from stepladder.report.words import (
    GLUE,
    does,
    in_words,
    label,
    listed,
    money,
    number,
    percent,
    seconds,
    span,
)

MISTAKES, MISTAKE = "Mistakes a year", "Mistakes per decision"
GIVES_UP, BROUGHT, LESS = "Gives up", "Brought per decision", "Less than the best"


@dataclass(frozen=True)
class Figure:
    """What stands in a cell, and below it in small print its range."""

    said: str
    range: str = ""


Column = tuple[str, Callable[[RungResult, Estimate, Cost], Figure]]
RUNNING: tuple[Column, ...] = (
    ("Learning", lambda rung, loss, cost: Figure(seconds(cost.fit_s))),
    ("1,000 {answer}s", lambda rung, loss, cost: Figure(seconds(cost.predict_s_per_1000))),
    ("Memory", lambda rung, loss, cost: Figure(f"{cost.memory_mb:,.0f}{GLUE}MB")),
    ("Lines to keep", lambda rung, loss, cost: Figure(f"{cost.lines:,}")),
    ("Extra libraries", lambda rung, loss, cost: Figure(", ".join(cost.needs) or "none")),
)


@dataclass(frozen=True)
class Line:
    """One rung's row: its name, what it is, and its figures in the order of the headings."""

    name: str
    label: str
    level: str
    title: str
    proposed: bool
    status: str
    figures: tuple[Figure, ...]
    running: tuple[Figure, ...]  # what it takes a machine
    warnings: tuple[str, ...]  # its own
    notes: tuple[str, ...]  # what was mended of its answers


def headings(result: Result, answer: str, currency: str) -> tuple[str, ...]:
    """The figures' names, with the currency of those in money."""
    return tuple(name.format(answer=answer) for name, _ in _columns(result, currency))


def running_headings(answer: str) -> tuple[str, ...]:
    """The names of what it takes a machine."""
    return tuple(name.format(answer=answer) for name, _ in RUNNING)


def lines(result: Result, mended: str) -> list[Line]:
    """A row per rung, lowest first; one that did not run says why. `mended`: the chart's MENDED."""
    return [_line(rung, result, mended) for rung in climb(result)]


def remarks(found: list[Line], shown: str = "") -> dict[str, str]:
    """What was mended of rungs' answers, and what they warn of: once, and of which it is said.

    shown: the rung whose warnings stand among the cautions already, and are not said again.
    """
    said: dict[str, list[str]] = {}
    told = {note for line in found if line.name == shown for note in line.warnings}
    for line in found:
        for note in (*(one for one in line.warnings if one not in told), *line.notes):
            said.setdefault(in_words(note, {}), []).append(line.label)
    return {note: listed(who) for note, who in said.items()}


def _line(rung: RungResult, result: Result, mended: str) -> Line:
    notes = []
    if few := sum(at.cases for at in rung.cutoffs):
        notes.append(
            f"It was compared on the {few:,} cases that were answered blind, all others beside it on the "
            "same, and on no others."
        )
    nulls = sum(at.nulls for at in rung.cutoffs)
    if nulls:
        notes.append(f"It had no opinion {nulls:,} times; the reference answered in its place.")
    floored = sum(at.floored for at in rung.cutoffs)
    if floored:
        notes.append(mended.format(n=f"{floored:,}"))
    if rung.calibrated:
        said = listed(f"“{answer}” as {number(mean)}" for answer, mean in rung.calibrated.items())
        notes.append(
            f"Its answers were translated into forecasts by what came of them before: {said}."
        )
    return Line(
        rung.rung,
        label(rung.rung, rung.title),
        LEVELS[rung.height],
        does(rung.title),
        rung.rung == result.proposal.rung,
        "" if rung.status == "ok" else rung.status.removeprefix("not run: "),
        _figures(rung, _columns(result, "")),
        _figures(rung, RUNNING),
        rung.warnings,
        tuple(notes),
    )


def _figures(rung: RungResult, columns: Sequence[Column]) -> tuple[Figure, ...]:
    if rung.choose is None or rung.cost is None:
        return ()
    return tuple(figure(rung, rung.choose, rung.cost) for _, figure in columns)


def _columns(result: Result, currency: str) -> list[Column]:
    """What it gives, how the exam went, and what it costs in a year."""
    unit, lists = f", {currency}" if currency else "", result.lists
    if lists and lists.budget:
        found = _of_lists(lists, unit)
    else:
        found = _of_losses(result)
        if any(rung.cost and rung.cost.regret_per_year is not None for rung in result.rungs):
            once = lists is not None and lists.decisions_per_year == 1
            name = f"{MISTAKE if once else MISTAKES}{unit}"
            found.insert(1, (name, lambda rung, loss, cost: _money(cost.regret_per_year or 0.0)))
    return [
        *found,
        (f"Money a year{unit}", _kept),
    ]


def _kept(rung: RungResult, loss: Estimate, cost: Cost) -> Figure:
    return _money(cost.money_per_year, f"{cost.upkeep_hours:g}{GLUE}h")


def _money(amount: float, range: str = "") -> Figure:
    return Figure(money(amount).replace("-", "−"), range)


def _of_lists(lists: Lists, unit: str) -> list[Column]:
    """Money per decision, how much less than the best's, and the exam."""

    def less(rung: RungResult, loss: Estimate, cost: Cost) -> Figure:
        found = lists.of(rung.rung).below_best
        alike = found.low == found.high == 0
        return Figure("–") if alike else _money(found.amount, between(rung, found))

    def between(rung: RungResult, found: Money) -> str:
        return list_money.span(found, rough=lists.of(rung.rung).rough)

    def brought(rung: RungResult, loss: Estimate, cost: Cost) -> Figure:
        found = lists.of(rung.rung).brought.choose
        return _money(found.amount, between(rung, found))

    def exam(rung: RungResult, loss: Estimate, cost: Cost) -> Figure:
        found = lists.of(rung.rung).brought.report
        return _money(found.amount, between(rung, found))

    return [
        (f"{BROUGHT}{unit}", brought),
        (f"{LESS}{unit}", less),
        (f"Brought in the exam{unit}", exam),
    ]


def _of_losses(result: Result) -> list[Column]:
    """The share of the gain given up; the loss itself where there is no gain to have a share of."""
    if result.proposal.undecided:
        return [
            (
                "Loss",
                lambda rung, loss, cost: Figure(
                    number(loss.loss), f"{number(loss.loss_low)} to {number(loss.loss_high)}"
                ),
            ),
            (
                "Loss in the exam",
                lambda rung, loss, cost: Figure(number(rung.report.loss if rung.report else None)),
            ),
        ]
    return [
        (
            GIVES_UP,
            lambda rung, loss, cost: Figure(
                percent(loss.worse), span(loss.worse_low, loss.worse_high)
            ),
        ),
        (
            "Gave up in the exam",
            lambda rung, loss, cost: Figure(percent(rung.report.worse) if rung.report else "–"),
        ),
    ]


def reading(result: Result, people: str) -> str:
    """How the columns that need it are to be read."""
    names = [name for name, _ in _columns(result, "")]
    said = [
        "In small print: the range in which a figure lies 95 of 100 times, and the hours of upkeep a year."
    ]
    if GIVES_UP in names:
        said.append(
            "“Gives up” is the share of the gain lost against the best rung; below zero means better "
            "than the best, which happens where the best was chosen at other moments."
        )
    if result.lists and BROUGHT in names:
        said.append(
            f"“{BROUGHT}” is what acting on the list of {round(result.lists.usual):,} earned, the cost of "
            f"the contacts taken off, {list_money.compared_on(result)}; “{LESS.lower()}” is how much more "
            "the best rung's list did."
        )
    if MISTAKE in names or MISTAKES in names:
        name = MISTAKE if MISTAKE in names else MISTAKES
        often = "" if name == MISTAKE else ", times the decisions of a year"
        said.append(
            f"“{name}” is what a decision lost against one made with hindsight: contacts that did not earn "
            f"their cost, and {people} left out who would have, {list_money.compared_on(result)}{often}."
            if result.lists
            else f"“{name}” is what a year of forecasts that were too high or too low would cost, "
            f"{list_money.compared_on(result)}."
        )
    return "".join(f"{sentence} " for sentence in said)


def assumptions(costs: Costs, currency: str) -> str:
    """What the money column assumes, so that it can be argued with."""
    levels = listed(
        f"{costs.upkeep(height):g} for {LEVELS[height]}"
        for height in sorted(UPKEEP_HOURS)
        if height
    )
    own = "" if currency else " (in your own currency)"
    return (
        f"Money a year{own} = hours of upkeep × {money(costs.hour_price, currency)} an hour, plus one "
        f"nightly run at {money(costs.machine_hour, currency)} per machine hour. The hours of upkeep "
        f"are assumptions, not measurements: {levels}. Put your own under [costs] in question.toml."
    )
