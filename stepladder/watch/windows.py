"""The spans that have ended: what had been said before each, and the bake-off's own, judged alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.bakeoff.result import Result, Window
from stepladder.core.errors import CannotStand, Problem
from stepladder.core.history import History
from stepladder.project.folder import Project
from stepladder.record import Stored
from stepladder.watch import judgement, stored
from stepladder.watch.worth import Calibrated, Judgement, Trouble

MOST = 4  # spans that are judged


@dataclass
class Ended:
    """The spans judged, the latest first, the latest one's calibration, and what could not be judged."""

    judged: list[Judgement] = field(default_factory=list)
    calibrated: Calibrated | None = None
    missing: list[Trouble] = field(default_factory=list)
    afterwards: list[str] = field(
        default_factory=list
    )  # days whose predictions were made after all that


def ended(project: Project, history: History, said: list[Stored], level: float) -> Ended:
    """Judge what was stored for days whose horizon has ended; spans do not overlap."""
    found, left, upto = Ended(), list(said), history.now
    while len(found.judged) < MOST:
        one = next(stored.disjoint(left, project.ask.horizon, upto), None)
        if one is None:
            break
        left = left[left.index(one) + 1 :]
        try:
            if _one(project, history, one, level, found):
                upto = date.fromisoformat(one.as_of)
        except Problem as problem:
            found.missing.append(Trouble(*problem.parts()))
        except (CannotStand, duckdb.Error, pa.ArrowException) as error:
            found.missing.append(_trouble(one, error))
    return found


def _one(project: Project, history: History, one: Stored, level: float, found: Ended) -> bool:
    """One span beside the reference, asked anew as of the same day; whether anything came of it."""
    question, said = project.question, stored.read(project, one)
    stored.same_question(project, one)
    at = judgement.window(question, history, date.fromisoformat(one.as_of), said)
    other = judgement.reference(question, project.rung(question.REFERENCE), at)
    said = judgement.completed(question, said, other, at)
    same = one.rung == question.REFERENCE
    judged = judgement.judge(question, said, None if same else other, at, level)
    if judged is None:
        return False
    found.judged.append(judged)
    if one.time[:10] > judged.until:
        found.afterwards.append(one.as_of)
    if found.calibrated is None and question.INTERVALS is not None:
        found.calibrated = judgement.calibrate(question, said, at, level)
    return True


def _trouble(one: Stored, error: Exception) -> Trouble:
    return Trouble(
        f"the predictions as of {one.as_of} cannot be judged: {str(error).splitlines()[0]}",
        "stored predictions name cases as the data do, and the reference can be asked about them",
        "make them anew: stepladder predict; the other days are judged without them",
    )


def in_bakeoff(
    project: Project, history: History, rung: str, number: int | None, level: float
) -> Iterator[tuple[Judgement, float | None]]:
    """The bake-off's own answers judged in the same way, and their total for each one that came."""
    try:
        result = project.result(number)
    except Problem:
        return
    for window in result.windows if result.horizon == project.ask.horizon else ():
        over = date.fromisoformat(window.until) <= history.now
        if window.role != "calibrate" and over:
            yield from _then(project, history, rung, result, window, level)


def _then(
    project: Project, history: History, rung: str, result: Result, window: Window, level: float
) -> Iterator[tuple[Judgement, float | None]]:
    question, as_of = project.question, date.fromisoformat(window.now)
    home, names = project.folder / "bakeoffs" / str(result.id), (rung, question.REFERENCE)
    paths = [home / name / f"{window.now}.parquet" for name in names]
    if not all(path.is_file() for path in paths):
        return
    past = judgement.moment(history, as_of)
    said, other = (judgement.known(question, past, pq.read_table(path)) for path in paths)
    at = judgement.window(question, history, as_of, said)
    judged = judgement.judge(question, said, None if rung == names[1] else other, at, level)
    if judged:
        yield judged, None if question.INTERVALS is None else judgement.total(question, said, at)
