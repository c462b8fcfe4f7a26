"""What a scheduler calls, when, and under which name: the same for every one of them."""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from stepladder.core.errors import Problem

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

    @staticmethod
    def of(project: Path, question: str, at: str = USUAL, python: str = sys.executable) -> Call:
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
        return Call(python, str(project), question, int(clock[1]), int(clock[2]))

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
