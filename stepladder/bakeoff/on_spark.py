"""Run one rung at one cutoff on Spark: ours in this process, since a Spark of its own would take it minutes.

Somebody's own in SQL is run by Spark alone. Somebody's own in Python runs behind the fence, and asks this
process; only one that says ENGINE = "spark", to use Spark's own means, runs in here, without a fence.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import socket
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import psutil

from stepladder import people, questions
from stepladder.core.history import History
from stepladder.core.rung import Rung
from stepladder.fence.answering import Answering
from stepladder.fence.child import Asked, Job, answer, asked_of
from stepladder.fence.failure import failure
from stepladder.fence.left import emptied
from stepladder.fence.measure import Measured, measure, stopped
from stepladder.spark import UNFENCED, SparkHistory, session

TICK_S = 0.2
PERSON = Path(people.__file__).parent
_turn = Lock()  # one rung at a time: what a shared Spark spends can be told apart only so


@dataclass
class Watch:
    """What was seen of a rung while it ran: the most memory, and which limit stopped it, if one did."""

    peak_mb: float = 0.0
    limit: str = ""


def measure_on_spark(
    job: Job, *, time_box: float, memory_mb: int, stop: Event | None = None
) -> Measured:
    """Fit and predict through Spark; whatever happens becomes a status, as with `measure`.

    The time box ends what Spark does for it. memory_mb is what Spark's driver was started with; the
    memory reported is this program's and the driver's together, and a fenced process's own.
    """
    rung = Rung(Path(job.rung))
    with _turn:
        if rung.path.suffix == ".py" and rung.engine != "spark" and not _ours(job):
            return _fenced(job, time_box, memory_mb, stop)
        return _here(job, time_box, memory_mb, stop)


def _ours(job: Job) -> bool:
    """Whether the rung came with stepladder or with its question, as no rung in a project did."""
    home = Path(job.rung).resolve().parent
    return home in {folder.resolve() for folder in (PERSON, questions.folder(job.question))}


def _fenced(job: Job, time_box: float, memory_mb: int, stop: Event | None) -> Measured:
    """In a process behind the fence, whose questions are answered from here."""
    question = importlib.import_module(f"stepladder.questions.{job.question}")
    asked, ours = _on_spark(asked_of(job, question)), socket.socketpair()
    answering = Answering(asked.history, asked.learn_from, memory_mb * 1_000_000, cpu_s)
    spark, watch, over = (
        session(asked.history.ask.spark, asked.history.ask.memory_mb),
        Watch(),
        Event(),
    )

    def answer_all() -> None:
        with _within(spark, watch, math.inf, over):
            answering.answer_all(ours[0])

    answers = Thread(target=answer_all, daemon=True)
    answers.start()
    there = {name: ("", time) for name, (_, time) in job.tables.items()}  # no file is its own
    try:
        handed = replace(job, tables=there, door=ours[1].fileno())
        found = measure(handed, time_box=time_box, memory_mb=memory_mb, stop=stop)
    finally:
        over.set()
        ours[0].shutdown(socket.SHUT_RDWR)
        answers.join()
        for end in ours:
            end.close()
    return replace(found, memory_mb=(found.memory_mb or 0.0) + watch.peak_mb or None)


def _here(job: Job, time_box: float, memory_mb: int, stop: Event | None) -> Measured:
    """In this process."""
    out = Path(job.out)
    out.mkdir(parents=True, exist_ok=True)
    emptied(out)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outcome, watch = _watched(job, out, time_box, stop)
    if watch.limit and outcome["status"] != "ok":
        outcome = stopped(watch.limit, time_box, memory_mb) or outcome
    if outcome["status"] != "ok":
        emptied(out)
    said = [str(w.message) for w in caught if w.category is UserWarning]
    outcome["warnings"] = tuple(dict.fromkeys([*said, *outcome.get("warnings", ())]))
    found = out / "predictions.parquet"
    predictions = found if found.exists() else None
    peak = watch.peak_mb or None
    # what is ours, or SQL, needs no fence to be believed
    fence = "open" if Path(job.rung).suffix == ".py" and not _ours(job) else ""
    return Measured(**outcome, memory_mb=peak, predictions=predictions, fence=fence)


def _watched(
    job: Job, out: Path, time_box: float, stop: Event | None
) -> tuple[dict[str, Any], Watch]:
    watch = Watch()
    try:
        question = importlib.import_module(f"stepladder.questions.{job.question}")
        asked = _on_spark(asked_of(job, question))
        ask, rung = asked.history.ask, Rung(Path(job.rung), free=UNFENCED)
        spark = session(ask.spark, ask.memory_mb)
        with _within(spark, watch, time.monotonic() + time_box, stop):
            return answer(job, rung, question, asked, out, cpu_s), watch
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also SystemExit: a rung that ends the program is a row
        return asdict(failure(error, Path(job.rung))), watch


def _on_spark(asked: Asked) -> Asked:
    """The same files and cases, through the other door."""

    def door(history: History) -> SparkHistory:
        given = {field.name: getattr(history, field.name) for field in fields(History)}
        return SparkHistory(**given)

    late, learn_from = asked.newcomers, asked.learn_from
    return Asked(
        door(asked.history),
        asked.cases,
        (door(late[0]), late[1]) if late else None,
        None if learn_from is None else door(learn_from),
    )


@contextlib.contextmanager
def _within(spark: Any, watch: Watch, end: float, stop: Event | None) -> Iterator[None]:
    """Whatever Spark does for this thread meanwhile is cancelled once the time is up, or on request."""
    tag, done = f"stepladder-{uuid.uuid4().hex}", Event()

    def look() -> None:
        while not done.wait(TICK_S):
            watch.peak_mb = max(watch.peak_mb, sum(_of_all(lambda p: p.memory_info().rss / 1e6)))
            if stop and stop.is_set():
                watch.limit = "hand"
            elif time.monotonic() > end:
                watch.limit = "time"
            if watch.limit:  # again and again: a rung may go on to ask for more
                with contextlib.suppress(Exception):
                    spark.interruptTag(tag)

    watcher = Thread(target=look, daemon=True)
    spark.addTag(tag)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        spark.removeTag(tag)


def cpu_s() -> float:
    """CPU seconds of this process and of its Java, which has all of a local Spark in it."""
    return sum(_of_all(lambda p: p.cpu_times().user + p.cpu_times().system))


def _of_all(read: Callable[[psutil.Process], float]) -> list[float]:
    own = psutil.Process(os.getpid())
    found = []
    with contextlib.suppress(psutil.Error):
        for process in (own, *own.children(recursive=True)):
            if process is own or process.name() == "java":
                with contextlib.suppress(psutil.Error):
                    found.append(read(process))
    return found
