"""stepladder run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from stepladder.cli.options import HERE, Flag, Folder, Json, Verbose, Workers, app, day


@app.command
def run(
    *,
    project: Folder = HERE,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    plan: Flag = False,
    again: str = "",
    accept: str = "",
    no_refresh: Flag = False,
    rehearse: str | None = None,
    wait: Annotated[float, Parameter(validator=Number(gte=0, lte=31 * 86_400))] = 0,
    picture: Path | None = None,
    workers: Workers = 1,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Run what is in production: check the data, learn anew if due, predict, publish, watch.

    Whatever is done already is not done again. Exit code 1: the watch raises an alarm.

    Example: stepladder run

    Example: stepladder run --from 2026-01-01 --to 2026-01-31

    Args:
        from_: The first of the past days to run, each from what was known then.
        to: The last of them; by default the last day that the data reach.
        plan: Read the sources, show what would be done, why, and how long it takes; write nothing.
        again: Do this step, and all that follow from it, once more: check, fit, predict, publish, watch.
        accept: Go on although the data or the forecasts look wrong, and why that is right.
        no_refresh: Do not read the sources again first.
        rehearse: Run the same steps on a share of the customers, such as 1%, and keep nothing.
        wait: Seconds to wait for another run that is at work.
        picture: Where to write the page with every day and step; by default runs.html.
        workers: How many steps to run side by side.
    """
    from stepladder.project.folder import Project
    from stepladder.terminal import production

    since, until = day(from_, "--from"), day(to, "--to")
    with production.log(verbose):
        opened = Project.open(project)
        if plan:
            production.planned(opened, since, until, not no_refresh, json)
            return
        if rehearse is not None:
            raise SystemExit(production.rehearsed(opened, rehearse, json))
        code = production.ran(
            opened,
            since=since,
            until=until,
            workers=workers,
            fresh=not no_refresh,
            accept=accept,
            wait=wait,
            again=again,
            picture=picture,
            as_json=json,
        )
    raise SystemExit(code)
