"""What was known at a moment, as files that physically lack everything later: what a rung's process reads."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from stepladder.core.history import History, quoted
from stepladder.core.question import Question


def write_known(
    question: Question, past: History, folder: Path
) -> dict[str, tuple[str, str | None]]:
    """Each table of a history as a file that physically lacks its future, with its time column."""
    written = {}
    times = {name: time for name, (_, time) in past.tables.items()}
    for name in dict.fromkeys((*times, *question.DERIVED)):
        path = folder / f"known_{name}.parquet"
        rows = past.scan(f"select * from {quoted(name)}")
        with pq.ParquetWriter(path, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
        written[name] = (str(path), times.get(name))
    return written
