"""What to do on Monday: the report's next steps, each with the page on which one does it."""

from __future__ import annotations

from dataclasses import dataclass

from stepladder.bakeoff.result import Result
from stepladder.pages.visit import Visit
from stepladder.project.folder import Project
from stepladder.project.report import standing
from stepladder.report.next_steps import next_steps

# what is to be done: what the link says, and the page; the rest is done where the project lies
WHERE = {
    "decide": ("Look at what speaks for and against it, then decide", ("decide",)),
    "list": ("See the predictions, one by one or as a file", ("predictions",)),
    "ship": ("Decide so again, with “Ship it at once” ticked", ("decide",)),
    "watch": ("See how it went", ("watch",)),
}


@dataclass(frozen=True)
class Todo:
    """One thing to do: in a sentence, with a link; or, without one, with the command."""

    sentence: str
    label: str
    address: str
    command: str


def todo(visit: Visit, project: Project, result: Result) -> list[Todo]:
    """What is to be done now, in order, from where the project stands."""
    found = []
    for step in next_steps(result, standing(project)):
        label, tail = WHERE.get(step.what, ("", ()))
        address = visit.at(*tail) if tail else ""
        found.append(Todo(step.sentence, label, address, step.command))
    return found
