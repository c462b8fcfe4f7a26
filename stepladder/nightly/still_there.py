"""Where somebody who is forgotten stands all the same: a look at every file, whatever wrote it."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from zipfile import ZipFile, is_zipfile

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import at_rest
from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.record.lists import lists
from stepladder.release.release import Release
from stepladder.release.ship import in_production

FOREIGN = {".git", ".venv", "venv", "node_modules"}  # nothing that stepladder writes
NAMES, UNREAD = "names them: look at it", "cannot be read: look at it"
SQLITE = b"SQLite format 3"
LEAST = 3  # letters of an id; shorter ones stand in everything


class Models(NamedTuple):
    """Fitted models that know somebody: those that went, and why the others did not."""

    removed: list[str]
    in_use: list[str]  # or not to be read


def models_with(project: Project, who: pa.Table) -> Models:
    """Remove every fitted model that knows somebody by their id, but those in production.

    A model is named by the hash of its bytes, so nobody can be taken out of one: it is learnt anew.
    """
    used, found = _in_use(project), Models([], [])
    homes = [*(project.folder / "models").glob("*/"), *project.folder.glob("bakeoffs/*/*/model/")]
    for home in homes:
        said = {about(file, who) for file in home.rglob("*")}
        where = home.relative_to(project.folder).as_posix()
        if NAMES not in said:
            found.in_use.extend(f"{where} {UNREAD}" for one in said if one == UNREAD)
        elif home.name in used:
            found.in_use.append(
                f"{where} is in production and knows them: stepladder ship, then forget them again"
            )
        else:
            shutil.rmtree(home)
            found.removed.append(where)
    return found


def still_there(project: Project, who: pa.Table) -> list[str]:
    """Every other file of the project that names them, and files of predictions elsewhere."""
    sources = {_place(project, table.source) for table in project.ask.tables.values()}
    found = [
        f"{path.relative_to(project.folder)} {said}"
        for path in _files(project.folder)
        if path not in sources
        and not path.is_relative_to(project.folder / "models")
        and (said := about(path, who))
    ]
    stored = project.record.predictions(project.ask.question)
    handed = [(one.path, f"predictions of {one.as_of}") for one in stored]
    made = lists(project.record, project.ask.question)
    handed += [(one.path, f"a list of {one.as_of}") for one in made]
    for place, what in handed:
        path = project.folder / place
        unread = path.suffix != ".parquet" and not _texts(who)  # numbers stand in any text
        if about(path, who) or (unread and path.is_file()):
            found.append(f"{path}, {what}, was made before: make it again")
    return list(dict.fromkeys(found))


def about(path: Path, who: pa.Table) -> str:
    """What to say of a file: that it names somebody, that it cannot be read, or nothing."""
    try:
        if path.is_dir() and path.suffix != ".parquet":
            return "" if os.access(path, os.R_OK | os.X_OK) else UNREAD
        return NAMES if holds(path, who) else ""
    except (OSError, ValueError, sqlite3.Error, pa.ArrowException):  # damaged, or of other rights
        return UNREAD


def holds(path: Path, who: pa.Table) -> bool:
    """Whether a file is about somebody: by the columns of a table, or by an id that is a text."""
    if not path.exists():
        return False
    ids = _texts(who)
    if path.suffix == ".parquet":
        return any(_in_table(part, who, ids) for part in at_rest.parts(path))
    wanted = [_pattern(value) for value in ids]
    return bool(ids) and any(all(one.search(line) for one in wanted) for line in _lines(path))


def _texts(who: pa.Table) -> list[str]:
    """The id's parts, where each is a text by which somebody can be found."""
    ids = list(who.to_pylist()[0].values())
    return ids if all(isinstance(one, str) and len(one) >= LEAST for one in ids) else []


def _lines(path: Path) -> Iterator[str]:
    """A file as lines: also what stands in an SQLite; other files of bytes say nothing."""
    with path.open("rb") as file:
        head = file.read(len(SQLITE))
    if head == SQLITE:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as con:
            yield from con.iterdump()
    elif is_zipfile(path):  # a workbook: its rows as lines
        with ZipFile(path) as zipped:
            parts = [zipped.read(name) for name in zipped.namelist() if name.endswith(".xml")]
        yield from b"\n".join(parts).replace(b"</row>", b"\n").decode(errors="replace").split("\n")
    else:
        with suppress(UnicodeDecodeError), path.open(encoding="utf-8") as text:
            yield from text


def _in_table(table: pa.Table, who: pa.Table, ids: list[str]) -> bool:
    if set(who.column_names) <= set(table.column_names):
        return without(table, who).num_rows < table.num_rows
    texts = [c.cast(pa.string()) for c in table.columns if _is_text(c.type)]
    return bool(ids) and all(
        any(pc.any(pc.equal(column, value)).as_py() for column in texts) for value in ids
    )


def without(table: pa.Table, who: pa.Table) -> pa.Table:
    """The rows that are not about somebody; an id may be a number here and a text there."""
    stays = None
    for name in who.column_names:
        mine, theirs = table[name], who[name][0]
        if mine.type != theirs.type:
            mine, theirs = mine.cast(pa.string()), pa.scalar(str(theirs.as_py()))
        other = pc.not_equal(mine, theirs)
        stays = other if stays is None else pc.or_(stays, other)
    return table.filter(pc.fill_null(stays, True))


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or (
        pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type)
    )


def _pattern(value: str) -> re.Pattern[str]:
    """The id by itself, and not as the beginning of another."""
    return re.compile(rf"(?<![\w-]){re.escape(value)}(?![\w-])")


def _files(folder: Path) -> Iterator[Path]:
    """Everything below a folder: also what is a folder itself, since one may be closed."""
    for home, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in FOREIGN]
        yield from (Path(home, name) for name in (*names, *folders))


def _place(project: Project, source: str) -> Path:
    return (
        (project.folder / source.partition(":///")[2].partition("?")[0]).resolve()
        if (":///" in source)
        else (project.folder / source).resolve()
    )


def _in_use(project: Project) -> set[str]:
    try:
        release = Release.load(in_production(project).release, project.folder)
    except Problem:  # nothing is in production, or it cannot be loaded anyway
        return set()
    return {release.manifest.model, release.manifest.reference_model}
