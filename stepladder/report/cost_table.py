"""The cost–benefit table: what each rung is, what it loses, and what it takes to run and to keep."""

from __future__ import annotations

from dataclasses import dataclass

from stepladder.bakeoff.choose import LEVELS
from stepladder.bakeoff.result import Result, RungResult
from stepladder.core.ask import UPKEEP_HOURS, Costs
from stepladder.report.ladder_chart import climb
from stepladder.report.words import GLUE, label, listed, money, number, percent, seconds, span

FIRST = ("Gives up", "95 % interval")
THEN = (
    "Money a year", "Gave up in the exam", "Learning", "1,000 {answer}s", "Memory",
    "Lines to keep", "Extra libraries", "Upkeep a year",
)  # fmt: skip
MISTAKES = "Mistakes a year"


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
    """The figures' names; where the loss is in money, also what a rung's mistakes cost in a year."""
    priced = any(rung.cost and rung.cost.regret_per_year is not None for rung in result.rungs)
    then = (heading.format(answer=answer) for heading in THEN)
    return (*FIRST, *([MISTAKES] if priced else []), *then)


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
        _figures(rung, currency),
        tuple(notes),
    )


def _figures(rung: RungResult, currency: str) -> tuple[str, ...]:
    loss, exam, cost = rung.choose, rung.report, rung.cost
    if loss is None or cost is None:
        return ()
    return (
        percent(loss.worse),
        span(loss.worse_low, loss.worse_high),
        *([] if cost.regret_per_year is None else [money(cost.regret_per_year, currency)]),
        money(cost.money_per_year, currency),
        percent(exam.worse) if exam else "–",
        seconds(cost.fit_s),
        seconds(cost.predict_s_per_1000),
        f"{cost.memory_mb:,.0f}{GLUE}MB",
        f"{cost.lines:,}",
        ", ".join(cost.needs) or "none",
        f"{cost.upkeep_hours:g}{GLUE}h",
    )


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
