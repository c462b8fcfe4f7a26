"""stepladder predict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from stepladder.cli.options import HERE, Folder, Json, Verbose, app, day, whole


@app.command
def predict(
    *,
    project: Folder = HERE,
    as_of: Annotated[str | None, Parameter(name="--as-of")] = None,
    to: Path | None = None,
    top: Annotated[
        int | None, Parameter(converter=whole, validator=Number(gte=1, lte=10**9))
    ] = None,
    control: str | None = None,
    decimal: str | None = None,
    separator: str | None = None,
    rung: str | None = None,
    case: str | None = None,
    for_: Annotated[Path | None, Parameter(name="--for")] = None,
    item: str | None = None,
    radio: Annotated[
        int | None, Parameter(converter=whole, validator=Number(gte=1, lte=10_000))
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Forecast for every case as of a day, by the rung that was decided on; the best; or one alone.

    Example: stepladder predict --as-of 2024-06-01 --to forecast.csv

    Example: stepladder predict --top 500 --control 10% --to calls.xlsx

    Example: stepladder predict --for my_ratings.csv

    Args:
        case: The id of somebody known: the answer for them alone, with the rows it comes from.
        for_: A file with the rows of somebody new: the answer for them, without learning anew.
        item: An item's id or title: what goes with it (recommend).
        radio: So many items, one leading on to the next, from --item, --case or --for (recommend).
        as_of: The day to stand on (YYYY-MM-DD); by default the day after the last complete one.
        to: The file to write, .parquet, .csv or .xlsx (a list: .csv or .xlsx); by default in predictions/.
        top: Only so many: those whom acting on is expected to bring most, best first, and why.
        control: So many of --top, or such a share (10%), are left alone by lot and sealed in the record:
            they show what would have come anyway.
        decimal: The decimal mark of a CSV file, a point or a comma.
        separator: What separates the cells of a CSV file: a comma, ';', '|' or tab. By default a comma,
            beside --decimal , a semicolon.
        rung: A rung other than the one decided on.
    """
    from stepladder.project.folder import Project
    from stepladder.project.one_case import predict_one
    from stepladder.project.predict import predict_everybody, predict_list
    from stepladder.terminal import lists, show

    file: dict[str, Any] = {"to": to, "decimal": decimal, "separator": separator}
    with show.log(verbose):
        opened = Project.open(project)
        if any(one is not None for one in (case, for_, item, radio)):
            _refuse_other(as_of=as_of, top=top, control=control, **file)
            with show.patience("learning, and forecasting for one …", quiet=json):
                found = predict_one(opened, case=case, rows=for_, item=item, radio=radio, rung=rung)
            show.answers(found, opened.question, json)
            return
        moment = day(as_of, "--as-of")
        with show.patience("learning, and forecasting for everybody …", quiet=json):
            if top is not None or control is not None:
                lists.listed(
                    predict_list(opened, top, control=control, rung=rung, as_of=moment, **file),
                    json,
                )
                return
            path, look = predict_everybody(opened, rung=rung, as_of=moment, **file)
    show.written("predictions", path, json, look)


def _refuse_other(**given: object) -> None:
    from stepladder.core.errors import Problem

    for name, value in given.items():
        if value is not None:
            raise Problem(
                f"--{name.replace('_', '-')} was given for one case alone",
                "one case is asked about as of now, and its answer is printed",
                f"leave --{name.replace('_', '-')} out; --json prints it for machines",
            )
