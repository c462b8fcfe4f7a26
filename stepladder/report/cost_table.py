"""The cost–benefit table: what each rung is, what it loses, and what it takes to run and to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stepladder.bakeoff.choose import LEVELS
from stepladder.bakeoff.compare import Estimate
from stepladder.bakeoff.lists import Lists
from stepladder.bakeoff.result import Cost, Result, RungResult
from stepladder.core.ask import UPKEEP_HOURS, Costs
from stepladder.report import list_money
from stepladder.report.ladder_chart import climb
from stepladder.report.words import GLUE, label, listed, money, number, percent, seconds, span

MISTAKES, MISTAKE = "Mistakes a year", "Mistakes per decision"
GIVES_UP, INTERVAL = "Gives up", "95 % interval"
Column = tuple[str, Callable[[RungResult, Estimate, Cost], str]]


@dataclass(frozen=True)
class Line:
    """One rung's row: its name, what it is, and its figures in the order of the headings."""

    name: str
    label: str
    level: str
    title: str
    proposed: bool
    status: str
    figures: tuple[str, ...]
    notes: tuple[str, ...]


def headings(result: Result, answer: str) -> tuple[str, ...]:
    """The figures' names; where the loss is in money, also what a rung's mistakes cost."""
    return tuple(name.format(answer=answer) for name, _ in _columns(result, ""))


def lines(result: Result, currency: str, mended: str) -> list[Line]:
    """A row per rung, lowest first; one that did not run says why. `mended`: the chart's MENDED."""
    return [_line(rung, result, currency, mended) for rung in climb(result)]


def _line(rung: RungResult, result: Result, currency: str, mended: str) -> Line:
    notes = list(rung.warnings)
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
        rung.title,
        rung.rung == result.proposal.rung,
        "" if rung.status == "ok" else rung.status.removeprefix("not run: "),
        _figures(rung, result, currency),
        tuple(notes),
    )


def _figures(rung: RungResult, result: Result, currency: str) -> tuple[str, ...]:
    if rung.choose is None or rung.cost is None:
        return ()
    return tuple(figure(rung, rung.choose, rung.cost) for _, figure in _columns(result, currency))


def _columns(result: Result, currency: str) -> list[Column]:
    """What it gives, what it costs in a year, how the exam went, and what it takes to run."""
    lists = result.lists
    if lists and lists.budget:
        first, exam = _of_lists(lists, currency)
    else:
        first, exam = _of_losses(result)
    if any(rung.cost and rung.cost.regret_per_year is not None for rung in result.rungs):
        once = lists is not None and lists.decisions_per_year == 1
        lost: Column = (
            MISTAKE if once else MISTAKES,
            lambda rung, loss, cost: money(cost.regret_per_year or 0.0, currency),
        )
        first = [*first, lost]
    return [
        *first,
        ("Money a year", lambda rung, loss, cost: money(cost.money_per_year, currency)),
        exam,
        ("Learning", lambda rung, loss, cost: seconds(cost.fit_s)),
        ("1,000 {answer}s", lambda rung, loss, cost: seconds(cost.predict_s_per_1000)),
        ("Memory", lambda rung, loss, cost: f"{cost.memory_mb:,.0f}{GLUE}MB"),
        ("Lines to keep", lambda rung, loss, cost: f"{cost.lines:,}"),
        ("Extra libraries", lambda rung, loss, cost: ", ".join(cost.needs) or "none"),
        ("Upkeep a year", lambda rung, loss, cost: f"{cost.upkeep_hours:g}{GLUE}h"),
    ]


def _of_lists(lists: Lists, currency: str) -> tuple[list[Column], Column]:
    """Money per decision, and how much less than the best."""

    def brought(rung: RungResult, loss: Estimate, cost: Cost) -> str:
        return money(lists.of(rung.rung).brought.choose.amount, currency)

    def between(rung: RungResult, loss: Estimate, cost: Cost) -> str:
        mine = lists.of(rung.rung)
        return list_money.span(mine.brought.choose, rough=mine.rough)

    def less(rung: RungResult, loss: Estimate, cost: Cost) -> str:
        return money(lists.of(rung.rung).below_best.amount, currency)

    def how_sure(rung: RungResult, loss: Estimate, cost: Cost) -> str:
        mine = lists.of(rung.rung)
        return list_money.span(mine.below_best, rough=mine.rough)

    def exam(rung: RungResult, loss: Estimate, cost: Cost) -> str:
        return money(lists.of(rung.rung).brought.report.amount, currency)

    first = [("Brought per decision", brought), (INTERVAL, between)]
    return [*first, ("Best − this", less), (INTERVAL, how_sure)], ("Brought in the exam", exam)


def _of_losses(result: Result) -> tuple[list[Column], Column]:
    """The share of the gain given up; the loss itself where there is no gain to have a share of."""
    if result.proposal.undecided:
        plain: list[Column] = [
            ("Loss", lambda rung, loss, cost: number(loss.loss)),
            (
                INTERVAL,
                lambda rung, loss, cost: f"{number(loss.loss_low)} to {number(loss.loss_high)}",
            ),
        ]
        return plain, (
            "Loss in the exam",
            lambda rung, loss, cost: number(rung.report.loss if rung.report else None),
        )
    share: list[Column] = [
        (GIVES_UP, lambda rung, loss, cost: percent(loss.worse)),
        (INTERVAL, lambda rung, loss, cost: span(loss.worse_low, loss.worse_high)),
    ]
    return share, (
        "Gave up in the exam",
        lambda rung, loss, cost: percent(rung.report.worse) if rung.report else "–",
    )


def reading(result: Result, people: str) -> str:
    """How the columns that need it are to be read."""
    names, said = [name for name, _ in _columns(result, "")], []
    if GIVES_UP in names:
        said.append(
            "“Gives up” is the share of the gain lost against the best rung; below zero means better "
            "than the best, which happens where the best was chosen at other moments."
        )
    if result.lists and result.lists.budget:
        said.append(
            f"“Brought per decision” is what acting on the list of {round(result.lists.usual):,} earned, the "
            "cost of the contacts taken off, on average over the moments that chose; “best − this” is how "
            "much more the best rung's list did."
        )
    if MISTAKE in names or MISTAKES in names:
        name = MISTAKE if MISTAKE in names else MISTAKES
        often = "" if name == MISTAKE else ", times the decisions of a year"
        said.append(
            f"“{name}” is what a decision lost against one made with hindsight: contacts that did not earn "
            f"their cost, and {people} left out who would have, over the moments that chose{often}."
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
