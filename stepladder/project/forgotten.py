"""Those who asked to be forgotten: known by a hash only, and left out of whatever is read anew."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from stepladder.project.folder import Project
from stepladder.tables import Cleaned, Finding


def hashed(case: object) -> str:
    """By what somebody forgotten is recognised, should their rows come again."""
    return hashlib.sha256(f"stepladder forgets {case}".encode()).hexdigest()


def left_out(project: Project, cleaned: Mapping[str, Cleaned]) -> dict[str, Cleaned]:
    """The tables without the rows of those who are forgotten, which are counted."""
    question = project.ask.question
    gone = project.record.forgotten(question) if project.has_record else set()
    key = project.question.KEYS[0]
    return {name: _without(one, key, gone) if gone else one for name, one in cleaned.items()}


def _without(one: Cleaned, key: str, gone: set[str]) -> Cleaned:
    if key not in one.table.column_names:
        return one
    ids = one.table[key].combine_chunks().dictionary_encode()
    stays = pa.array(
        [hashed(value) not in gone for value in ids.dictionary.to_pylist()], pa.bool_()
    )
    table = one.table.filter(stays.take(ids.indices))
    lost = one.table.num_rows - table.num_rows
    if not lost:
        return one
    finding = Finding("forgotten", lost, "Rows are of people who asked to be forgotten.", ())
    dropped = (*one.report.dropped, finding)
    return Cleaned(table, replace(one.report, rows_kept=table.num_rows, dropped=dropped))
