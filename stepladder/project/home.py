"""A project's own rows in its record, wherever its folder goes: moved, copied, cloned, or from before."""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import replace
from pathlib import Path

from sqlalchemy import URL

from stepladder.core.errors import Problem, Unusable
from stepladder.project import identity
from stepladder.record import Record
from stepladder.record.evidence import claim_what_is_evident, is_seen
from stepladder.record.homes import VARIABLE, Home, home_of, leave, note, noted
from stepladder.record.owned import Owned, who_lives_at
from stepladder.record.schema import NOBODY

log = logging.getLogger("stepladder")


class Unsettled(Unusable):
    """A folder of which nobody has said whether it is the same project as another one, or a new one."""

    folder: Path


def lies_in(url: URL, folder: Path) -> bool:
    """Whether the record is a file in the project's folder: then it goes where the folder goes."""
    file = Path(str(url.database))
    return url.get_backend_name() == "sqlite" and file.is_relative_to(folder.resolve())


def opened(folder: Path, question: str, url: URL) -> Record:
    """The record, bound to the project in a folder; it may be read, and says itself why not be written."""
    known = identity.read(folder)
    if not known:
        return _of_before(folder, question, url)
    record = Record.open(url, known)
    return replace(record, stopped=_settled(record, folder, lies_in(url, folder)))


def settle(record: Record, folder: Path) -> Record:
    """This folder is a home of the project's, too."""
    free = replace(record, stopped=None)
    with free.writes() as mine:
        note(mine, home_of(folder))
    return free


def other_homes(record: Record, folder: Path) -> list[Home]:
    """Every other folder in which the project lives, the oldest first: what is there is not seen from here.

    On this machine those that still hold it; on others all that the record knows.
    """
    with record.reads() as mine:
        known = noted(mine)
    return [each for each in known if not each.here or _lives(each, record.project, folder)]


def _of_before(folder: Path, question: str, url: URL) -> Record:
    """A folder without an id, made by an earlier version or from a bundle: it gets one, and its rows."""
    unclaimed, own = Record.open(url, NOBODY), lies_in(url, folder)
    stopped = Unusable(
        f"{folder} has no id, and none can be written there",
        f"a project is known in its record by the file {identity.FILE} in its folder",
        "make the folder and its record writable, and run: stepladder record",
    )
    if not os.access(folder, os.W_OK):
        return _read_only(unclaimed, stopped, own)
    home = home_of(folder)
    try:
        with unclaimed.writes() as nobody:
            mine = Owned(nobody.connection, _before(nobody, home, own) or identity.new())
            left = claim_what_is_evident(mine, folder, question, own)
            note(mine, home)
    except Unusable:
        return _read_only(unclaimed, stopped, own)
    identity.write(folder, mine.project)
    log.warning("this project has an id now, in %s: commit it with the folder", identity.FILE)
    if left:
        log.warning("%d rows of the record are nobody's; if yours: stepladder record --claim", left)
    return Record(unclaimed.engine, mine.project)


def _before(nobody: Owned, home: Home, own: bool) -> str:
    """The project that was known here, if the folder shows that it is this one, and it lives nowhere else.

    A place alone proves nothing: the project may have moved away, and another one come.
    """
    before = Owned(nobody.connection, who_lives_at(nobody.connection, home.host, home.path))
    folder = Path(home.path)
    if before.project == NOBODY:
        return NOBODY
    near = [each for each in noted(before) if each.here]
    alive = any(_lives(each, before.project, folder) for each in near)
    if not alive and (own or is_seen(before, folder)):
        return before.project
    said = "project %s lived in %s, and this is taken for another; if it is that one, name that id in %s"
    log.warning(said, before.project, folder, identity.FILE)
    return NOBODY


def _read_only(unclaimed: Record, stopped: Problem, own: bool) -> Record:
    """What nobody has claimed may be read only where it can be no other project's."""
    if not own:
        raise stopped
    return replace(unclaimed, stopped=stopped)


def _settled(record: Record, folder: Path, own: bool) -> Problem | None:
    """Note where the project lives; or why it must be said first what this folder is."""
    home = home_of(folder)
    with record.reads() as mine:
        known = noted(mine)
    near = [each for each in known if each.here]
    if any(each.path == home.path for each in near):
        return None
    if lives := [each for each in near if _lives(each, record.project, folder)]:
        return _unsettled(folder, lives[-1], "is a copy of")
    if known and not near and not own:
        mark = f"; for a container, whose name is another each time, set {VARIABLE}"
        return _unsettled(folder, known[-1], "is the same project as", mark)
    with contextlib.suppress(Unusable), record.writes() as mine:  # who only reads is asked nothing
        for each in near:
            leave(mine, each)
        note(mine, home)
        if known:
            log.warning("the project has moved here from %s", (near or known)[-1])
    return None


def _lives(home: Home, project: str, here: Path) -> bool:
    """Whether the project is still in a home; where that cannot be seen, it may be."""
    path = Path(home.path)
    try:
        if not path.exists() or path.samefile(here):
            return False
        return identity.read(path) == project
    except (OSError, Problem):
        return True


def _unsettled(folder: Path, other: Home, how: str, also: str = "") -> Unsettled:
    problem = Unsettled(
        f"{folder} {how} {other}, which writes into this record",
        "a project is read anywhere, and written where it is known to live",
        "say which it is: stepladder record --same (one project in two places), or stepladder record --new "
        f"(a project of its own){also}",
    )
    problem.folder = folder
    return problem
