"""stepladder decide."""

from __future__ import annotations

from stepladder.cli.options import HERE, Folder, Json, Verbose, app


@app.command
def decide(
    rung: str,
    /,
    *,
    by: str,
    because: str,
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
    """
    from stepladder.project.decide import decide as record_decision
    from stepladder.project.folder import Project
    from stepladder.project.judged import changed
    from stepladder.terminal import show

    with show.log(verbose):
        opened = Project.open(project)
        number = record_decision(opened, rung, by=by, because=because)
        result = opened.result()
        other = changed(opened.folder, result.loss_sql, f"bake-off {result.id}")
    show.decided(number, rung, by, result.proposal.rung, json, other)
