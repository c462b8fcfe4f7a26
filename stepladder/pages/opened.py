"""Open the browser for whoever starts the service: no token to type, and no open door for others.

The link's secret stands in a file that only they can read, which the browser opens: on a command line
everybody on the machine could see it.
"""

from __future__ import annotations

import logging
import os
import tempfile
import webbrowser
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe

from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.record import Token
from stepladder.record.address import user
from stepladder.record.entries import OPENER, link
from stepladder.service.shelf import Shelf
from stepladder.service.tokens import ROLES, hashed

LASTS = timedelta(days=1)
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}
log = logging.getLogger("stepladder.service")


def opened(shelf: Shelf, host: str, port: int) -> None:
    """Make a way in for whoever has the files, who may do everything with them as it is, and open it."""
    projects = shelf.keys.projects
    kept, first = _way_in(projects)
    for each in projects:
        shelf.keys.look(each)
    secret = link(projects[first].record, kept.sha256)
    page = written(f"http://{ANYWHERE.get(host, host)}:{port}/enter?link={secret}")
    log.info("open %s in a browser, as yourself: it lets in once", page)
    webbrowser.open(page.as_uri())


def _way_in(projects: Mapping[str, Project]) -> tuple[Token, str]:
    """The same person in each project, and the first of these; one that takes no writes closes no other."""
    let = Token(user(), ",".join(ROLES), hashed(token_urlsafe(32)), _ends(), by=OPENER)
    first, trouble = "", None
    for name, project in projects.items():
        try:
            project.record.note(replace(let, folder=project.folder.name))
            first = first or name
        except Problem as problem:
            trouble = problem
            log.warning("%s: nobody can be let in: %s", name, " ".join(str(problem).split()))
    if trouble and not first:
        raise trouble
    return let, first


def _ends() -> str:
    return (datetime.now(UTC) + LASTS).isoformat("T", "seconds")


def written(address: str) -> Path:
    """A page for its owner alone (mode 0600) that leads to an address."""
    number, path = tempfile.mkstemp(prefix="stepladder-open-", suffix=".html")
    os.fchmod(number, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(
            f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={address}">'
            f'<title>stepladder</title><p><a href="{address}">Open stepladder</a></p>\n'
        )
    return Path(path)
