"""stepladder predict."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stepladder.cli.options import HERE, Folder, Json, Verbose, app


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

    Args:
        as_of: The day to stand on (YYYY-MM-DD); by default the day after the last complete one.
        to: The file to write, .parquet or .csv; by default in predictions/.
        rung: A rung other than the one decided on.
    """
    from stepladder.project.folder import Project
    from stepladder.project.predict import predict as forecast
    from stepladder.terminal import show

    with show.log(verbose):
        opened = Project.open(project)
        path = forecast(opened, rung=rung, as_of=_day(as_of), to=to)
    show.written("predictions", path, json)


def _day(text: str | None) -> date | None:
    from stepladder.core.errors import Problem

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem(
            f"--as-of {text}", "a day is written YYYY-MM-DD", "e.g. --as-of 2024-06-01"
        ) from None
