"""stepladder watch."""

from __future__ import annotations

from pathlib import Path

from stepladder.cli.options import HERE, Flag, Folder, Json, Verbose, app, day


@app.command
def watch(
    *,
    project: Folder = HERE,
    as_of: str | None = None,
    act: Flag = False,
    to: Path | None = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Compare what was predicted with what came, watch the data, and say what to do: one page.

    Exit code 1: there is an alarm.

    Example: stepladder watch --json

    Args:
        as_of: The day to stand on (YYYY-MM-DD); by default the day after the last complete one.
        act: Run a new bake-off, and say whether a lower rung would now do. It decides nothing.
        to: The page to write; by default watch.html in the project.
    """
    from stepladder.project.folder import Project
    from stepladder.terminal import production

    with production.log(verbose):
        opened = Project.open(project)
        code = production.watched(opened, day(as_of, "--as-of"), act, to, json)
    raise SystemExit(code)
