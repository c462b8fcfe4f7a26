"""Tables, progress and questions in a terminal; the same things as JSON for machines."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.prompt import Prompt
from rich.table import Table
from rich.text import Text

from stepladder.bakeoff.compare import Estimate
from stepladder.bakeoff.result import Cost, Result, RungResult, to_json
from stepladder.core.errors import Problem
from stepladder.core.tables.report import DataReport, to_text
from stepladder.project.again import Reproduction
from stepladder.project.folder import Project

out = Console(highlight=False)


def result(found: Result, as_json: bool, report: str | None = None) -> None:
    """The ladder as a table, the proposal, and where the report is."""
    if as_json:
        _print_json({**to_json(found), **({"report": report} if report else {})})
        return
    out.print(ladder(found))
    for line in _did_not_run(found):
        out.print(line)
    for warning, who in _warnings(found).items():
        out.print(Text(f"{', '.join(who)}: {warning}", style="yellow"))
    out.print()
    out.print(Text(found.proposal.sentence, style="bold"))
    out.print(
        f"Bake-off {found.id}, {found.seconds:.0f} s. The business decides: stepladder decide RUNG …"
    )
    if report:
        out.print(Text(f"Report: {report}"), soft_wrap=True)


def ladder(found: Result) -> Table:
    """The rungs, highest first, as one climbs them."""
    table = Table(
        title=found.words,
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=0,
    )
    table.caption = (
        "worse: what a rung gives up of the best one's gain over the reference, with its 95 % "
        f"interval; allowed {_allowed(found)}. exam: loss on the last, untouched window."
        + (" *: said only 0 or 1, calibrated." if any(r.calibrated for r in found.rungs) else "")
    )
    names = ["rung", "loss", "worse (95 %)", "exam", "fit s", "s/1000", "MB", "money/yr"]
    priced = any(row.cost and row.cost.regret_per_year is not None for row in found.rungs)
    if priced:  # eighty columns hold eight figures: money matters more than megabytes
        names = [*names[:5], "money/yr", "mistakes/yr"]
    for name in names:
        table.add_column(name, justify="left" if name == "rung" else "right", no_wrap=True)
    for row in reversed(found.rungs):
        if row.choose and row.report and row.cost:
            style = "bold green" if row.rung == found.proposal.rung else None
            table.add_row(*_cells(row, row.choose, row.report, row.cost), style=style)
    return table


def _allowed(found: Result) -> str:
    if found.good_enough_money is None:
        return f"{found.good_enough:.0%}"
    return f"mistakes of {found.good_enough_money:,.0f} a year"


def _warnings(found: Result) -> dict[str, list[str]]:
    """Each warning once, with the rungs that gave it."""
    said: dict[str, list[str]] = {}
    for row in found.rungs:
        for warning in row.warnings:
            said.setdefault(warning, []).append(row.rung)
    return said


def _did_not_run(found: Result) -> list[Text]:
    """A line for each rung that is not in the table, and why."""
    return [
        Text(f"  {row.rung}: {row.status}", style="dim")
        for row in reversed(found.rungs)
        if row.status != "ok"
    ]


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


def made(project: Project, as_json: bool) -> None:
    """What was read, and where the project is."""
    reports = {name: table["report"] for name, table in project.data.items()}
    if as_json:
        _print_json({"project": str(project.folder), "data": reports})
        return
    for report in reports.values():
        text = to_text(DataReport.from_dict(report))
        out.print(Text(text), no_wrap=True, overflow="ellipsis")
    out.print(Text(f"Project: {project.folder}"), soft_wrap=True)
    out.print("Read question.toml, correct what is wrong, then run there: stepladder bakeoff")


def reproduction(found: Reproduction, as_json: bool) -> None:
    """What reproduced and what changed."""
    if as_json:
        _print_json(
            {
                "first": found.first,
                "second": found.second.id,
                "same": found.same,
                "different": found.different,
                "changed": found.changed,
            }
        )
        return
    out.print(f"Bake-off {found.first}, run again as {found.second.id}")
    out.print(f"same to the byte: {', '.join(found.same) or 'nothing'}")
    out.print(f"different: {', '.join(found.different) or 'nothing'}")
    for change in found.changed or ("nothing changed in data, versions or settings",):
        out.print(Text(f"  {change}"))


def written(what: str, path: Path, as_json: bool) -> None:
    """Where a file was written."""
    if as_json:
        _print_json({what: str(path)})
    else:
        out.print(Text(f"{what.capitalize()}: {path}"), soft_wrap=True)


def decided(number: int, rung: str, by: str, as_json: bool) -> None:
    """That a decision was recorded."""
    if as_json:
        _print_json({"decision": number, "rung": rung, "by": by})
    else:
        out.print(Text(f"Decision {number}: {rung}, by {by}. Next: stepladder predict"))


def pairs(columns: list[str]) -> dict[str, str]:
    """`customer=cust_id` as a pair. Raises Problem on anything else."""
    found = {}
    for text in columns:
        name, equals, source = text.partition("=")
        if not (name and equals and source):
            raise Problem(
                f"--column {text}",
                "a column is given as NAME=SOURCE",
                "e.g. --column customer=cust_id",
            )
        found[name.strip()] = source.strip()
    return found


def ask(question: str, answers: Sequence[str]) -> str:
    """Ask the person at the keyboard."""
    return Prompt.ask(question, choices=list(answers), console=out)


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on standard error; nothing at all for machines."""
    if quiet:
        yield lambda *_: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*bar, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("reading", total=None)
        yield lambda what, done, total: shown.update(
            task, description=what, completed=done, total=total or None
        )


@contextmanager
def log(verbose: bool) -> Iterator[None]:
    """With -v, everything that happens is written to stepladder.log."""
    logger = logging.getLogger("stepladder")
    if verbose:
        handler = logging.FileHandler("stepladder.log", encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield


def _print_json(value: Any) -> None:
    print(json.dumps(value, default=str, allow_nan=False))  # noqa: T201
