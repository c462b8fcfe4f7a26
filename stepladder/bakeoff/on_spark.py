"""Run one rung at one cutoff on Spark: in this process, since a Spark of its own would take it minutes."""

from __future__ import annotations

import contextlib
import importlib
import os
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import psutil

from stepladder.core.history import History
from stepladder.core.rung import Rung
from stepladder.fence.child import Asked, Job, answer, asked_of
from stepladder.fence.failure import failure
from stepladder.fence.left import emptied
from stepladder.fence.measure import Measured, stopped
from stepladder.spark import UNFENCED, SparkHistory, session

TICK_S = 0.2
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

    There is no sandbox: the rung's Python runs in this process. It reads the same files without a
    future. The time box ends what Spark does for it. memory_mb is what Spark's driver was started with;
    the memory reported is this program's and the driver's together.
    """
    out = Path(job.out)
    with _turn:
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
    return Measured(**outcome, memory_mb=peak, predictions=predictions, fence="open")


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
        tables, laid, views = history.tables, history.laid_over, history.views
        return SparkHistory(history.now, history.ask, tables, laid, views=views)

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
