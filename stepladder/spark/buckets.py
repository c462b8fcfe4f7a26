"""What is known, laid out in buckets of cases: one file of each table a bucket, for one task of a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from stepladder.core.history import Tables, quoted
from stepladder.core.question import Question
from stepladder.spark import arrow
from stepladder.spark.history import SparkHistory

BUCKET = "_bucket"
CASES = "cases"
ROW = "row"  # where a row stood in its source; what adds up floats adds them up in this order


@dataclass(frozen=True)
class Buckets:
    """So many buckets below a folder. apart: tables that name the case, with their time columns; whole:
    the others, which every bucket sees whole, as each is one file."""

    folder: Path
    number: int
    apart: Mapping[str, str | None]
    whole: Mapping[str, str | None]

    def cases(self, bucket: int) -> Path | None:
        """The file of a bucket's cases; None where nobody is in it."""
        return _only(self.folder / CASES / f"{BUCKET}={bucket}")

    def tables(self, bucket: int) -> Tables:
        """What a bucket's cases are answered from, as a History takes it."""
        found = {name: (self.folder / name, time) for name, time in self.whole.items()}
        files = {name: (str(_only(place)), time) for name, (place, time) in found.items()}
        for name, time in self.apart.items():
            rows = _only(self.folder / name / f"{BUCKET}={bucket}")
            files[name] = (str(rows or self.folder / f"no_{name}.parquet"), time)
        return files


def laid_out(question: Question, history: SparkHistory, folder: Path, number: int) -> Buckets:
    """Let Spark write the tables, and the cases, in so many buckets by the md5 of CASE.

    Rows are those before `now`, in the order of their source. A bucket's file is the same whoever writes
    it, but for the order of rows in tables that do not say theirs.
    """
    times = {name: time for name, (_, time) in history.tables.items()}
    frames = {
        name: history.frame(f"select * from {quoted(name)}")
        for name in dict.fromkeys((*times, *question.DERIVED))
    }
    case = set(question.CASE)
    apart = {name: times.get(name) for name in frames if case <= set(frames[name].columns)}
    whole = {name: times.get(name) for name in frames if name not in apart}
    for name in apart:
        empty = arrow.schema(frames[name]).empty_table()
        pq.write_table(empty, folder / f"no_{name}.parquet")
        _apart(frames[name], question.CASE, folder / name, number)
    for name in whole:
        frame = frames[name].coalesce(1)
        _in_order(frame).write.parquet(str(folder / name))
    everybody = history.frame(f"select * from ({question.cases(history.ask)}) as cases")
    _apart(everybody, question.CASE, folder / CASES, number)
    return Buckets(folder, number, apart, whole)


def _apart(frame: Any, case: Sequence[str], folder: Path, number: int) -> None:
    """One file a bucket, each whole in one of Spark's parts."""
    named = ", ".join(f"cast(`{name}` as string)" for name in case)
    hashed = f"conv(left(md5(concat_ws('|', {named})), 8), 16, 10)"
    marked = frame.selectExpr("*", f"cast(cast({hashed} as bigint) % {number} as int) as {BUCKET}")
    parts = _in_order(marked.repartition(number, BUCKET), BUCKET, *case)
    parts.write.partitionBy(BUCKET).parquet(str(folder))


def _in_order(frame: Any, *first: str) -> Any:
    order = [*first, *(name for name in (ROW,) if name in frame.columns)]
    return frame.sortWithinPartitions(*order) if order else frame


def _only(folder: Path) -> Path | None:
    """The one file that Spark left in a folder."""
    return next(folder.glob("part-*.parquet"), None)
