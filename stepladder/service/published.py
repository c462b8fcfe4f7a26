"""The published predictions of a question, found by case."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepladder.core import at_rest
from stepladder.core.copied import copy
from stepladder.core.errors import Problem
from stepladder.core.files import remove
from stepladder.core.history import quoted
from stepladder.project.folder import Project
from stepladder.record import Stored
from stepladder.tables.ids.spelling import spelt

Range = tuple[int, int]
MEMORY, BATCH = "500MB", 250_000  # beyond it DuckDB writes to disk; rows that are mapped together
ORDER, SEPARATOR = "_case", "\x1f"  # by which rows are found; between the parts of a case


@dataclass(frozen=True)
class Published:
    """A day's predictions, sorted by case and found by halving."""

    stored: Stored
    table: pa.Table  # mapped from a file, and not read
    case: tuple[str, ...]
    cases: int  # how many have an answer

    @staticmethod
    def load(project: Project, stored: Stored, room: Path) -> Published:
        """Read a published file. Raises Problem if its bytes are not those that were recorded."""
        case = project.question.CASE
        copied = room / "published.parquet"
        intact(project, stored, copied)
        many = _sorted(copied, case, room / "published.arrow")
        remove(copied)
        table = pa.ipc.open_file(pa.memory_map(str(room / "published.arrow"))).read_all()
        return Published(stored, table, case, many)

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
            if isinstance(wanted, int) != pa.types.is_integer(self.table[ORDER].type):
                return 0, 0
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
    def _keys(self) -> _Keys:
        return _Keys(self.table[ORDER])


def _sorted(rest: Path, case: tuple[str, ...], target: Path) -> int:
    """The rows by case, as columns that are mapped and not read; how many cases there are.

    DuckDB sorts them, on disk where they are many, and gives them a batch at a time.
    """
    kinds, many, last = _kinds(rest, case), 0, None
    with duckdb.connect(config={"threads": 1, "temp_directory": str(target.parent)}) as con:
        con.execute(f"set memory_limit = '{MEMORY}'")
        rows = con.execute(_by_case(rest, case, kinds)).to_arrow_reader(BATCH)
        with pa.ipc.new_file(str(target), kinds) as writer:
            for batch in rows:
                writer.write_table(pa.Table.from_batches([batch]).cast(kinds))
                runs = pc.run_end_encode(batch.column(ORDER)).values
                many += len(runs) - (len(runs) > 0 and runs[0].as_py() == last)
                last = runs[-1].as_py() if len(runs) else last
    return many


def _kinds(rest: Path, case: tuple[str, ...]) -> pa.Schema:
    """The columns that are kept, and the one by which rows are found."""
    kinds = at_rest.kinds(rest).remove_metadata()
    kept = [field for field in kinds if field.name not in ("as_of", "release")]
    return pa.schema([*kept, (ORDER, kinds.field(case[0]).type if len(case) == 1 else pa.string())])


def _by_case(rest: Path, case: tuple[str, ...], kinds: pa.Schema) -> str:
    """In SQL: a case's rows are in one file, and keep their order."""
    parts = [
        quoted(name) if len(case) == 1 else f"cast({quoted(name)} as varchar)" for name in case
    ]
    key, kept = (
        f" || chr({ord(SEPARATOR)}) || ".join(parts),
        ", ".join(map(quoted, kinds.names[:-1])),
    )
    source = at_rest.said(rest).removesuffix(")") + ", file_row_number = true)"
    return f"select {kept}, {key} as {quoted(ORDER)} from {source} order by {quoted(ORDER)}, file_row_number"


def _joined(values: list[str]) -> str:
    return SEPARATOR.join(values)


class _Keys(Sequence[Any]):
    """The keys, one at a time: a list of a million would take a hundred megabytes."""

    def __init__(self, keys: pa.ChunkedArray) -> None:
        self._array = keys

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, at: Any) -> Any:
        return self._array[at].as_py()


def intact(project: Project, stored: Stored, to: Path) -> None:
    """Copy what was published. Raises Problem if its bytes are not those that were recorded."""
    copy(project.folder / stored.path, to)
    if at_rest.digest(to) != stored.sha256:
        remove(to)
        raise Problem(
            f"{stored.path} is not what was published: somebody or something changed its bytes",
            "predictions are served only if they agree with the hash in the record",
            f"make it again: stepladder run --again publish --from {stored.as_of} --to {stored.as_of}",
        )


def latest(project: Project, noted: Sequence[Stored] | None = None) -> Stored | None:
    """The predictions that count: of the latest day, the last that were made.

    noted: what the record says was stored, where somebody has asked it already.
    """
    if noted is None:
        noted = project.record.predictions(project.ask.question)
    # the record is told just before the file is there
    there = [one for one in noted if one.published and (project.folder / one.path).exists()]
    return max(there, key=lambda stored: (stored.as_of, stored.id), default=None)
