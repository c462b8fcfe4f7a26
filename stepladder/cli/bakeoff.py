"""stepladder bakeoff."""

from __future__ import annotations

from stepladder.cli.options import HERE, Folder, Json, RecordId, Verbose, Workers, app


@app.command
def bakeoff(
    *,
    project: Folder = HERE,
    again: RecordId | None = None,
    workers: Workers = 2,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Replay the past with every rung and propose the lowest that is good enough.

    Example: stepladder bakeoff --json

    Args:
        again: Re-run this recorded bake-off and say what reproduces and what changed.
        workers: How many rungs to run side by side.
    """
    from stepladder.project.again import run_again
    from stepladder.project.bakeoff import run_bakeoff
    from stepladder.project.folder import Project
    from stepladder.terminal import show

    with show.log(verbose):
        opened = Project.open(project)
        with show.progress(json) as tick:
            if again is None:
                result = run_bakeoff(opened, workers=workers, progress=tick)
            else:
                found = run_again(opened, again, workers=workers, progress=tick)
    if again is None:
        show.result(result, json)
    else:
        show.reproduction(found, json)
