"""Whose rows are that know no project: those of the folder that holds what they tell of.

Only records of before, and bundles, have such rows. What nothing speaks for stays nobody's until it is
claimed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from stepladder.record import schema
from stepladder.record.owned import Owned
from stepladder.record.schema import NOBODY, OWNED

FILES = schema.predictions


def claim_what_is_evident(mine: Owned, folder: Path, question: str, own: bool) -> int:
    """Give a project every row that is evidently its own; returns how many are nobody's still.

    `own`: the record lies in the project's folder, so all is its own unless something speaks against it.
    """
    nobody = Owned(mine.connection, NOBODY)
    if not any(nobody.count(table) for table in OWNED):
        return 0
    if own and not _somebody_elses(nobody, folder, question):
        return claim_all(mine)
    _remember_who_is_forgotten(nobody, mine, question)
    _claim(nobody, mine, folder)
    return left(mine)


def claim_all(mine: Owned) -> int:
    """Give a project every row that is nobody's, because somebody says so; none is left."""
    theirs = Owned(mine.connection, NOBODY).rows(schema.forgotten)
    mine.remove(schema.forgotten, schema.forgotten.c.id.in_([row.id for row in theirs]))  # copies
    for table in OWNED:
        mine.claim(table)
    return left(mine)


def is_seen(mine: Owned, folder: Path) -> bool:
    """Whether a folder holds something that a project's rows tell of: a file as recorded, a release."""
    if any(_is_there(folder / row.path, row.sha256) for row in mine.rows(FILES)):
        return True
    return any(_released(folder, row.release) for row in mine.rows(schema.shipments))


def left(mine: Owned) -> int:
    """How many rows are nobody's."""
    nobody = Owned(mine.connection, NOBODY)
    return sum(nobody.count(table) for table in OWNED)


def _somebody_elses(nobody: Owned, folder: Path, question: str) -> bool:
    """Whether anything says that another project has written into this record too."""
    if any(token.folder != folder.name for token in nobody.rows(schema.tokens)):
        return True
    if any(row.question != question for row in nobody.rows(schema.bakeoffs)):
        return True
    stored = nobody.rows(FILES, FILES.c.bakeoff.is_not(None))
    here = {row.bakeoff for row in stored if (folder / row.path).is_file()}
    return bool({row.bakeoff for row in stored} - here)


def _claim(nobody: Owned, mine: Owned, folder: Path) -> None:
    """Bake-offs by their files, releases by theirs; decisions with either; nights by what they left."""
    files = [row for row in nobody.rows(FILES) if _is_there(folder / row.path, row.sha256)]
    t = schema.shipments
    shipped = [row for row in nobody.rows(t) if _released(folder, row.release)]
    chosen = {row.decision for row in shipped if row.decision is not None}
    d = schema.decisions
    decided = list(nobody.rows(d, d.c.id.in_(chosen)))
    bakeoffs = {row.bakeoff for row in [*files, *decided] if row.bakeoff is not None}
    mine.claim(schema.bakeoffs, schema.bakeoffs.c.id.in_(bakeoffs))  # with all that hangs on them
    mine.claim(d, d.c.id.in_(chosen))
    mine.claim(t, t.c.id.in_([row.id for row in shipped]))
    mine.claim(FILES, FILES.c.id.in_([row.id for row in files]))
    steps = [row.id for row in nobody.rows(schema.steps) if _ran(folder, row)]
    mine.claim(schema.steps, schema.steps.c.id.in_(steps))
    mine.claim(schema.tokens, schema.tokens.c.folder == folder.name)


def _remember_who_is_forgotten(nobody: Owned, mine: Owned, question: str) -> None:
    """Whoever asked to be forgotten stays so, whosever row it turns out to be."""
    t = schema.forgotten
    rows = [dict(row._mapping) for row in nobody.rows(t, t.c.question == question)]
    mine.put(t, rows)


def _is_there(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _released(folder: Path, release: str) -> bool:
    return (folder / "releases" / f"{release}.json").is_file()


def _ran(folder: Path, step: object) -> bool:
    day, key = getattr(step, "day", ""), getattr(step, "key", "")
    places = (
        (folder / "runs" / day).glob(f"*-{key}.*"),
        (folder / "published").glob(f"{day}-{key}.*"),
    )
    return any(True for place in places for _ in place)
