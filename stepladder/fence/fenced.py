"""Somebody's own rung, asked like any other, and answering from behind the fence."""

from __future__ import annotations

import logging
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from stepladder import questions
from stepladder.core import model as models
from stepladder.core import rooms
from stepladder.core.door import Door
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.model import Model
from stepladder.core.rung import Rung
from stepladder.fence import asks
from stepladder.fence.child import Job
from stepladder.fence.failure import Failure
from stepladder.fence.known import write_known
from stepladder.fence.process import Limits
from stepladder.fence.worker import Stopped, Worker

log = logging.getLogger("stepladder")


class _Behind:
    """What a process behind the fence was started with; it ends together with this, and its folder too."""

    def __init__(self, rung: Fenced, model: Model, history: History, limits: Limits) -> None:
        self.model, self.tables, self.now = model, history.tables, history.now
        self.left_out = history.left_out
        room = rooms.made()
        try:
            self.worker = Worker(_job(rung, model, history, room), room / "scratch", limits.seconds)
        except BaseException:
            rooms.gone(room)
            raise
        self.end = weakref.finalize(self, _ended, self.worker, room)

    def is_of(self, model: Model, history: History) -> bool:
        """Whether it knows what is asked about."""
        same = model is self.model and history.left_out is self.left_out
        return same and (history.now, history.tables) == (self.now, self.tables)


def _ended(worker: Worker, room: Path) -> None:
    worker.end()
    rooms.gone(room)


def _job(rung: Fenced, model: Model, history: History, room: Path) -> Job:
    """What its process needs: what is known by then, without the rows that come with each ask; the model."""
    for folder in ("known", "scratch"):
        (room / folder).mkdir()
    past = History(
        history.now, history.ask, history.tables, views=history.views, left_out=history.left_out
    )
    models.save(model, room / "model")
    return Job(
        question=history.ask.question,
        rung=str(rung.path),
        tables=write_known(questions.load(history.ask.question), past, room / "known"),
        cases="",
        now=history.now.isoformat(),
        ask=history.ask.model_dump_json(),
        out=str(room / "scratch"),
        project=str(rung.project),
        model=str(room / "model"),
        filled=tuple(dict(history.laid_over)) if isinstance(history, Door) else (),
    )


@dataclass(frozen=True)
class Fenced(Rung):
    """Somebody's own rung that has learnt: a process of its own answers, behind the fence.

    It is started by the first ask, kept for the next, and started anew after it died or reached a limit.
    project: the folder that is closed to it. seconds: how long an answer may take; by default the time
    box. For one thread at a time. What it raises, and how it ends, is a Problem.
    """

    project: Path = Path()
    seconds: float = 0.0
    _behind: list[_Behind] = field(default_factory=list, repr=False, compare=False)

    def predict(self, model: Model, history: History, cases: pa.Table) -> pa.Table:
        """Answer for each case."""
        return self._asked("predict", model, history, cases)

    def why(self, model: Model, history: History, answers: pa.Table) -> pa.Table | None:
        """For a few answers, the source rows each came from: KEYS…, why. None where it cannot say."""
        if self.path.suffix == ".sql":
            return None
        return self._asked("why", model, history, answers)

    def stop(self) -> None:
        """Stop what is being asked, from another thread."""
        for behind in self._behind:
            behind.worker.kill()

    def end(self) -> None:
        """End its process; the next ask starts another."""
        while self._behind:
            self._behind.pop().end()

    def _asked(self, what: str, model: Model, history: History, rows: pa.Table) -> Any:
        limits = Limits(self.seconds or history.ask.time_box, history.ask.memory_mb)
        laid = [name for name, _ in history.laid_over]
        head = {"what": what, "ask": history.ask.for_answers.model_dump_json(), "laid": laid}
        said = asks.framed(head, [rows, *(table for _, table in history.laid_over)])
        most = asks.most(rows.num_rows, limits.memory_mb)
        try:
            found, tables = self._ready(model, history, limits).worker.ask(said, limits, most)
        except (
            BaseException
        ) as error:  # also Ctrl-C: it would run on, and the next hear this answer
            self.end()
            if isinstance(error, Stopped):
                raise self._gave_none(error.limit, limits, most) from None
            raise
        if found.status != "ok":
            raise self._failed(found)
        return tables[0] if tables else None

    def _ready(self, model: Model, history: History, limits: Limits) -> _Behind:
        if self._behind and not self._behind[0].is_of(model, history):
            self.end()
        if not self._behind:
            self._behind.append(_Behind(self, model, history, limits))
        return self._behind[0]

    def _gave_none(self, limit: str, limits: Limits, most: int) -> Problem:
        said, remedy = {
            "time": (f"gave no answer within {limits.seconds:,.0f} s", "make it faster"),
            "memory": (
                f"used more than {limits.memory_mb:,} MB",
                "let it hold less at once, or give it more: memory_mb in question.toml",
            ),
            "size": (
                f"answered with more than {most / 1e6:,.0f} MB",
                "return a row for each case, and nothing else",
            ),
            "garbled": ("answered what is no table", "leave the process alone, return a table"),
            "": ("ended its process instead of answering", "leave the process alone"),
        }[limit]
        allowed = "a rung answers with a table, within its time and its memory"
        return Problem(f"{self.path.name} {said}", allowed, remedy)

    def _failed(self, found: Failure) -> Problem:
        log.debug("%s: %s", self.name, found.detail)
        if len(found.problem) == 3:
            return Problem(*found.problem)
        return Problem(
            f"{self.path.name}: {found.status}",
            "a rung may say that it cannot answer here",
            "choose another: stepladder decide",
        )
