"""The command line: a verb is a short function; the work is done in stepladder.project."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from stepladder import __version__

if TYPE_CHECKING:
    from stepladder.project import Project

app = App(
    name="stepladder",
    version=__version__,
    help="From a business question and a dirty table to the simplest model that is good enough.\n\n"
    "Example: stepladder try",
)
Folder = Annotated[Path, Parameter(name=["--project", "-p"], help="The project's folder.")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for machines.")]
Verbose = Annotated[
    bool, Parameter(name=["--verbose", "-v"], negative="", help="Write a log to stepladder.log.")
]
HERE = Path(".")


@app.command(name="try")
def try_(
    question: str = "retention",
    /,
    *,
    project: Folder = Path("stepladder-try"),
    workers: int = 2,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """See the whole way on bundled real data: bake-off, ladder, report.

    Example: stepladder try

    Parameters
    ----------
    question: The question to try.
    workers: How many rungs to run side by side.
    """
    from stepladder import project as projects
    from stepladder.terminal import show

    with show.log(verbose):
        made = projects.trial(question, project)
        result = _bakeoff(made, workers, json)
        page = projects.report(made)
    show.result(result, json, report=str(page))


@app.command
def new(
    question: str,
    /,
    *,
    source: Annotated[str, Parameter(name="--from")],
    project: Annotated[Path | None, Parameter(name=["--project", "-p"])] = None,
    column: list[str] | None = None,
    day_first: Annotated[bool, Parameter(negative="")] = False,
    month_first: Annotated[bool, Parameter(negative="")] = False,
    decimal: str | None = None,
    keep_duplicates: Annotated[bool, Parameter(negative="")] = False,
    keep_refunds: Annotated[bool, Parameter(negative="")] = False,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Begin a project: read a table, map its columns, clean it, write question.toml.

    Example: stepladder new retention --from orders.csv --column customer=cust_id

    Parameters
    ----------
    question: The question, e.g. retention.
    source: A CSV or Parquet file, or a table by URL (sqlite:///shop.db?table=orders).
    project: The folder to make; by default the question's name.
    column: Which source column is which, e.g. customer=cust_id; may be repeated.
    day_first: 3/4/2024 is the 3rd of April.
    month_first: 3/4/2024 is March the 4th.
    decimal: The decimal mark of the amounts, "." or ",".
    keep_duplicates: Keep rows that are equal in every column.
    keep_refunds: Keep rows with negative amounts.
    """
    from stepladder import project as projects
    from stepladder.terminal import show

    choices: dict[str, Any] = {}
    if day_first or month_first:
        choices["day_order"] = "day first" if day_first else "month first"
    if decimal:
        choices["decimal"] = decimal
    choices["duplicates"] = "keep" if keep_duplicates else "drop"
    choices["refunds"] = "keep" if keep_refunds else "drop"
    with show.log(verbose):
        made = projects.new(
            question,
            source,
            project,
            columns=show.pairs(column or []),
            ask_user=show.ask if sys.stdin.isatty() and not json else None,
            choices=choices,
        )
    show.made(made, json)


@app.command
def refresh(*, project: Folder = HERE, json: Json = False, verbose: Verbose = False) -> None:
    """Read the sources again, with every choice as it was made.

    Example: stepladder refresh
    """
    from stepladder import project as projects
    from stepladder.terminal import show

    with show.log(verbose):
        made = projects.refresh(projects.Project.open(project))
    show.made(made, json)


@app.command
def bakeoff(
    *,
    project: Folder = HERE,
    again: int | None = None,
    workers: int = 2,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Replay the past with every rung and propose the lowest that is good enough.

    Example: stepladder bakeoff --json

    Parameters
    ----------
    again: Re-run this recorded bake-off and say what reproduces and what changed.
    workers: How many rungs to run side by side.
    """
    from stepladder import project as projects
    from stepladder.terminal import show

    with show.log(verbose):
        opened = projects.Project.open(project)
        if again is None:
            show.result(_bakeoff(opened, workers, json), json)
        else:
            with show.progress(json) as tick:
                found = projects.again(opened, again, workers=workers, progress=tick)
            show.reproduction(found, json)


@app.command
def report(
    *,
    project: Folder = HERE,
    to: Path | None = None,
    names: Annotated[bool, Parameter(negative="")] = False,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write the page that the business reads: one HTML file that works offline.

    Example: stepladder report --to retention.html

    Parameters
    ----------
    to: The file to write; by default report.html in the project.
    names: Show the example customers' real ids; by default they are masked.
    """
    from stepladder import project as projects
    from stepladder.terminal import show

    with show.log(verbose):
        page = projects.report(projects.Project.open(project), to=to, mask=not names)
    show.written("report", page, json)


@app.command
def decide(
    rung: str,
    /,
    *,
    by: str,
    because: str,
    project: Folder = HERE,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Record which rung the business chose, who chose it, and why.

    Example: stepladder decide r3_pareto_nbd --by "Ada" --because "good enough, and we can explain it"

    Parameters
    ----------
    rung: The rung chosen, e.g. r2_rfm_quintiles.
    by: Who decided.
    because: Why.
    """
    from stepladder import project as projects
    from stepladder.terminal import show

    with show.log(verbose):
        number = projects.decide(projects.Project.open(project), rung, by=by, because=because)
    show.decided(number, rung, by, json)


@app.command
def predict(
    *,
    project: Folder = HERE,
    as_of: Annotated[str | None, Parameter(name="--as-of")] = None,
    to: Path | None = None,
    rung: str | None = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Forecast for every case as of a day, by the rung that was decided on.

    Example: stepladder predict --as-of 2024-06-01 --to forecast.csv

    Parameters
    ----------
    as_of: The day to stand on (YYYY-MM-DD); by default the day after the last complete one.
    to: The file to write, .parquet or .csv; by default in predictions/.
    rung: A rung other than the one decided on.
    """
    from stepladder import project as projects
    from stepladder.terminal import show

    with show.log(verbose):
        opened = projects.Project.open(project)
        path = projects.predict(opened, rung=rung, as_of=_day(as_of), to=to)
    show.written("predictions", path, json)


def _bakeoff(project: Project, workers: int, json: bool) -> Any:
    from stepladder import project as projects
    from stepladder.terminal import show

    with show.progress(json) as tick:
        return projects.bakeoff(project, workers=workers, progress=tick)


def _day(text: str | None) -> date | None:
    from stepladder.core.errors import Problem

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem(f"--as-of {text}", "a day is written YYYY-MM-DD", "e.g. --as-of 2024-06-01") from None


def main() -> None:
    """Run the command line; what a person can mend is told in three parts, never as a traceback."""
    from stepladder.terminal.failure import failing

    with failing("--json" in sys.argv):
        app()
