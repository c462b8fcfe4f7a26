"""The whole way on bundled real data: what `stepladder try` and `make try` show a newcomer."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from stepladder import questions
from stepladder.core import files
from stepladder.core.errors import Problem
from stepladder.core.history import quoted
from stepladder.project.folder import Project
from stepladder.project.new import new
from stepladder.record.entries import OPENER

MARK = "# made by stepladder try: this folder is made anew each time"
SEAL = ".stepladder-try"  # what the folder held when it was made, by hash
MADE_ANEW = re.compile(
    r"\.stepladder-try$|bakeoffs/|report\.html$|stepladder\.db(-wal|-shm|-journal)?$|stepladder\.log$"
    r"|(.*/)?\.[^/]*\.partial(/|$)"
)
# of the record: a trial's own tables, and those of whoever only looked at it in a browser
OF_BAKEOFFS = {"meta", "homes", "bakeoffs", "losses", "entries", "jobs", "bodies"}
WORK = {"tokens": f"\"by\" <> '{OPENER}'", "events": "kind <> 'token'"}  # else every row is


def try_out(question: str, folder: str | Path = "stepladder-try") -> Project:
    """Make a project of the question's bundled data; a folder of an earlier trial is made anew.

    Raises Problem on a folder that is not a trial's, or in which anybody did anything since but run
    bake-offs and write the report.
    """
    asked = questions.load(question)
    demo = asked.DEMO
    if demo is None:
        raise Problem(
            f"{question} has no data of its own to try",
            "a trial runs on data that come with the question",
            f"bring yours: stepladder new {question} --from FILE",
        )
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        _refuse_work(target)
        shutil.rmtree(target)
    source = questions.folder(question) / demo.file
    made = new(
        question,
        str(source),
        target,
        columns=demo.columns,
        choices=demo.choices,
        settings=f"{MARK}\n{demo.settings}",
    )
    files.write(target / SEAL, json.dumps(_left(target), indent=1))
    return made


def _refuse_work(target: Path) -> None:
    """Only what is wholly our own is ours to delete: nothing was added, changed, decided or shipped."""
    found = _work(target)
    if found:
        raise Problem(
            f"{target} holds work of yours, or is not a trial's: {found}",
            "a trial is made anew each time, in a folder where nobody did anything since; "
            "nothing of yours is ever deleted",
            "name another folder with --project, or remove this one yourself",
        )


def _work(target: Path) -> str:
    """What is there that a trial alone would not have left; empty where there is nothing."""
    seal = target / SEAL
    if target.is_symlink() or not seal.is_file() or seal.is_symlink():
        return f"there is no {SEAL} in it"
    try:
        sealed = dict(json.loads(seal.read_bytes()))
    except ValueError:
        return f"{SEAL} was changed"
    left = _left(target)
    other = [name for name in sorted({*left, *sealed}) if left.get(name) != sealed.get(name)]
    return other[0] if other else _recorded(target / "stepladder.db")


def _left(target: Path) -> dict[str, str]:
    """Every file with the hash of its bytes, save those that bake-offs and reports make anew."""
    found = {}
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if not MADE_ANEW.match(name) and (path.is_symlink() or not path.is_dir()):
            plain = path.is_file() and not path.is_symlink()
            found[name] = (
                hashlib.sha256(path.read_bytes()).hexdigest() if plain else "no plain file"
            )
    return found


def _recorded(file: Path) -> str:
    """What the record holds beyond bake-offs: decisions, answers, shipments, tokens, whatever comes."""
    if not file.is_file():
        return ""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as link:
            query = "select name from sqlite_master where type = 'table' order by name = 'events'"
            names = link.execute(query).fetchall()  # what they tell of is said first
            for (name,) in names:
                ours = name in OF_BAKEOFFS or name.startswith("sqlite_")
                held = f"select 1 from {quoted(name)} where {WORK.get(name, 'true')} limit 1"
                if not ours and link.execute(held).fetchone():
                    return f"{name} in its record"
    except sqlite3.Error:
        return "its record cannot be read"
    return ""
