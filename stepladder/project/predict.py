"""Ask one rung about every case, as of a day, and keep the answers."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pyarrow as pa

from stepladder.bakeoff.row import parquet
from stepladder.core.errors import Problem
from stepladder.core.files import write
from stepladder.project.all_cases import answer
from stepladder.project.at_work import at_work
from stepladder.project.folder import Project
from stepladder.project.scratch import scratch
from stepladder.project.spreadsheet import to_csv
from stepladder.record import Stored


def predict(
    project: Project,
    *,
    rung: str | None = None,
    as_of: date | None = None,
    to: str | Path | None = None,
) -> Path:
    """Forecast for every case as of a day, by the decided rung; returns the file written.

    Columns: KEYS…, prediction, low, high, the question's extras, why, as_of. Parquet or CSV, by the
    file's ending. The fitted model is kept in models/<hash>. Raises Problem where nobody has
    decided, the day lies beyond the data, or the rung fails.
    """
    project.record.may_write()
    name = decided(project) if rung is None else rung
    day = as_of or project.now()
    if day > project.now():
        raise Problem(
            f"as of {day}, but the data end before {project.now()}",
            "a forecast stands where the data end, or earlier",
            "leave --as-of out, or bring newer data with: stepladder refresh",
        )
    if to is not None and Path(to).suffix not in (".parquet", ".csv"):
        raise Problem(
            f"the file to write is called {Path(to).name}",
            "predictions are written as Parquet or CSV",
            "end its name in .parquet or .csv",
        )
    _refuse_own_data(project, to)
    project.check()
    with at_work(project.folder):
        return _kept(project, name, day, to)


def _kept(project: Project, name: str, day: date, to: str | Path | None) -> Path:
    with scratch() as room:
        table, fitted = answer(project, name, day, room)
    target = Path(to) if to else _place(project, f"{name}-{day}-{fitted[:8]}")
    table = table.append_column("as_of", pa.array([day] * table.num_rows, pa.date32()))
    body = parquet(table) if target.suffix == ".parquet" else to_csv(table)
    write(target, body)
    project.record.store_prediction(
        Stored(project.ask.question, name, day.isoformat(), _relative(project, target),
               hashlib.sha256(body).hexdigest(), table.num_rows, fitted)
    )  # fmt: skip
    return target


def _refuse_own_data(project: Project, to: str | Path | None) -> None:
    """Nobody's input is ever written over."""
    sources = [name for t in project.ask.tables.values() for name in (t.source, t.cleaned)]
    own = {(project.folder / name).resolve() for name in sources}
    if to and Path(to).resolve() in own:
        raise Problem(
            f"{to} is a table of this project",
            "predictions are written beside the data, never over them",
            "choose another name for --to",
        )


def _place(project: Project, name: str) -> Path:
    return project.folder / "predictions" / f"{name}.parquet"


def decided(project: Project) -> str:
    """The rung the business decided on. Raises Problem where nobody has decided."""
    decision = project.record.decision(project.ask.question)
    if decision is None:
        raise Problem(
            "nobody has decided on a rung yet",
            "predictions are made by the rung the business decided on",
            "stepladder decide RUNG --by NAME --because TEXT, or name one: stepladder predict --rung RUNG",
        )
    return decision.rung


def _relative(project: Project, path: Path) -> str:
    try:
        return path.resolve().relative_to(project.folder).as_posix()
    except ValueError:
        return path.resolve().as_posix()
