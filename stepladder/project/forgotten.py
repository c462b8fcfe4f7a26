"""Those who asked to be forgotten: known by a hash only, and left out of whatever is read anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core.predictions import places
from stepladder.project.folder import Project
from stepladder.tables import Cleaned, Finding


def named(values: Iterable[object]) -> str:
    """A case by its columns' values, as it is typed."""
    return "/".join(map(str, values))


def hashed(case: object) -> str:
    """By what somebody forgotten is recognised, should their rows come again."""
    return hashlib.sha256(f"stepladder forgets {case}".encode()).hexdigest()


def left_out(project: Project, cleaned: Mapping[str, Cleaned]) -> dict[str, Cleaned]:
    """The tables without the rows of those who are forgotten, which are counted."""
    gone = project.record.forgotten(project.ask.question)
    case = project.question.CASE
    return {name: _without(one, case, gone) if gone else one for name, one in cleaned.items()}


def _without(one: Cleaned, case: Sequence[str], gone: set[str]) -> Cleaned:
    if not set(case) <= set(one.table.column_names):
        return one
    said = one.table.select(list(case))
    ids = said.group_by(said.column_names, use_threads=False).aggregate([]).to_pylist()
    away = [row for row in ids if hashed(named(row.values())) in gone]
    lost_ids = pa.Table.from_pylist(away, schema=said.schema)
    table = one.table.filter(pc.is_null(places(said, lost_ids, case)))
    lost = one.table.num_rows - table.num_rows
    if not lost:
        return one
    finding = Finding("forgotten", lost, "Rows are of people who asked to be forgotten.", ())
    dropped = (*one.report.dropped, finding)
    return Cleaned(table, replace(one.report, rows_kept=table.num_rows, dropped=dropped))
