"""Run the bake-off again because the watch says so, and say whether a lower rung would now do."""

from __future__ import annotations

from datetime import date

from stepladder.bakeoff.choose import LEVELS
from stepladder.bakeoff.runs import Progress
from stepladder.core.errors import Problem
from stepladder.project.bakeoff import run_bakeoff
from stepladder.project.folder import Project
from stepladder.report.words import label
from stepladder.watch.watched import Acted


def act(project: Project, now: date, progress: Progress) -> Acted:
    """A new bake-off as of now. It decides nothing. Raises Problem where nobody has decided."""
    decision = project.record.decision(project.ask.question)
    if decision is None:
        raise Problem(
            "nobody has decided on a rung yet",
            "--act compares a new bake-off with what was decided",
            "run stepladder bakeoff, then stepladder decide",
        )
    if now != project.now():
        project = Project(
            project.folder, project.ask.model_copy(update={"now": now}), project.settings
        )
    result = run_bakeoff(project, progress=progress)
    return compared(result.id, decision.rung, result.proposal.rung)


def compared(bakeoff: int, decided: str, proposed: str) -> Acted:
    """The new proposal beside the rung decided on, by height."""
    before, after = int(decided[1]), int(proposed[1])
    new, old = (f"“{label(n)}” ({LEVELS[h]})" for n, h in ((proposed, after), (decided, before)))
    if proposed == decided:
        return Acted(bakeoff, decided, proposed, "same", f"Still {old}: no lower rung would do.")
    if after < before:
        said = f"A lower rung would now do: {new} instead of {old}."
        return Acted(bakeoff, decided, proposed, "lower", said)
    if after > before:
        said = f"A higher rung is needed now: {new} instead of {old}."
        return Acted(bakeoff, decided, proposed, "higher", said)
    said = f"Another rung of the same height does better now: {new} instead of {old}."
    return Acted(bakeoff, decided, proposed, "other", said)
