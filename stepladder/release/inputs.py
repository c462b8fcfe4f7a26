"""What was known by each day, as one hash a day: two days' inputs are the same if their hashes are."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from datetime import date
from functools import lru_cache
from pathlib import Path

import duckdb

from stepladder.core.files import write
from stepladder.core.history import quoted
from stepladder.core.table import TableSpec
from stepladder.project.folder import Project

Chain = tuple[tuple[str, ...], tuple[str, ...]]  # days with rows, in order; the hash up to each


def inputs(project: Project, day: date) -> dict[str, str]:
    """The hash of what was known of each table before a day; of the whole where a table has no time.

    Row numbers are left out: where a row stands in its file is no knowledge.
    """
    found = {}
    for spec in project.question.TABLES:
        days, hashes = _chain(project.table(spec.name), spec)
        at = len(days) if spec.time is None else bisect_left(days, day.isoformat())
        found[spec.name] = hashes[at - 1] if at else ""
    return found


def _chain(path: Path, spec: TableSpec) -> Chain:
    """Worked out once for each version of the data, and kept in the folder that the data are of."""
    kept = path.parents[1] / "runs" / "inputs" / f"{path.stem}.json"
    if not kept.is_file():
        write(kept, json.dumps(_worked_out(path, spec.time)).encode())
    return _read(kept, kept.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read(path: Path, _: int) -> Chain:
    days, hashes = json.loads(path.read_text())
    return tuple(days), tuple(hashes)


def _worked_out(path: Path, time: str | None) -> Chain:
    with duckdb.connect(config={"threads": 2}) as con:
        table = con.read_parquet(str(path))
        columns = [name for name in table.columns if name != "row"]
        # lengths keep ("ab", "c") apart from ("a", "bc"), and nothing apart from an empty text
        said = " || ".join(
            f"coalesce(strlen({c}::varchar) || ':' || {c}::varchar, '-')"
            for c in map(quoted, columns)
        )
        day = f"cast({quoted(time)} as date)" if time else "date '1970-01-01'"
        rows = table.query(
            "t",
            f"select cast({day} as varchar), count(*), cast(sum(md5_number_lower({said})) as varchar) "
            "from t group by 1 order by 1",
        ).fetchall()
    days, hashes, last = [], [], ""
    for when, count, total in rows:
        last = hashlib.sha256(f"{last} {when} {count} {total}".encode()).hexdigest()
        days.append(when)
        hashes.append(last)
    return tuple(days), tuple(hashes)
