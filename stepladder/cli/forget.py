"""stepladder forget."""

from __future__ import annotations

from stepladder.cli.options import HERE, Folder, Json, Verbose, app


@app.command
def forget(
    case: str, /, *, project: Folder = HERE, json: Json = False, verbose: Verbose = False
) -> None:
    """Erase one person from data, predictions, comments and published tables, for good.

    Example: stepladder forget 12748

    Args:
        case: The id, as it stands in the data.
    """
    from stepladder.nightly.forget import forget as erase
    from stepladder.project.folder import Project
    from stepladder.terminal import production

    with production.log(verbose):
        found = erase(Project.open(project), case)
    production.forgotten(found, json)
