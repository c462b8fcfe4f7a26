"""The business decides, and who, when and why is kept."""

from __future__ import annotations

from stepladder.core.errors import Problem
from stepladder.project.folder import Project


def decide(project: Project, rung: str, *, by: str, because: str) -> int:
    """Record which rung the business chose, who chose it and why; returns the decision's number.

    Any rung that ran may be chosen, also one that was not proposed. Raises Problem on a rung that
    did not run, and where name or reason is empty.
    """
    if not by.strip() or not because.strip():
        raise Problem(
            "a decision without a name or a reason",
            "whoever inherits this must be able to read who decided and why",
            "give both: --by NAME --because TEXT",
        )
    project.rung(rung)
    result = project.result()
    status = {row.rung: row.status for row in result.rungs}.get(rung, "it was not in the bake-off")
    if status != "ok":
        raise Problem(
            f"{rung} did not run in bake-off {result.id}: {status}",
            "only a rung that ran can be decided on",
            "choose another, or mend it and run: stepladder bakeoff",
        )
    return project.record.decide(
        project.ask.question, rung, by=by.strip(), because=because.strip(), bakeoff=result.id
    )
