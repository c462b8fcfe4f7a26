"""What was known at a moment, as tables at rest: what a rung reads."""

from __future__ import annotations

from pathlib import Path

from stepladder.core.history import History
from stepladder.core.question import Question


def write_known(
    question: Question, past: History, folder: Path
) -> dict[str, tuple[str, str | None]]:
    """Each table of a history where it lies as it was known, with its time column.

    On DuckDB these are files that physically lack their future. On Spark a table that is all of a
    file's rows before the moment is that file, which only the program reads.
    """
    times = {name: time for name, (_, time) in past.tables.items()}
    return {
        name: (past.at_rest(name, folder / f"known_{name}.parquet"), times.get(name))
        for name in dict.fromkeys((*times, *question.DERIVED))
    }
