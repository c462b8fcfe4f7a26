"""What the owner of a record does with it: begin one, copy it, move it, look whether it is well."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from sqlalchemy import URL

from stepladder.core import files
from stepladder.core.errors import Problem
from stepladder.project import home, identity
from stepladder.project.folder import Project
from stepladder.record import Record, address
from stepladder.record.address import VARIABLE
from stepladder.record.copies import beside, copy_file
from stepladder.record.evidence import claim_all
from stepladder.record.homes import home_of, note, noted
from stepladder.record.moving import copy_all, copy_rows, same_rows
from stepladder.record.owned import Owned
from stepladder.record.reach import Missing, place, scrub, writing
from stepladder.record.schema import OWNED, forgotten, homes, tokens

MOVING = ".stepladder.moving"  # from which address to which rows are being moved


@dataclass(frozen=True)
class Kept:
    """Where a project's record is, as which project, where that lives, and how much is in it."""

    place: str
    project: str
    homes: tuple[str, ...]
    rows: dict[str, int]


def about(project: Project) -> Kept:
    """Where the record is, and what is in it of this project. Raises Problem where it cannot be read."""
    record = project.record
    with record.reads() as mine:
        rows = {table.name: mine.count(table) for table in OWNED if table is not homes}
        return Kept(place(record.engine.url), record.project, tuple(map(str, noted(mine))), rows)


def begin_anew(project: Project) -> str:
    """An empty record where there is none; an id of its own for a copy. Says which; raises Problem."""
    try:
        record = project.record
    except Missing:
        id_ = identity.read(project.folder) or identity.write(project.folder, identity.new())
        made = Record.make(project.address, id_)
        home.settle(made, project.folder)
        return f"an empty record, {place(made.engine.url)}"
    if not isinstance(record.stopped, home.Unsettled):
        raise Problem(
            f"there is a record, {place(record.engine.url)}, and this project is known in it",
            "a new one is begun where there is none, and a new id given to a copy",
            "nothing is to be done; for another place: stepladder record --move URL",
        )
    return _another_project(project, record)


def _another_project(project: Project, record: Record) -> str:
    """A copy becomes a project of its own; a record that was copied with it goes along, without tokens."""
    new, own = identity.new(), home.lies_in(project.address, project.folder)
    with writing(record.engine) as connection:
        mine, theirs = Owned(connection, record.project), Owned(connection, new)
        if own:
            mine.remove(tokens)
            mine.remove(homes)
            for table in OWNED:
                mine.hand_over(table, new)
        else:  # the copy's sources know whoever asked to be forgotten, too
            theirs.put(forgotten, [dict(row._mapping) for row in mine.rows(forgotten)])
        note(theirs, home_of(project.folder))
    identity.write(project.folder, new)
    past = "with this past and no tokens" if own else "without a past but for who is forgotten"
    return f"a project of its own, {past}"


def same(project: Project) -> str:
    """This folder is the project that it says it is, in one place more."""
    if not isinstance(project.record.stopped, home.Unsettled):
        raise Problem(
            "nobody asked: this folder is known as a home of its project",
            "--same is said of a copy, a clone or a second machine",
            "go on",
        )
    home.settle(project.record, project.folder)
    return "the same project, in one place more"


def claim(project: Project) -> int:
    """Make this project's all rows that are nobody's; returns how many that were."""
    with project.record.writes() as mine:
        before = {table: mine.count(table) for table in OWNED}
        claim_all(mine)
        return sum(mine.count(table) - n for table, n in before.items())


def back_up(project: Project, target: Path | None = None) -> Path:
    """A consistent copy of the whole record while it is in use, as one file; by default beside it."""
    engine = project.record.engine
    if engine.dialect.name == "sqlite":
        path = target or beside(engine, "backup")
    else:
        path = target or project.folder / "stepladder.db.backup"
    if path.exists():
        raise Problem(f"{path} exists already", "nothing is written over", "name another file")
    (copy_file if engine.dialect.name == "sqlite" else copy_all)(engine, path)
    return path


def move(project: Project, url: str) -> int:
    """Take all of the project's rows to another address, and name that in question.toml; how many.

    Begun again after a kill it goes on. What lies at the old address is erased last; until then a
    file says which that is.
    """
    target, note = _target(url, project.folder), project.folder / MOVING
    erased = _erased(project, note)
    if target == project.address:
        return _moved_before(erased, target)
    record = project.record
    with record.writes() as mine:  # nobody writes here any more while it moves
        there = Record.make(target, record.project)
        with there.writes() as theirs:
            total = _arrived(mine, theirs, place(target))
        files.write(note, f"{project.ask.record}\n{url}")
        files.write(project.folder / "question.toml", _naming(project, url))
        for table in reversed(OWNED):
            mine.remove(table)
    scrub(record.engine)
    note.unlink()
    return total


def _erased(project: Project, note: Path) -> int | None:
    """Erase what a move left that was killed once question.toml named the new address; how many rows."""
    said = note.read_text("utf-8").splitlines() if note.is_file() else []
    places = [address(each, project.folder) for each in said]
    if places[1:] != [project.address]:  # nothing has moved yet, or it was moved by hand
        return None
    project.record.may_write()
    rows = 0
    with contextlib.suppress(Missing):
        left = Record.open(places[0], project.record.project)
        with left.writes() as there:
            rows = sum(there.remove(table) for table in reversed(OWNED))
        scrub(left.engine)
    note.unlink()
    return rows


def _moved_before(erased: int | None, target: URL) -> int:
    if erased is not None:
        return erased
    raise Problem(
        f"the record is at {place(target)} already",
        "it moves to another address",
        "name that, such as postgresql://user@host:5432/name",
    )


def _arrived(mine: Owned, theirs: Owned, where: str) -> int:
    """Copy all rows, unless they have been copied already; how many there are."""
    if not any(theirs.count(table) for table in OWNED):
        return copy_rows(mine, theirs)
    if same_rows(mine, theirs):
        return sum(theirs.count(table) for table in OWNED)
    raise Problem(
        f"{where} has rows of this project already, and others than here",
        "a project has one record",
        "name another address, or take the rows out there",
    )


def _target(url: str, folder: Path) -> URL:
    """The address to move to, as question.toml will name it. Raises Problem."""
    if VARIABLE in os.environ:
        raise Problem(
            f"{VARIABLE} names the record, whatever question.toml says",
            "a record is moved by naming it in question.toml",
            f"unset {VARIABLE}, move it, then set it to the new address if you must",
        )
    return address(url, folder)


def _naming(project: Project, url: str) -> str:
    """question.toml naming another record; every comment stays."""
    document = tomlkit.parse((project.folder / "question.toml").read_text("utf-8-sig"))
    if "record" in document:
        document["record"] = url
        return tomlkit.dumps(document)
    return f"record = {tomlkit.item(url).as_string()}\n{tomlkit.dumps(document)}"
