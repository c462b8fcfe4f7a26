"""The nightly run written down for a scheduler that is there already: cron, systemd, Airflow, Dagster."""

from __future__ import annotations

import hashlib
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from stepladder.core import files
from stepladder.core.errors import Problem
from stepladder.leave.templates import filled
from stepladder.project.folder import Project
from stepladder.record.address import user

USUAL = "04:30"
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Call:
    """The nightly run of one project, as a command and a time of day."""

    python: str  # absolute; not resolved: the interpreter of a virtual environment is a link
    project: str  # absolute
    question: str
    hour: int
    minute: int
    start: date  # the first day, for schedulers that catch up on those they missed

    @staticmethod
    def of(
        project: Path,
        question: str,
        at: str = USUAL,
        start: date | None = None,
        python: str = sys.executable,
    ) -> Call:
        """The run of the project in that folder, at HH:MM. Raises Problem on what is no time of day."""
        clock = CLOCK.fullmatch(at.strip())
        if not clock:
            raise Problem(f"--at {at}", "a time of day is written HH:MM", f"e.g. --at {USUAL}")
        for path in (python, str(project)):
            if not path.isprintable():
                raise Problem(
                    f"the path {path!r} has a line break or another sign that is not printed",
                    "schedulers read their files line by line",
                    "rename the folder",
                )
        hour, minute = int(clock[1]), int(clock[2])
        return Call(python, str(project), question, hour, minute, start or date.today())

    @property
    def command(self) -> list[str]:
        """The words of the command. -P: nothing that lies where the scheduler stands is imported."""
        return [self.python, "-P", "-m", "stepladder", "run", "--project", self.project]

    @property
    def cron(self) -> str:
        """The time as cron, and whoever speaks its language, writes it."""
        return f"{self.minute} {self.hour} * * *"

    @property
    def name(self) -> str:
        """A name of plain letters; two projects in different folders never share one."""
        folder = Path(self.project)
        plain = re.sub(r"[^a-z0-9]+", "_", folder.name.lower()).strip("_") or "project"
        return f"stepladder_{plain}_{hashlib.sha256(bytes(folder)).hexdigest()[:6]}"


def schedule(
    project: Project, kind: str, at: str = USUAL, start: date | None = None
) -> dict[str, str]:
    """The files that make a scheduler call the nightly run: name -> text.

    kind: one of KINDS. at: HH:MM, in the time zone of the machine; Airflow and Dagster count in UTC.
    start: their first day, by default today. Raises Problem on another kind or time.
    """
    call = Call.of(project.folder, project.ask.question, at, start)
    if kind not in KINDS:
        raise Problem(
            f"a schedule for {kind}",
            f"schedules are written for: {', '.join(KINDS)}",
            "name one of these; any other calls: stepladder run",
        )
    return KINDS[kind](call)


def write(texts: dict[str, str], folder: Path) -> list[Path]:
    """Write the files into a folder, made if need be; the paths written."""
    for name, text in texts.items():
        files.write(folder / name, text)
        files.allow(folder / name, 0o644)  # whoever runs it reads it; nobody's rows are in it
    return [folder / name for name in texts]


def cron(call: Call) -> dict[str, str]:
    """A line for crontab, its output kept in the project's log. Raises Problem on a path it would misread."""
    log = shlex.quote(f"{call.project}/stepladder.log")
    command = f"{shlex.join(call.command)} >> {log} 2>&1"
    if "\\" in command:
        raise Problem(
            f"the path {call.project} has a backslash",
            "crons differ in how they read one",
            "rename the folder, or use another scheduler: stepladder schedule systemd",
        )
    # a bare % is a line break to cron, also between quotes
    line = f"{call.cron} {command}".replace("%", r"\%")
    return {"crontab": filled("crontab", question=call.question, line=line)}


def systemd(call: Call) -> dict[str, str]:
    """Two units for /etc/systemd/system: a night that the machine slept through is made up for.

    Then: systemctl enable --now NAME.timer.
    """
    # the colon says that no $ in it is a variable
    command = ":" + " ".join(_word(word) for word in call.command)
    words = {
        "question": call.question, "name": call.name, "user": user(), "command": command,
        "clock": f"{call.hour:02}:{call.minute:02}",
    }  # fmt: skip
    units = ("service", "timer")
    return {f"{call.name}.{unit}": filled(f"nightly.{unit}", **words) for unit in units}


def _word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def airflow(call: Call) -> dict[str, str]:
    """A file for Airflow's folder of DAGs: one task that calls the run for the day that Airflow names."""
    # as a Jinja template that gives exactly this text
    plain = shlex.join(call.command).replace("{", "{{ '{' }}")
    text = filled(
        "airflow.py",
        question=call.question,
        name=repr(call.name),
        words=repr(f"stepladder: the nightly run of {call.question}"),
        cron=repr(call.cron),
        year=call.start.year,
        month=call.start.month,
        day=call.start.day,
        # with the timetable there, ds is the day on which the run starts: what was known before it
        command=repr(f"{plain} --from {{{{ ds }}}} --to {{{{ ds }}}}"),
    )
    return {f"{call.name}_dag.py": text}


def dagster(call: Call) -> dict[str, str]:
    """A file for Dagster: the published predictions as an asset with a partition a day, and its schedule."""
    text = filled(
        "dagster.py",
        question=call.question,
        command=repr(call.command),
        name=repr(call.name),
        start=repr(call.start.isoformat()),
        words=repr(f"stepladder: what is forecast every night of {call.question}"),
        hour=call.hour,
        minute=call.minute,
    )
    return {f"{call.name}_asset.py": text}


KINDS: dict[str, Callable[[Call], dict[str, str]]] = {
    "cron": cron,
    "systemd": systemd,
    "airflow": airflow,
    "dagster": dagster,
}
