"""What is to come in all by a rung of a bake-off, from what that left behind: no rung is asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.bakeoff.result import Result
from stepladder.core.cases import count, share
from stepladder.core.history import History
from stepladder.core.view import Expected
from stepladder.project.all_cases import cases_of
from stepladder.project.folder import Project
from stepladder.project.report import as_it_was
from stepladder.report.expected import of_totals


@dataclass(frozen=True)
class Left:
    """The answers as of now that lie with a bake-off, or none; and how many each of them stands for."""

    rung: str
    at_now: Mapping[str, pa.Table]
    history: History
    now_times: float


def coming(project: Project, result: Result, rung: str) -> list[Expected]:
    """How much is to come by a rung, how wide to plan, and how far off it was last time.

    Where its answers as of now were never asked for, it is told for every 100 that it will forecast.
    """
    if not result.totals.get(rung):
        return []
    then = as_it_was(project, result)
    history = then.history().at(date.fromisoformat(result.now))
    path = project.folder / "bakeoffs" / str(result.id) / rung / "now.parquet"
    if not path.is_file():
        return of_totals(result, Left(rung, {}, history, 1.0))
    said, times = pq.read_table(path), 1.0
    if result.windows[-1].everybody and share(then.question, history) < 1:
        times = count(then.question, history) / cases_of(then.question, said).num_rows
    return of_totals(result, Left(rung, {rung: said}, history, times))
