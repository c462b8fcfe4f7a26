"""Those who asked to be forgotten: known by a keyed hash only, and left out of whatever is read anew.

Whoever is to be left out must be recognised, so something of them stays for as long as the project lives:
a hash in the record. Whoever has the record alone cannot try all ids: the key is a file of the project.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import files
from stepladder.core.errors import Unusable
from stepladder.core.predictions import places
from stepladder.project.folder import Project
from stepladder.tables import Cleaned, Finding, TableSpec
from stepladder.tables.ids.spelling import WRITTEN
from stepladder.tables.totals import totals

KEY = "forgotten.key"


@dataclass(frozen=True)
class Gone:
    """Everybody who is forgotten, as far as they can be recognised."""

    hashes: frozenset[str]
    key: bytes

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def __contains__(self, case: object) -> bool:
        """Whether somebody with these values of the case's columns is among them."""
        assert isinstance(case, Sequence)
        if hashed(case, self.key) in self.hashes:
            return True
        return self.before and _hashed_before(case) in self.hashes

    @cached_property
    def before(self) -> bool:
        """Whether earlier versions forgot somebody, who hashed without a key."""
        return any(":" not in one for one in self.hashes)


def hashed(case: Iterable[object], key: bytes) -> str:
    """By what somebody forgotten is recognised, should their rows come again; first, by which key."""
    said = json.dumps([str(value) for value in case], ensure_ascii=False).encode()
    return f"{_name(key)}:{hmac.digest(key, said, 'sha256').hex()}"


def secret_key(project: Project) -> bytes:
    """The project's key, made where there is none yet; it is for its owner alone, and not for git."""
    path, ignored = project.folder / KEY, project.folder / ".gitignore"
    if not path.is_file():
        project.record.may_write()
        if ignored.is_file() and KEY not in (said := ignored.read_text("utf-8")):
            files.write(ignored, f"{said.rstrip()}\n{KEY}\n")
        files.write(path, os.urandom(32).hex())
    return bytes.fromhex(path.read_text())


def forgotten(project: Project) -> Gone:
    """Everybody who is forgotten. Raises Problem where the key is not there: they would all come back."""
    hashes = project.record.forgotten(project.ask.question)
    keyed = {one.partition(":")[0] for one in hashes if ":" in one}
    path = project.folder / KEY
    key = bytes.fromhex(path.read_text()) if path.is_file() else b""
    if keyed - {_name(key)}:
        raise Unusable(
            f"people were forgotten here, and {path} "
            + ("is not the key" if key else "is not there")
            + " by which they are recognised",
            "data are read only without those who are forgotten",
            f"put {KEY} back from a copy of the folder in which they were forgotten",
        )
    return Gone(frozenset(hashes), key)


def left_out(project: Project, cleaned: Mapping[str, Cleaned]) -> dict[str, Cleaned]:
    """The tables without the rows of those who are forgotten, which are counted."""
    gone, case = forgotten(project), project.question.CASE
    specs = {spec.name: spec for spec in project.question.TABLES}
    return {
        name: _without(one, case, gone, specs[name]) if gone else one
        for name, one in cleaned.items()
    }


def _without(one: Cleaned, case: Sequence[str], gone: Gone, spec: TableSpec) -> Cleaned:
    if not set(case) <= set(one.table.column_names):
        return one
    said = one.table.select(list(case))
    ids = said.group_by(said.column_names, use_threads=False).aggregate([]).to_pylist()
    away = [row for row in ids if [row[name] for name in case] in gone]
    away += _otherwise(one.written, case, gone)
    lost_ids = pa.Table.from_pylist(away, schema=said.schema)
    table = one.table.filter(pc.is_null(places(said, lost_ids, case)))
    lost = one.table.num_rows - table.num_rows
    if not lost:
        return one
    finding = Finding("forgotten", lost, "Rows are of people who asked to be forgotten.", ())
    dropped = (*one.report.dropped, finding)
    left = totals(table, spec, dated=one.report.choices.time != "random")
    left = {**one.report.totals, **left}
    report = replace(one.report, rows_kept=table.num_rows, dropped=dropped, totals=left)
    return replace(one, table=table, report=report)


def _otherwise(written: pa.Table | None, case: Sequence[str], gone: Gone) -> list[dict[str, Any]]:
    """The ids of those who were forgotten as the source spells them, before ids had one spelling."""
    rows = written.to_pylist() if written is not None else []
    these = [row for row in rows if [row.get(f"{name}{WRITTEN}") for name in case] in gone]
    return [{name: row[name] for name in case} for row in these]


def _name(key: bytes) -> str:
    """Which key it is, without telling it."""
    return hashlib.sha256(b"stepladder key " + key).hexdigest()[:8]


def _hashed_before(case: Iterable[object]) -> str:
    """As earlier versions did, without a key; what they noted holds still."""
    told = "/".join(map(str, case))
    return hashlib.sha256(f"stepladder forgets {told}".encode()).hexdigest()
