"""The past, prepared for replay: at each cutoff the tables as they were, written without their future."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.core.errors import Problem
from stepladder.core.history import History, quoted
from stepladder.core.question import Holdout, Question
from stepladder.core.stats import Floats


@dataclass(frozen=True)
class Replay:
    """One cutoff, ready: who is asked about, what came of them, and the files a rung may read."""

    holdout: Holdout
    cases: pa.Table
    actual: Floats
    tables: dict[str, tuple[str, str | None]]  # files that lack everything from the cutoff on

    @property
    def now(self) -> str:
        """The cutoff, as an ISO date."""
        return self.holdout.past.now.isoformat()

    def ended_before(self, other: Replay) -> bool:
        """Whether what came of this replay was known at the other's cutoff."""
        return self.holdout.later.now <= other.holdout.past.now


def prepare(question: Question, history: History, folder: Path) -> list[Replay]:
    """Write every cutoff's tables below `folder`, earliest cutoff first."""
    found = []
    for holdout in question.holdouts(history):
        here = folder / holdout.past.now.isoformat()
        here.mkdir(parents=True)
        tables = write_known(holdout.past, here)
        cases = question.cases(holdout.past)
        if not cases.num_rows:
            raise Problem(
                f"at the cutoff {holdout.past.now} there is nobody to ask about",
                "every cutoff needs at least one case before it",
                "choose later cutoffs, or a shorter horizon",
            )
        came = question.outcome(holdout.past, holdout.later, cases)
        found.append(Replay(holdout, cases, came["actual"].to_numpy().astype(float), tables))
    return found


def write_known(past: History, folder: Path) -> dict[str, tuple[str, str | None]]:
    """Each table of a history as a file that physically lacks its future, with its time column."""
    written = {}
    for name, (_, time) in past.tables.items():
        path = folder / f"known_{name}.parquet"
        rows = past.scan(f"select * from {quoted(name)}")
        with pq.ParquetWriter(path, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
        written[name] = (str(path), time)
    return written
