"""stepladder forget."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from stepladder.cli.options import HERE, Folder, Json, Verbose, app


@app.command
def forget(
    case: str,
    /,
    *,
    project: Folder = HERE,
    wait: Annotated[float, Parameter(validator=Number(gte=0, lte=86_400))] = 60,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Erase one person from data, predictions, comments and published tables, for good.

    Example: stepladder forget 12748

    Args:
        case: The id, as it stands in the data.
        wait: So many seconds for a bake-off or a night that is at work.
    """
    from stepladder.nightly.forget import forget as erase
    from stepladder.project.folder import Project
    from stepladder.terminal import production

    with production.log(verbose):
        found = erase(Project.open(project), case, wait=wait)
    production.forgotten(found, json)
