"""stepladder audit."""

from __future__ import annotations

from stepladder.cli.options import HERE, Folder, Json, Verbose, app


@app.command
def audit(
    *,
    project: Folder = HERE,
    head: str = "",
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Check that everything that was said, decided and changed stands as it was written.

    Every write is a link of a chain that holds the hash of the one before. Exit code 1: it does not stand.

    Example: stepladder audit

    Args:
        head: A hash that this command showed earlier, kept elsewhere: whether it is still in the chain. Only
            so is it seen where the newest links were cut off.
    """
    from stepladder.project.folder import Project
    from stepladder.terminal import audit as told
    from stepladder.terminal import show

    with show.log(verbose):
        code = told.audited(Project.open(project), head, json)
    raise SystemExit(code)
