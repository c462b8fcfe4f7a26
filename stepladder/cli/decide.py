"""stepladder decide."""

from __future__ import annotations

from stepladder.cli.options import HERE, Folder, Json, Verbose, app, day


@app.command
def decide(
    rung: str,
    /,
    *,
    by: str,
    because: str,
    review: str | None = None,
    project: Folder = HERE,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Record which rung the business chose, who chose it, and why.

    Example: stepladder decide r3_pareto_nbd --by "Ada" --because "good enough, and we can explain it"

    Args:
        rung: The rung chosen, e.g. r2_rfm_quintiles.
        by: Who decided.
        because: Why.
        review: The day on which to look at it again, e.g. 2027-06-01.
    """
    from stepladder.project.decide import decide as record_decision
    from stepladder.project.folder import Project
    from stepladder.project.judged import changed
    from stepladder.terminal import show

    with show.log(verbose):
        opened = Project.open(project)
        when = day(review, "--review")
        number = record_decision(opened, rung, by=by, because=because, review=when)
        result = opened.result()
        other = changed(opened.folder, result.loss_sql, f"bake-off {result.id}")
    show.decided(number, rung, by, result.proposal.rung, json, other)
