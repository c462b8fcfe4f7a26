"""The ladder as a table of eighty columns, and what has to be said below it."""

from __future__ import annotations

import re
from math import inf

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from stepladder.bakeoff.compare import Estimate
from stepladder.bakeoff.result import Cost, Result, RungResult, judged
from stepladder.core.ask import so_long
from stepladder.core.question import case_word
from stepladder.fence.sandbox import LEVELS
from stepladder.report import list_money, verdict
from stepladder.report.evidence import checks_said
from stepladder.report.words import label
from stepladder.terminal import list_table

PROPOSED = "▸"
WORSE = "worse (range)"


def table(found: Result) -> Table:
    """The rungs, highest first, as one climbs them."""
    drawn = Table(
        title=found.words,
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=0,
    )
    lists = found.lists if found.lists and found.lists.budget else None
    drawn.caption = f"{PROPOSED}: proposed. " + (
        list_table.caption(lists) if lists else _caption(found)
    )
    if any(rung.calibrated for rung in found.rungs):
        drawn.caption += " *: said only 0 or 1, calibrated."
    names = list_table.headings(lists) if lists else _headings(found)
    for name in ("rung", *names):
        drawn.add_column(name, justify="left" if name == "rung" else "right", no_wrap=True)
    for row in _descending(found):
        if row.choose and row.report and row.cost:
            proposed = row.rung == found.proposal.rung
            figures = _figures(row, row.choose, row.report, row.cost)
            cells = (
                list_table.cells(lists.of(row.rung), row.cost)
                if lists
                else [figures[name] for name in names]
            )
            # the mark is there without colours too: in a pipe, in a log, on paper
            name = f"{PROPOSED if proposed else ' '}{row.rung}{'*' if row.calibrated else ''}"
            drawn.add_row(name, *cells, style="bold green" if proposed else None)
    return drawn


def said(found: Result) -> list[Text]:
    """What the lists brought, in sentences of money, where prices are given."""
    return [
        Text(said) for said in (list_money.lead(found, str), list_money.exam(found, str)) if said
    ]


def why_not_simpler(found: Result) -> list[Text]:
    """Whether the best simpler rung is surely worse, and by more than is allowed."""
    said = verdict.why_not_simpler(found, named=str)
    return [Text(f"Why not the simpler one? {said}")] if said else []


def below(found: Result) -> list[Text]:
    """What stands below the proposal: how it fared on what people asked for, and why not a simpler one."""
    asked = [Text(checks_said(found, found.proposal.shown))] if found.checks else []
    return [*asked, *why_not_simpler(found), *footnote(found)]


def footnote(found: Result) -> list[Text]:
    """What is to be known of that money besides."""
    said = list_money.footnote(found)
    return [Text(said, style="dim")] if said else []


def _headings(found: Result) -> list[str]:
    """The columns after the rung's name: eighty columns hold eight figures, and money comes first."""
    names = ["loss", WORSE, "exam", "fit s"]
    if found.proposal.undecided:  # a share of no gain says nothing
        names.remove(WORSE)
    if _priced(found):
        return [*names, "money/yr", _mistakes(found)]
    return [*names, "s/1000", "MB", "money/yr"]


def _priced(found: Result) -> bool:
    return any(row.cost and row.cost.regret_per_year is not None for row in found.rungs)


def _mistakes(found: Result) -> str:
    once = found.lists is not None and found.lists.decisions_per_year == 1
    return "mistakes" if once else "mistakes/yr"


def _caption(found: Result) -> str:
    said = f"loss: {_loss(found, _priced(found))}. exam: loss on the last, untouched window."
    if not found.proposal.undecided:
        said += (
            " worse: what a rung gives up of the best one's gain over the reference; 95 of 100 times "
            f"it lies in the range; allowed {_allowed(found)}."
        )
    if _priced(found) and _mistakes(found) == "mistakes":
        said += " mistakes: the loss of one decision about everybody."
    return said


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
    return (
        name if each in name else f"{name} {each}"
    ) + f", over {found.ahead or so_long(found.horizon)}"


def _allowed(found: Result) -> str:
    if found.good_enough_money is None:
        return f"{found.good_enough:.0%}"
    return f"mistakes of {found.good_enough_money:,.0f} a year"


def warnings(found: Result) -> dict[str, list[str]]:
    """Each warning once, with the rungs that gave it."""
    said: dict[str, list[str]] = {}
    for row in found.rungs:
        few = sum(at.cases for at in row.cutoffs)
        compared = [f"compared on the {few:,} cases that were answered blind"] if few else []
        for warning in (*row.warnings, *compared):
            said.setdefault(warning, []).append(row.rung)
    return said


def did_not_run(found: Result) -> list[Text]:
    """A line for each rung that is not in the table, and why."""
    return [
        Text(f"  {row.rung}: {row.status}", style="dim")
        for row in _descending(found)
        if row.status != "ok"
    ]


def names(found: Result) -> list[Text]:
    """What the rungs are called where their names alone do not say it."""
    said = {row.rung: label(row.rung, row.title) for row in _descending(found)}
    plain = [f"{rung}: {name}" for rung, name in said.items() if name != label(rung)]
    return [Text(f"{'; '.join(plain)}.", style="dim")] if plain else []


def fence(found: Result) -> list[Text]:
    """What kept rungs from what came later; loud where somebody's own rung might have got past it."""
    if found.fence not in LEVELS:
        return []
    strange = any(not row.ours for row in found.rungs) and found.fence in ("hook only", "open")
    said = f"Rungs ran {found.fence}: {LEVELS[found.fence]}."
    return [Text(said, style="yellow" if strange else "dim")]


def _figures(row: RungResult, chosen: Estimate, report: Estimate, cost: Cost) -> dict[str, str]:
    mistakes = "–" if cost.regret_per_year is None else f"{cost.regret_per_year:,.0f}"
    return {
        "loss": f"{chosen.loss:.3f}",
        WORSE: f"{chosen.worse:.0%} ({chosen.worse_low:.0%} … {chosen.worse_high:.0%})",
        "exam": f"{report.loss:.3f}",
        "fit s": f"{cost.fit_s:.2f}",
        "s/1000": f"{cost.predict_s_per_1000:.3f}",
        "MB": f"{cost.memory_mb:.0f}",
        "money/yr": f"{cost.money_per_year:,.0f}",
        "mistakes": mistakes,
        "mistakes/yr": mistakes,
    }
