"""stepladder report."""

from __future__ import annotations

from pathlib import Path

from stepladder.cli.options import HERE, Flag, Folder, Json, Verbose, app


@app.command
def report(
    *,
    project: Folder = HERE,
    to: Path | None = None,
    names: Flag = False,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write the page that the business reads: one HTML file that works offline.

    Example: stepladder report --to retention.html

    Args:
        to: The file to write; by default report.html in the project.
        names: Show the example customers' real ids; by default they are masked.
    """
    from stepladder.project.folder import Project
    from stepladder.project.report import write_report
    from stepladder.terminal import show

    with show.log(verbose), show.patience("writing the report …", json):
        page = write_report(Project.open(project), to=to, mask=not names)
    show.written("report", page, json)
