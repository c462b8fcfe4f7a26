"""Tables, progress and questions in a terminal; the same things as JSON for machines."""

from __future__ import annotations

import json
import logging
import re
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import rich.box
import rich.table
from rich.prompt import Prompt
from rich.text import Text

from stepladder.bakeoff.result import Result, to_json
from stepladder.core.errors import Problem
from stepladder.core.question import Question
from stepladder.core.visible import Lines
from stepladder.project.again import Reproduction
from stepladder.project.folder import Project
from stepladder.project.frozen_words import frozen
from stepladder.project.one_case import of_own_rows
from stepladder.report.data_report import loud
from stepladder.tables.choices import CLEANER
from stepladder.tables.plural import counted
from stepladder.tables.report import DataReport
from stepladder.tables.told import to_text
from stepladder.terminal import ladder
from stepladder.terminal.console import Console
from stepladder.terminal.lines import SOON_S, progress_lines, watched

out = Console()
GLUE = "\0"  # what it holds together is not wrapped: a flag or a key and what is given with it
EXAMPLE = 6  # blanks before an example in a data report

OLD_CLEANER = (
    "Cleaned as an earlier version of the cleaner does; stepladder refresh --relearn shows what the "
    "present one would change."
)


def result(found: Result, as_json: bool, report: str | None = None) -> None:
    """The ladder as a table, the proposal, and where the report is."""
    if as_json:
        print_json({**to_json(found), **({"report": report} if report else {})})
        return
    for warning in loud(found.data):
        out.print(Text(f"READ THIS FIRST. {warning}", style="bold red"))
        out.print()
    out.print(ladder.table(found))
    for line in ladder.names(found):
        out.print(line)
    for line in ladder.did_not_run(found):
        out.print(line)
    for warning, who in ladder.warnings(found).items():
        out.print(Text(f"{', '.join(who)}: {warning}", style="yellow"))
    for note in found.notes:
        out.print(Text(note, style="yellow"))
    for line in ladder.fence(found):
        out.print(line)
    out.print()
    for line in ladder.said(found):
        out.print(line)
    out.print(Text(found.proposal.sentence, style="bold"))
    for line in ladder.below(found):
        out.print(line)
    out.print(
        f"Bake-off {found.id}, {found.seconds:.0f} s. The business decides: stepladder decide RUNG …"
    )
    if report:
        out.print(Text(f"Report: {report}"), soft_wrap=True)


def made(project: Project, as_json: bool, refreshed: bool = False) -> None:
    """What was read, and where the project is."""
    kept = {name: DataReport.from_dict(table["report"]) for name, table in project.data.items()}
    reports = {**kept, **project.read}
    if as_json:
        tables = {name: report.summary() for name, report in reports.items()}
        first = tables[project.question.TABLES[0].name]
        found = project.ask.settings.scalars  # of the question, such as how often and which season
        home = str(project.folder)
        print_json({"project": home, **first, "tables": tables, "settings": found})
        return
    for spec in project.question.TABLES:
        report = reports[spec.name]
        if not report.source:
            continue  # nobody gave it, and it can be done without
        said = to_text(report).splitlines()
        if refreshed:  # a refresh has no flags that choose
            said = [frozen(line, spec) for line in said]
        lines(said, out, bold=bool(report.totals))
        out.print()
    out.print(Text(f"Project: {project.folder}"), soft_wrap=True)
    if refreshed and any(report.choices.version < CLEANER for report in reports.values()):
        out.print(Text(OLD_CLEANER), soft_wrap=True)
    if refreshed:
        out.print("Data refreshed. Next: stepladder predict, or stepladder bakeoff")
    else:
        out.print("Read question.toml, correct what is wrong, then run there: stepladder bakeoff")


def lines(said: Sequence[str], console: Console, bold: bool = False) -> None:
    """Lines of a data report, as wide as the terminal; the first may be bold."""
    for nth, line in enumerate(said):
        _print_line(line, console, "bold" if bold and nth == 0 else "")


def _print_line(line: str, console: Console, style: str) -> None:
    """A sentence is wrapped under its own beginning; an example, which may be endless, is cut."""
    indent = " " * (len(line) - len(line.lstrip()))
    if len(indent) >= EXAMPLE:
        console.print(Text(line), no_wrap=True, overflow="ellipsis")
        return
    whole = re.sub(r"(--[a-z-]+) |( )(?=×)|(?<=×) |\b (?== \")|(?<= =) (?=\")",
                   lambda m: f"{m[1] or ''}{GLUE}", line)  # fmt: skip
    wrapped = textwrap.wrap(
        whole,
        console.width,
        subsequent_indent=f"{indent}  " if indent else "",
        break_long_words=False,
        break_on_hyphens=False,
    )
    style = "yellow" if line.startswith("  ! ") else style
    console.print(Text("\n".join(wrapped).replace(GLUE, " "), style=style), soft_wrap=True)


def reproduction(found: Reproduction, as_json: bool) -> None:
    """What reproduced and what changed."""
    if as_json:
        print_json(
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


def written(what: str, path: Path, as_json: bool, look: Sequence[str] = ()) -> None:
    """Where a file was written; before that the first look at what is in it, in lines."""
    if as_json:
        print_json({what: str(path), **({"glance": list(look)} if look else {})})
    else:
        for line in look:
            out.print(Text(line), soft_wrap=True)
        out.print(Text(f"{what.capitalize()}: {path}"), soft_wrap=True)


def answers(found: pa.Table, question: Question, as_json: bool) -> None:
    """The answers for one case, as a small table; columns with nothing in them are left out.

    What was left out of rows that somebody brought is told on standard error.
    """
    own = of_own_rows(found)
    if said := own.pop("sentences", ()):
        used = f"{own['used']:,} of {counted(own['read'], 'row')} brought are used."
        told = Text("\n  ".join([used, *said]), style="yellow")
        Console(stderr=True).print(told, soft_wrap=True)
    if as_json:
        print_json([{**row, **({"own_rows": own} if own else {})} for row in found.to_pylist()])
        return
    listed = [name for name in question.KEYS if name not in question.CASE]  # several rows a case
    if any(
        found[name].null_count == found.num_rows for name in listed if name in found.column_names
    ):
        said = found["because"].drop_null().to_pylist() if "because" in found.column_names else []
        out.print(
            Text(f"Nothing is left to show: {said[0]}." if said else "Nothing is left to show.")
        )
        return
    # of a list the order counts, and it is one case's
    hidden = (*question.CASE, "prediction") if "place" in found.column_names else ()
    first = [name for name in ("place", *listed, "title", "because") if name in found.column_names]
    names = [n for n in found.column_names if n not in (*first, *hidden, "why")]
    shown = [n for n in (*first, *names) if found[n].null_count < found.num_rows]
    table = rich.table.Table(box=rich.box.SIMPLE_HEAD)
    for name in shown:
        number = pa.types.is_floating(found[name].type)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in found.to_pylist():
        table.add_row(*(Text(_word(row[name])) for name in shown))
    out.print(table)


def _word(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def decided(
    number: int, rung: str, by: str, proposed: str, as_json: bool, loss_changed: str
) -> None:
    """That a decision was recorded, by whom, and whether the loss is another by now."""
    if as_json:
        print_json({"decision": number, "rung": rung, "by": by, "proposed": proposed,
                    "loss_changed": loss_changed})  # fmt: skip
        return
    other = "" if rung == proposed else f" (the bake-off proposed {proposed or 'none'})"
    after = "Next: stepladder predict (once), or ship (every night)"
    out.print(Text(f"Decision {number}: {rung}, by {by}{other}. {after}"))
    if loss_changed:
        out.print(Text(loss_changed, style="yellow"))


def pairs(columns: list[str]) -> dict[str, str]:
    """`customer=cust_id` as a pair. Raises Problem on anything else."""
    found = {}
    for text in columns:
        name, equals, source = text.partition("=")
        if not (name and equals):
            raise Problem(
                f"--column {text}",
                "a column is given as NAME=SOURCE, or as NAME= to use none",
                "e.g. --column customer=cust_id",
            )
        found[name.strip()] = source.strip()
    return found


def only(texts: list[str]) -> dict[str, str | list[str]]:
    """`period=MONTHLY` as a column and its value, or values. Raises Problem on anything else."""
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise Problem(
                f"--only {text}",
                "it is given as COLUMN=VALUE: of rows with another value none counts",
                "e.g. --only period=MONTHLY",
            )
        found.setdefault(name.strip(), []).append(value.strip())
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def currency(name: str | None) -> str | None:
    """A currency as it is typed: letters may be small."""
    return name.strip().upper() if name is not None else None


def rates(texts: list[str]) -> dict[str, float]:
    """`USD=0.9` as a rate. Raises Problem on anything else."""
    found = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            found[name.strip().upper()] = float(number)
        except ValueError:
            raise Problem(
                f"--rate {text}",
                "a rate is given as CURRENCY=NUMBER: so much of --currency for one of it",
                "e.g. --currency EUR --rate USD=0.9",
            ) from None
    return found


def ask(question: str, answers: Sequence[str]) -> str:
    """Ask the person at the keyboard. Raises Problem if they go away."""
    try:
        return Prompt.ask(Text(question), choices=list(answers), console=out)
    except EOFError:
        raise Problem(
            f"no answer to: {question}",
            f"one of: {', '.join(answers)}",
            "run it again and answer, or say it with a flag: stepladder new --help has them all",
        ) from None


@contextmanager
def patience(what: str, quiet: bool) -> Iterator[Callable[[str, Sequence[str]], str]]:
    """Says on standard error what takes so long, where it does; yields `ask`."""
    if not watched():
        with progress_lines() as tick:
            tick(what, 0, 0)
            yield ask
        return
    said = threading.Timer(SOON_S, lambda: Console(stderr=True).print(Text(what, style="dim")))
    said.daemon = True

    def asking(question: str, answers: Sequence[str]) -> str:
        said.cancel()
        return ask(question, answers)

    if not quiet:
        said.start()
    try:
        yield asking
    finally:
        said.cancel()


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """What is going on, on standard error: a bar where somebody watches it, else a line for what is done."""
    if not watched():
        with progress_lines() as tick:
            yield tick
        return
    if quiet:
        yield lambda *_: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
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
        handler.setFormatter(Lines())
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield


def print_json(value: Any) -> None:
    """One line of JSON, for machines."""
    print(json.dumps(value, default=str, allow_nan=False))  # noqa: T201
