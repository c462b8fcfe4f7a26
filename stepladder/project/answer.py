"""What a rung says of every case as of a day: as the bake-off would have scored it."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.bakeoff.measure import Job
from stepladder.bakeoff.replay import Files, write
from stepladder.bakeoff.result import Result, RungResult
from stepladder.bakeoff.score import meant, with_interval
from stepladder.core import model as models
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.on_disk import settle
from stepladder.core.rung import Rung
from stepladder.core.stats import Bins, learn_bins
from stepladder.project.engine import runner
from stepladder.project.folder import Project


class Known(NamedTuple):
    """What was known as of a day, in files that lack everything later, and who is asked about."""

    history: History
    cases: pa.Table
    files: Files


class Past(NamedTuple):
    """What the bake-off teaches of a rung's answers: what a 0/1 answer stands for, how far all stray."""

    means: dict[int, float] | None
    bins: Bins | None


def answer(project: Project, name: str, day: date, scratch: Path) -> tuple[pa.Table, str]:
    """A rung's predictions for every case as of a day, and the hash of its fitted model.

    They are what the bake-off would have scored: gaps filled by the reference, floored, a 0/1
    rung's answers as what came of them, low and high from errors that were known by that day.
    """
    known = known_at(project, day, scratch)
    raw, fitted = run(project, project.rung(name), known, scratch)
    keep_model(project, scratch / name / "model", fitted)
    reference = raw
    if name != project.question.REFERENCE:
        other = project.rung(project.question.REFERENCE)
        reference, _ = run(project, other, known, scratch)
    return finished(project, raw, reference, past_of(project, name, day), known), fitted


def known_at(project: Project, day: date, scratch: Path) -> Known:
    """What was known as of a day, written into the scratch folder. Raises Problem where nobody was."""
    history = project.history(scratch).at(day)
    cases = project.question.cases(history)
    if not cases.num_rows:
        raise Problem(
            f"as of {day} there was nobody to forecast for",
            "a forecast needs cases that were known by that day",
            "choose a later day with --as-of",
        )
    files = write(project.question, history, cases, None, scratch)
    return Known(replace(history, tables=files.tables), cases, files)


def fit_and_ask(project: Project, name: str, scratch: Path) -> str:
    """Fit a rung on all that is known, in a process of its own; the hash of its model, left in scratch."""
    known = known_at(project, project.now(), scratch)
    pq.write_table(known.cases.slice(0, 1), known.files.cases)
    return run(project, project.rung(name), known, scratch)[1]


def run(
    project: Project, rung: Rung, known: Known, scratch: Path, model: str = ""
) -> tuple[pa.Table, str]:
    """One rung in a process of its own, as in the bake-off; with a fitted model nothing is learnt."""
    ask, day, out = project.ask, known.history.now, scratch / rung.name
    job = Job(
        question=ask.question,
        rung=str(rung.path),
        tables=known.files.tables,
        cases=known.files.cases,
        now=day.isoformat(),
        ask=ask.model_dump_json(),
        out=str(out),
        project=str(project.folder),
        model=model,
    )
    found = runner(ask)(job, time_box=ask.time_box, memory_mb=ask.memory_mb)
    if found.status != "ok" or found.predictions is None:
        raise Problem(
            f"{rung.name} as of {day}: {found.status}",
            "a rung answers within its time box and memory, from what was known",
            "mend the rung or the settings, or choose another with --rung",
        )
    return pq.read_table(found.predictions), found.model_hash


def keep_model(project: Project, fitted: Path, name: str) -> None:
    """Keep a fitted model under the name of its hash, whole or not at all; a damaged one is replaced."""
    kept = project.folder / "models" / name
    if kept.exists() and models.digest(kept) != name:
        shutil.rmtree(kept)
    if not kept.exists():
        partial = kept.with_name(f".{name}.{os.getpid()}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            shutil.copytree(fitted, partial)
            settle(partial)
            partial.replace(kept)
        except OSError:  # another process was first, or there is no room
            shutil.rmtree(partial, ignore_errors=True)
            if not kept.is_dir():
                raise


def finished(
    project: Project, raw: pa.Table, reference: pa.Table, past: Past, known: Known
) -> pa.Table:
    """A rung's raw answers as they are used: gaps filled, rules kept, with low and high."""
    if past.means is not None:
        raw = meant(raw, past.means)
    table, _, _ = project.question.complete(raw, reference, known.history, known.cases)
    return with_interval(project.question, table, past.bins)


def past_of(project: Project, name: str, day: date) -> Past:
    """What the latest bake-off taught of a rung, as far as it was known by a day."""
    latest = project.record.latest_bakeoff(project.ask.question)
    result = project.result() if latest else None
    row = {r.rung: r for r in result.rungs}.get(name) if result else None
    if result is None or row is None:
        return Past(None, None)
    fits = result.horizon == project.ask.horizon
    return Past(_means(result, row, day), _bins(project, result, name, day) if fits else None)


def _means(result: Result, row: RungResult, day: date) -> dict[int, float] | None:
    if row.calibrated is None:
        return None
    learnt = day >= date.fromisoformat(result.now)  # what the answers stand for, by then
    return {int(k): v for k, v in row.calibrated.items()} if learnt else {}


def _bins(project: Project, result: Result, name: str, day: date) -> Bins | None:
    """What came of the rung's predictions in the bake-off's windows that had ended by the day."""
    said_by_window, came_of_it = [], []
    for window in result.windows:
        path = project.folder / "bakeoffs" / str(result.id) / name / f"{window.now}.parquet"
        if date.fromisoformat(window.until) > day or not path.is_file():
            continue
        past, later = (date.fromisoformat(d) for d in (window.now, window.until))
        said, history = pq.read_table(path), project.history()
        cases = said.select(list(project.question.KEYS))
        came = project.question.outcome(history.at(past), history.at(later), cases)
        said_by_window.append(said["prediction"].to_numpy().astype(float))
        came_of_it.append(came["actual"].to_numpy().astype(float))
    if not came_of_it or project.question.INTERVALS is None:
        return None
    return learn_bins(np.concatenate(said_by_window), np.concatenate(came_of_it))
