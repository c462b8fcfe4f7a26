"""stepladder ship, stepladder models."""

from __future__ import annotations

from pathlib import Path

from stepladder.cli.options import HERE, Flag, Folder, Json, Verbose, app


@app.command
def ship(
    *,
    project: Folder = HERE,
    rung: str | None = None,
    force: str = "",
    rollback: Flag = False,
    release: str = "",
    because: str = "",
    to: str | None = None,
    tracking: str | None = None,
    bundle: Path | None = None,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Put the rung that was decided on into production; go back; or take it elsewhere.

    Example: stepladder ship

    Example: stepladder ship --rollback --because "the forecasts jumped"

    Args:
        rung: A rung other than the one decided on; needs --force.
        force: Ship what nobody decided on, and why; the reason is recorded.
        rollback: Go back to the release before, or to the one named with --release.
        release: The release to go back to: its hash, or how it begins.
        because: Why one goes back.
        to: Where else to take what is in production: mlflow.
        tracking: The MLflow tracking server's address; by default MLFLOW_TRACKING_URI.
        bundle: The folder to write, which runs alone on another machine.
    """
    from stepladder.project.folder import Project
    from stepladder.terminal import production

    with production.log(verbose):
        opened = Project.open(project)
        if to is not None:
            production.elsewhere(opened, to, tracking, json)
        elif bundle is not None:
            production.bundled(opened, bundle, json)
        elif rollback:
            production.rolled_back(opened, release, because, json)
        else:
            production.shipped(opened, rung, force, json)


@app.command
def models(*, project: Folder = HERE, json: Json = False, verbose: Verbose = False) -> None:
    """List what is, and was, in production: who decided, when, and why.

    Example: stepladder models
    """
    from stepladder.project.folder import Project
    from stepladder.release.ship import models as there
    from stepladder.terminal import production

    with production.log(verbose):
        found = there(Project.open(project))
    production.models(found, json)
