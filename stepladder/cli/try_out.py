"""stepladder try."""

from __future__ import annotations

from pathlib import Path

from stepladder.cli.options import Folder, Json, Verbose, Workers, app


@app.command(name="try")
def try_(
    question: str = "retention",
    /,
    *,
    project: Folder = Path("stepladder-try"),
    workers: Workers = 2,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """See the whole way on bundled real data: bake-off, ladder, report.

    Example: stepladder try

    Args:
        question: The question to try.
        workers: How many rungs to run side by side.
    """
    from stepladder.project.bakeoff import run_bakeoff
    from stepladder.project.report import write_report
    from stepladder.project.trial import try_out
    from stepladder.terminal import show
    from stepladder.terminal.look_around import look_around

    with show.log(verbose):
        made = try_out(question, project)
        with show.progress(json) as tick:
            result = run_bakeoff(made, workers=workers, progress=tick)
        with show.patience("writing the report …", json):
            page = write_report(made)
    show.result(result, json, report=str(page))
    if not json:
        look_around(project)
