"""Forget one person: nothing predicted, said or cached about them stays, and they do not come back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder.bakeoff.row import parquet
from stepladder.core import own
from stepladder.core.errors import Problem
from stepladder.core.files import write
from stepladder.core.question import case_word
from stepladder.nightly.lock import alone
from stepladder.nightly.publishing import erase
from stepladder.project.folder import Project
from stepladder.project.forgotten import hashed, named

ROOMS = ("data", "predictions", "published", "runs", "bakeoffs")


@dataclass(frozen=True)
class Forgotten:
    """How much was erased of somebody: rows in files by folder, rows of the data, answers of people."""

    rows: dict[str, int]
    answers: int

    @property
    def total(self) -> int:
        """Everything that was erased."""
        return sum(self.rows.values()) + self.answers


def forget(project: Project, case: str) -> Forgotten:
    """Erase one case from cleaned data, predictions, answers and published tables, for good.

    The record keeps a hash only, by which every later refresh leaves them out. The sources are not ours
    to change: erase the person there too. Raises Problem where nobody has that id.
    """
    who = _typed(project, case)
    told = who.to_pylist()[0]
    with alone(project.folder, 60):
        # first of all: whatever breaks from here on, they do not come back, and it can be done again
        hash_ = hashed(named(told.values()))
        answers = project.record.forget(project.ask.question, hash_, told)
        _without_examples(project.folder)
        rows = {room: _erased(project, room, who) for room in ROOMS}
        for kept in (project.folder / "runs" / "inputs").glob("*.json"):
            kept.unlink()  # worked out from rows that are gone
        for target in project.ask.nightly.publish:
            rows[target.partition(":")[0]] = erase(target, project, told)
    found = Forgotten({k: n for k, n in rows.items() if n}, answers)
    if not found.total:
        raise Problem(
            f"nothing is known of {case_word(project.question)} {case!r}",
            "somebody is forgotten by their id, as it stands in the data",
            "check the id; from now on it is left out all the same, should it come",
        )
    return found


def _typed(project: Project, case: str) -> pa.Table:
    """The case as it was typed, in the types of the data. Raises Problem where it cannot be one."""
    schema = project.question.cases(project.history()).schema
    found = own.named(schema, case)
    if found is None:
        kinds = ", ".join(f"{f.name}: {f.type}" for f in schema)
        raise Problem(
            f"{case_word(project.question)} {case!r}",
            f"in these data it is made of {kinds}, joined by /",
            "check the id",
        )
    return found


def _erased(project: Project, room: str, who: pa.Table) -> int:
    """Rows taken out of every Parquet file of a room that has the columns; the record knows the new bytes."""
    total = 0
    for path in sorted((project.folder / room).rglob("*.parquet")):
        if not set(who.column_names) <= set(pq.read_schema(path).names):
            continue
        table = pq.read_table(path)
        kept = without(table, who)
        if kept.num_rows == table.num_rows:
            continue
        total += table.num_rows - kept.num_rows
        body = parquet(kept)
        where = path.relative_to(project.folder).as_posix()
        # the record first: after a kill between the two, doing it again makes them agree
        project.record.altered(where, hashlib.sha256(body).hexdigest(), kept.num_rows)
        write(path, body)
    return total


def _without_examples(folder: Path) -> None:
    """Reports on the data quote lines of the source as they stood there; `refresh` writes them anew."""
    for report in folder.glob("data-report-*.md"):
        report.unlink()
    for path in (folder / "data").glob("*.json"):
        report = json.loads(path.read_text("utf-8"))
        write(path, json.dumps(_blank(report), indent=1).encode())


def _blank(value: Any) -> Any:
    """The same without the text of any example."""
    if isinstance(value, list):
        return [_blank(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {k: [] if k == "examples" else _blank(each) for k, each in value.items()}


def without(table: pa.Table, who: pa.Table) -> pa.Table:
    """The rows that are not about somebody; where ids are of another type, nobody is."""
    stays = None
    for name in who.column_names:
        if pa.types.is_integer(table[name].type) != pa.types.is_integer(who[name].type):
            return table
        other = pc.not_equal(table[name], who[name][0].cast(table[name].type))
        stays = other if stays is None else pc.or_(stays, other)
    return table.filter(pc.fill_null(stays, True))
