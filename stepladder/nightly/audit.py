"""The last look before predictions are published: what no day's data should do to them overnight."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stepladder.core.errors import Problem
from stepladder.core.question import case_word
from stepladder.nightly.production import Production
from stepladder.project.all_cases import cases_of
from stepladder.project.folder import Project

NEAR = 31  # days: with nothing published more lately there is nothing to compare with
SHRUNK, JUMPED = 0.5, 2.0


def audit(production: Production, day: date, table: pa.Table) -> None:
    """Raise Problem where cases vanished or the forecast jumped against the last one published."""
    project = production.project
    last = _last(project, day)
    if last is None:
        return
    before, now = (cases_of(project.question, each).num_rows for each in (last, table))
    if now < SHRUNK * before:
        raise _suspicious(f"{now:,} {case_word(project.question)}s, where there were {before:,}")
    if project.question.INTERVALS is None:
        return
    said, was = (pc.mean(t["prediction"]).as_py() or 0.0 for t in (table, last))
    if was > 0 and not 1 / JUMPED <= said / was <= JUMPED:
        raise _suspicious(f"{said:.3g} forecast on average, where it was {was:.3g}")


def _last(project: Project, day: date) -> pa.Table | None:
    """What was published of an earlier day, not long before."""
    found = [
        s
        for s in project.record.predictions(project.ask.question)
        if s.path.startswith("published/") and s.as_of < day.isoformat()
    ]
    for stored in sorted(found, key=lambda s: (s.as_of, s.id), reverse=True):
        if (day - date.fromisoformat(stored.as_of)).days > NEAR:
            return None
        if (path := Path(project.folder, stored.path)).is_file():
            return pq.read_table(path)
    return None


def _suspicious(what: str) -> Problem:
    return Problem(
        f"the predictions were held back: {what}",
        f"overnight, cases may shrink by half at most and the average forecast change by a factor "
        f"of {JUMPED:g}",
        "look at the data (stepladder watch); if it is right, publish it all the same: "
        "stepladder run --accept REASON",
    )
