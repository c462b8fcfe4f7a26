"""The published predictions of a question, found by case."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder.core.errors import Problem
from stepladder.core.files import read
from stepladder.project.folder import Project
from stepladder.record import Stored
from stepladder.tables.ids.spelling import spelt

Range = tuple[int, int]
ORDER, SEPARATOR = "_case", "\x1f"  # by which rows are found; between the parts of a case


@dataclass(frozen=True)
class Published:
    """A day's predictions, sorted by case and found by halving."""

    stored: Stored
    table: pa.Table
    case: tuple[str, ...]

    @staticmethod
    def load(project: Project, stored: Stored, room: Path) -> Published:
        """Read a published file. Raises Problem if its bytes are not those that were recorded."""
        case = project.question.CASE
        _sorted(intact(project, stored), case, room / "published.arrow")
        table = pa.ipc.open_file(pa.memory_map(str(room / "published.arrow"))).read_all()
        found = Published(stored, table, case)
        _ = found.cases  # now rather than while somebody waits
        return found

    @cached_property
    def cases(self) -> int:
        """How many cases have an answer; the rows stand by case."""
        keys = self.table[ORDER].combine_chunks()
        return len(pc.run_end_encode(keys).values) if len(keys) else 0

    def named(self, case: Mapping[str, Any]) -> Mapping[str, Any]:
        """The case as it stands here: as it is given, or else in the one spelling of its ids."""
        first, last = self._at(case)
        if first < last:
            return case
        return {k: spelt(one) if isinstance(one, str) else one for k, one in case.items()}

    def find(self, case: Mapping[str, Any]) -> Range:
        """From which row to which row the case's answer stands; an empty range for a stranger."""
        return self._at(self.named(case))

    def _at(self, case: Mapping[str, Any]) -> Range:
        wanted: Any = _joined([str(value) for value in case.values()])
        if len(case) == 1:
            (wanted,) = case.values()
            if isinstance(wanted, int) != isinstance(self._keys, np.ndarray):
                return 0, 0
        if isinstance(self._keys, np.ndarray):
            first, last = (
                np.searchsorted(self._keys, wanted),
                np.searchsorted(self._keys, wanted, "right"),
            )
            return int(first), int(last)
        return bisect_left(self._keys, wanted), bisect_right(self._keys, wanted)

    def rows(self, ranges: Sequence[Range]) -> list[list[dict[str, Any]]]:
        """The rows of several ranges, as plain values."""
        if len(ranges) == 1:
            first, last = ranges[0]
            return [self._told.slice(first, last - first).to_pylist()]
        at = np.concatenate([np.arange(a, b) for a, b in ranges] or [np.empty(0, np.int64)])
        flat = iter(self._told.take(pa.array(at, pa.int64())).to_pylist())
        return [[next(flat) for _ in range(b - a)] for a, b in ranges]

    @cached_property
    def _told(self) -> pa.Table:
        return self.table.drop_columns([ORDER])

    @cached_property
    def _keys(self) -> Any:
        keys = self.table[ORDER].combine_chunks()
        return keys.to_numpy() if pa.types.is_integer(keys.type) else _Texts(keys)


def _sorted(body: bytes, case: tuple[str, ...], target: Path) -> None:
    """The file's rows by case, as columns that are mapped and not read: a million cases need no memory."""
    table = pq.ParquetFile(pa.BufferReader(body)).read(use_threads=False)
    table = table.drop_columns([n for n in ("as_of", "release") if n in table.column_names])
    keys = table[case[0]]
    if len(case) > 1:
        parts = [table[name].cast(pa.string()) for name in case]
        keys = pc.binary_join_element_wise(*parts, SEPARATOR)
    table = table.append_column(ORDER, keys)
    table = table.take(pc.sort_indices(keys)).combine_chunks()  # a stable sort: lists keep theirs
    with pa.ipc.new_file(str(target), table.schema) as writer:
        writer.write_table(table)


def _joined(values: list[str]) -> str:
    return SEPARATOR.join(values)


class _Texts(Sequence[str]):
    """Texts of an Arrow array, one at a time: a list of a million would take a hundred megabytes."""

    def __init__(self, keys: Any) -> None:
        self._array = keys

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, at: Any) -> Any:
        return self._array[at].as_py()


def intact(project: Project, stored: Stored) -> bytes:
    """A published file. Raises Problem if its bytes are not those that were recorded."""
    body = read(project.folder / stored.path)
    if hashlib.sha256(body).hexdigest() != stored.sha256:
        raise Problem(
            f"{stored.path} is not what was published: somebody or something changed its bytes",
            "predictions are served only if they agree with the hash in the record",
            f"make it again: stepladder run --again publish --from {stored.as_of} --to {stored.as_of}",
        )
    return body


def latest(project: Project) -> Stored | None:
    """The predictions that count: of the latest day, the last that were made."""
    found = [
        stored for stored in project.record.predictions(project.ask.question) if stored.published
    ]
    # the record is told just before the file is there
    there = [stored for stored in found if (project.folder / stored.path).is_file()]
    return max(there, key=lambda stored: (stored.as_of, stored.id), default=None)
