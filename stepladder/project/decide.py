"""The business decides, and who, when and why is kept."""

from __future__ import annotations

from datetime import date

from stepladder.core.errors import Problem
from stepladder.project import evidence as pages
from stepladder.project.folder import Project
from stepladder.project.ground import Ground, ground, refuse_moved


def decide(
    project: Project,
    rung: str,
    *,
    by: str,
    because: str,
    review: date | None = None,
    bakeoff: int | None = None,
    evidence: str = "",
    looked_at: Ground | None = None,
    request: str = "",
) -> int:
    """Record which rung the business chose, who chose it and why; returns the decision's number.

    Any rung that ran may be chosen, also one that was not proposed. The page that it rests on is kept in
    decisions/. review: when to look again. bakeoff, evidence: the number and the hash of what was looked
    at, or all of it (looked_at); where that is not what is there now, Moved is raised and nothing is
    written. request: the key of the form that sent it. Raises Problem on a rung that did not run, and
    where name or reason is empty.
    """
    if not by.strip() or not because.strip():
        raise Problem(
            "a decision without a name or a reason",
            "whoever inherits this must be able to read who decided and why",
            "give both: --by NAME --because TEXT",
        )
    refuse_not_run(project, rung)
    alias = pages.Pseudonyms(project.question)
    day = review.isoformat() if review else ""

    def frozen(number: int) -> str:
        refuse_moved(project, bakeoff, evidence, looked_at)
        today = ground(project)
        return pages.frozen(
            project, rung, today, alias, number, by=by.strip(), because=because.strip(), review=day
        )

    number = project.record.decide(
        project.ask.question, rung, by=by.strip(), because=because.strip(), review=day,
        bakeoff=project.result().id, evidence=frozen, request=request,
    )  # fmt: skip
    pages.keep(project, alias, number, by.strip())
    return number


def refuse_not_run(project: Project, rung: str) -> None:
    """Raise Problem on a rung that nobody can decide on: it did not run in the latest bake-off."""
    project.rung(rung)
    result = project.result()
    status = {row.rung: row.status for row in result.rungs}.get(rung, "it was not in the bake-off")
    if status != "ok":
        raise Problem(
            f"{rung} did not run in bake-off {result.id}: {status}",
            "only a rung that ran can be decided on",
            "choose another, or mend it and run: stepladder bakeoff",
        )
