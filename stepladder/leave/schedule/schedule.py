"""Write down the nightly run for a scheduler that is there already."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal, get_args

from stepladder.core.errors import Problem
from stepladder.core.files import write as whole
from stepladder.leave.schedule import airflow, cron, dagster, systemd
from stepladder.leave.schedule.call import USUAL, Call
from stepladder.project.folder import Project

Kind = Literal["cron", "systemd", "airflow", "dagster"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def schedule(
    project: Project, kind: str, at: str = USUAL, start: date | None = None
) -> dict[str, str]:
    """The files that make a scheduler call the nightly run: name -> text.

    kind: one of KINDS. at: HH:MM, in the time zone of the machine; Airflow and Dagster count in UTC.
    start: their first day, by default today. Raises Problem on another kind or time.
    """
    call, first = Call.of(project.folder, project.ask.question, at), start or date.today()
    if kind == "cron":
        return cron.files(call)
    if kind == "systemd":
        return systemd.files(call)
    if kind == "airflow":
        return airflow.files(call, first)
    if kind == "dagster":
        return dagster.files(call, first)
    raise Problem(
        f"a schedule for {kind}",
        f"schedules are written for: {', '.join(KINDS)}",
        "name one of these; any other calls: stepladder run",
    )


def write(files: dict[str, str], folder: Path) -> list[Path]:
    """Write the files into a folder, made if need be; the paths written."""
    for name, text in files.items():
        whole(folder / name, text.encode())
    return [folder / name for name in files]
