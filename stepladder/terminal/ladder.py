"""The ladder as a table of eighty columns, and what has to be said below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import inf

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from stepladder.bakeoff.compare import Estimate
from stepladder.bakeoff.result import Cost, Result, RungResult, judged
from stepladder.core.question import case_word
from stepladder.fence.sandbox import LEVELS

PROPOSED = "▸"


def table(found: Result) -> Table:
    """The rungs, highest first, as one climbs them."""
    drawn = Table(
        title=found.words,
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=0,
    )
    priced = any(row.cost and row.cost.regret_per_year is not None for row in found.rungs)
    drawn.caption = (
        f"{PROPOSED}: proposed. loss: {_loss(found, priced)}. "
        "worse: what a rung gives up of the best one's gain over the reference, with its 95 % "
        f"interval; allowed {_allowed(found)}. exam: loss on the last, untouched window."
        + (" *: said only 0 or 1, calibrated." if any(r.calibrated for r in found.rungs) else "")
    )
    names = ["rung", "loss", "worse (95 %)", "exam", "fit s", "s/1000", "MB", "money/yr"]
    if priced:  # eighty columns hold eight figures: money matters more than megabytes
        names = [*names[:5], "money/yr", "mistakes/yr"]
    for name in names:
        drawn.add_column(name, justify="left" if name == "rung" else "right", no_wrap=True)
    for row in _descending(found):
        if row.choose and row.report and row.cost:
            proposed = row.rung == found.proposal.rung
            name, *figures = _cells(row, row.choose, row.report, row.cost)
            # the mark is there without colours too: in a pipe, in a log, on paper
            name = f"{PROPOSED if proposed else ' '}{name}"
            drawn.add_row(name, *figures, style="bold green" if proposed else None)
    return drawn


def _descending(found: Result) -> list[RungResult]:
    """The rungs from the highest down; of one height, the smaller loss first."""
    return sorted(
        found.rungs,
        key=lambda row: (-row.height, row.choose.loss if row.choose else inf, row.rung),
    )


def _loss(found: Result, priced: bool) -> str:
    """What the loss is, in the question's own first words."""
    question = judged(found)
    said = (question.LOSS_IN_MONEY if priced else None) or question.LOSS
    name, each = re.split(r"[:.]", said)[0], f"per {case_word(question)}"
    name = escape(name)  # it may be of the project's own, and the caption is markup
    return (name if each in name else f"{name} {each}") + f", over {found.horizon} days"


def _allowed(found: Result) -> str:
    if found.good_enough_money is None:
        return f"{found.good_enough:.0%}"
    return f"mistakes of {found.good_enough_money:,.0f} a year"


def warnings(found: Result) -> dict[str, list[str]]:
    """Each warning once, with the rungs that gave it."""
    said: dict[str, list[str]] = {}
    for row in found.rungs:
        for warning in row.warnings:
            said.setdefault(warning, []).append(row.rung)
    return said


def did_not_run(found: Result) -> list[Text]:
    """A line for each rung that is not in the table, and why."""
    return [
        Text(f"  {row.rung}: {row.status}", style="dim")
        for row in _descending(found)
        if row.status != "ok"
    ]


def fence(found: Result) -> list[Text]:
    """What kept rungs from what came later; loud where somebody's own rung might have got past it."""
    if found.fence not in LEVELS:
        return []
    strange = any(not row.ours for row in found.rungs) and found.fence in ("hook only", "open")
    said = f"Rungs ran {found.fence}: {LEVELS[found.fence]}."
    return [Text(said, style="yellow" if strange else "dim")]


def _cells(row: RungResult, chosen: Estimate, report: Estimate, cost: Cost) -> Sequence[str]:
    first = (
        row.rung + ("*" if row.calibrated else ""),
        f"{chosen.loss:.3f}",
        f"{chosen.worse:.0%} ({chosen.worse_low:.0%} … {chosen.worse_high:.0%})",
        f"{report.loss:.3f}",
        f"{cost.fit_s:.2f}",
    )
    if cost.regret_per_year is not None:
        return (*first, f"{cost.money_per_year:,.0f}", f"{cost.regret_per_year:,.0f}")
    rest = f"{cost.predict_s_per_1000:.3f}", f"{cost.memory_mb:.0f}", f"{cost.money_per_year:,.0f}"
    return (*first, *rest)
