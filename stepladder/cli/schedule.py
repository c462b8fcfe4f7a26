"""stepladder schedule."""

from __future__ import annotations

import sys
from pathlib import Path

from stepladder.cli.options import HERE, Folder, Json, Verbose, app


@app.command
def schedule(
    kind: str = "",
    /,
    *,
    at: str = "04:30",
    to: Path | None = None,
    project: Folder = HERE,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Print what makes cron, systemd, Airflow or Dagster call the nightly run.

    Example: stepladder schedule systemd

    Args:
        kind: cron, systemd, airflow or dagster; by default all four, one after the other.
        at: The time of day, HH:MM; Airflow and Dagster count in UTC.
        to: A folder to write the files into, instead of printing them.
    """
    import json as plain

    from stepladder.leave.schedules import KINDS, write
    from stepladder.leave.schedules import schedule as written
    from stepladder.project.folder import Project
    from stepladder.terminal import show

    with show.log(verbose):
        opened = Project.open(project)
        found = {name: written(opened, name, at) for name in ([kind] if kind else KINDS)}
        paths = [path for files in found.values() for path in write(files, to)] if to else []
    if json:
        said = {**found, **({"written": list(map(str, paths))} if to else {})}
        sys.stdout.write(plain.dumps(said, indent=1) + "\n")
    elif to:
        for path in paths:
            show.written("schedule", path, False)
    else:  # as they are: a file that is wrapped or coloured is another file
        sys.stdout.write("\n".join(_told(files) for files in found.values()))


def _told(files: dict[str, str]) -> str:
    """The files one below the other, each under its name."""
    return "\n".join(f"# --- {name}\n{text}" for name, text in files.items())
