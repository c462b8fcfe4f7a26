"""stepladder record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from stepladder.cli.options import HERE, Flag, Folder, Json, RecordId, Verbose, app


@app.command
def record(
    file: Path | None = None,
    /,
    *,
    check: Flag = False,
    backup: Flag = False,
    move: Annotated[str | None, Parameter(name="--move")] = None,
    new: Flag = False,
    same: Flag = False,
    claim: Flag = False,
    list_: Annotated[RecordId | None, Parameter(name="--list")] = None,
    project: Folder = HERE,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say where what happened is kept, and as which project; back it up, move it, or mend it.

    Example: stepladder record --backup before-the-move.db

    Args:
        file: Where --backup writes; by default beside the record.
        check: Look whether all is well, also with the files that it tells of. Exit code 1: it is not.
        backup: Copy the whole record into one file, while it is in use.
        move: Take this project's rows to another address, and name that in question.toml.
        new: Begin an empty record where there is none; or make a copied folder a project of its own.
        same: This folder is the same project as the one it was copied from: one project, two places.
        claim: Rows of before that are nobody's are this project's.
        list_: The number of a list made with predict --top: who of it is called, and who left alone.
    """
    from stepladder.project.folder import Project
    from stepladder.terminal import lists, show
    from stepladder.terminal import record as kept

    asked = {"check": check, "backup": backup, "move": move is not None}
    asked |= {"new": new, "same": same, "claim": claim, "list": list_ is not None}
    said = kept.only_one(**asked)
    with show.log(verbose):
        if list_ is not None:
            lists.sealed(Project.open(project), list_, json)
            return
        code = kept.done(Project.open(project), said, file, move or "", json)
    raise SystemExit(code)
