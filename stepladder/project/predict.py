"""Ask one rung about every case, as of a day, and keep the answers."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from stepladder.bakeoff.measure import Job, measure
from stepladder.bakeoff.replay import write_known
from stepladder.bakeoff.result import RungResult
from stepladder.bakeoff.row import parquet
from stepladder.bakeoff.score import with_interval
from stepladder.core import model
from stepladder.core.errors import Problem
from stepladder.core.record import Stored
from stepladder.core.stats import Bins
from stepladder.project.folder import Project


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
    name = rung or _decided(project)
    day = as_of or project.now()
    if day > project.now():
        raise Problem(
            f"as of {day}, but the data end before {project.now()}",
            "a forecast stands where the data end, or earlier",
            "leave --as-of out, or bring newer data with: stepladder refresh",
        )
    target = Path(to) if to else project.folder / "predictions" / f"{name}-{day}.parquet"
    if target.suffix not in (".parquet", ".csv"):
        raise Problem(
            f"the file to write is called {target.name}",
            "predictions are written as Parquet or CSV",
            "end its name in .parquet or .csv",
        )
    with tempfile.TemporaryDirectory(prefix="stepladder-") as scratch:
        table, fitted = answer(project, name, day, Path(scratch))
    table = table.append_column("as_of", pa.array([day] * table.num_rows, pa.date32()))
    body = parquet(table) if target.suffix == ".parquet" else _csv(table)
    _write(target, body)
    project.record.store_prediction(
        Stored(project.ask.question, name, day.isoformat(), _relative(project, target),
               hashlib.sha256(body).hexdigest(), table.num_rows, fitted)
    )  # fmt: skip
    return target


def answer(project: Project, name: str, day: date, scratch: Path) -> tuple[pa.Table, str]:
    """A rung's predictions for every case as of a day, and the hash of its fitted model."""
    rung = project.rung(name)
    history = project.history(scratch).at(day)
    known = scratch / f"known_{name}"
    known.mkdir()
    tables = write_known(history, known)
    ask = project.ask
    out = scratch / f"out_{name}"
    job = Job(
        ask.question,
        str(rung.path),
        tables,
        day.isoformat(),
        ask.model_dump_json(),
        str(out),
        str(project.folder),
    )
    found = measure(job, time_box=ask.time_box, memory_mb=ask.memory_mb)
    if found.status != "ok" or found.predictions is None:
        raise Problem(
            f"{name} as of {day}: {found.status}",
            "a rung answers within its time box and memory, from what was known",
            "mend the rung or the settings, or choose another with --rung",
        )
    fitted = model.digest(out / "model")
    kept = project.folder / "models" / fitted
    if not kept.exists():
        partial = kept.with_name(f".{fitted}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(out / "model", partial)
        partial.replace(kept)
    row = {r.rung: r for r in project.result().rungs}.get(name) if _has_result(project) else None
    return _finished(project, pq.read_table(found.predictions), row), fitted


def _finished(project: Project, table: pa.Table, row: RungResult | None) -> pa.Table:
    """Low and high from the rung's past errors, and a 0/1 rung's answers as what they stand for."""
    if row is None:
        return table
    if row.calibrated is not None:
        means = [row.calibrated.get(str(int(v))) if v is not None else None
                 for v in table["prediction"].to_pylist()]  # fmt: skip
        at = table.column_names.index("prediction")
        table = table.set_column(at, "prediction", pa.array(means, pa.float64()))
    if row.intervals is None or table["prediction"].null_count:
        return table
    import numpy as np

    parts = (row.intervals.edges, row.intervals.low, row.intervals.high)
    return with_interval(project.question, table, Bins(*(np.array(part, float) for part in parts)))


def _has_result(project: Project) -> bool:
    return project.record.latest_bakeoff(project.ask.question) is not None


def _decided(project: Project) -> str:
    decision = project.record.decision(project.ask.question)
    if decision is None:
        raise Problem(
            "nobody has decided on a rung yet",
            "predictions are made by the rung the business decided on",
            "stepladder decide RUNG --by NAME --because TEXT, or name one with --rung",
        )
    return decision.rung


def _csv(table: pa.Table) -> bytes:
    """CSV has no lists: source rows are joined by spaces."""
    at = table.column_names.index("why")
    why = pc.binary_join(table["why"].cast(pa.list_(pa.string())), " ")
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(table.set_column(at, "why", why), sink)
    return bytes(sink.getvalue())


def _write(target: Path, body: bytes) -> None:
    """All of the file or nothing of it."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(body)
        partial.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise Problem(
            f"{target} cannot be written: {error.strerror}",
            "the folder must exist, be writable and have room",
            "free some room or write elsewhere with --to",
        ) from None


def _relative(project: Project, path: Path) -> str:
    try:
        return path.resolve().relative_to(project.folder).as_posix()
    except ValueError:
        return path.resolve().as_posix()
