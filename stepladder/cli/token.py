"""stepladder token."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from stepladder.cli.options import HERE, Flag, Folder, Json, RecordId, Verbose, app, whole


@app.command
def token(
    name: str = "",
    /,
    *,
    role: list[str] | None = None,
    days: Annotated[
        int | None, Parameter(converter=whole, validator=Number(gte=1, lte=36_600))
    ] = None,
    list_: Annotated[Flag, Parameter(name="--list")] = False,
    revoke: RecordId | None = None,
    link: Flag = False,
    site: str = "http://127.0.0.1:8000",
    project: Folder = HERE,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make a token for the service, and show it this once; list them; or revoke one.

    In a folder that holds several projects it is made in each of them.

    Example: stepladder token "web shop" --role read --days 90

    Example: stepladder token Mia --role read --role decide --link

    Args:
        name: Whose it is, or what for.
        role: What it may do: read, review, rules, decide or admin; may be repeated, by default read. None
            holds another: who runs the service (admin) decides nothing. Whoever has the files needs none.
        days: How long it is good; by default until it is revoked.
        list_: Show every token that was made, without the token itself.
        revoke: The number of a token that must open nothing any more.
        link: For a person: show a link that opens the pages once, within 15 minutes, in place of the token.
        site: Where the pages are, for the link.
    """
    from stepladder.project.folder import Project
    from stepladder.record import entries
    from stepladder.service import tokens as made
    from stepladder.service.shelf import projects
    from stepladder.terminal import show, tokens

    with show.log(verbose):
        if list_:
            tokens.listed(made.listed(Project.open(project)), json)
        elif revoke is not None:
            tokens.revoked(made.revoke(Project.open(project), revoke), json)
        else:
            roles = role or ["read"]
            place = tokens.place(site)
            opened, *also = map(Project.open, projects(project).values())
            secret = made.new(opened, name, roles, days, also=also)
            if link:
                once = entries.link(opened.record, made.hashed(secret))
                tokens.link(name, roles, f"{place}/enter?link={once}", json)
            else:
                tokens.shown(name, roles, secret, json)
