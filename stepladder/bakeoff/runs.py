"""Every rung at every cutoff, each in a process of its own, side by side."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from threading import Event
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from stepladder.bakeoff.checks import Check
from stepladder.bakeoff.replay import Replay
from stepladder.core.history import ANSWERS, History
from stepladder.core.question import Question
from stepladder.core.rung import Rung
from stepladder.fence.child import Job
from stepladder.fence.measure import Measured, measure

# what is being done, or as a sentence what is done; steps done, steps in all
Progress = Callable[[str, int, int], None]
TOLD = 80  # signs of why a rung does not stand, while the others run
NOBODY = "nobody has answered yet"
log = logging.getLogger("stepladder")
T = TypeVar("T")


@dataclass(frozen=True)
class Setting:
    """What a bake-off is run on: the question, the full history, the ladder, and where it may write."""

    name: str
    question: Question
    history: History
    ladder: list[Rung]
    folder: Path  # empty; everything written while running goes here
    project: Path  # the user's folder, closed to the rungs
    workers: int = 2
    measure: Callable[..., Measured] = measure
    checks: tuple[Check, ...] = ()  # what people asked for

    @cached_property
    def answers(self) -> Path:
        """Where answers and models are left: under a name that a rung, which cannot look, cannot guess."""
        return self.folder / secrets.token_hex(8)


@dataclass(frozen=True)
class Ran:
    """One rung after its runs: a measurement per cutoff, and why it does not stand, if it does not."""

    rung: Rung
    status: str
    measured: list[Measured | None]

    def raw(self) -> list[pa.Table | None]:
        """Its answers at each cutoff."""
        return [
            pq.read_table(m.predictions) if m and m.predictions else None for m in self.measured
        ]


def run_all(setting: Setting, replays: list[Replay], progress: Progress) -> list[Ran]:
    """Run the whole ladder at every cutoff; a rung that fails is one that says why."""
    total, done, stop = len(setting.ladder) * len(replays), 0, Event()

    def run_rung(rung: Rung) -> Ran:
        """Every cutoff in turn; what fails where it would be scored ends the rung's run."""
        nonlocal done
        measured: list[Measured | None] = []
        status = NOBODY if rung.height == 0 and not _answers(setting.history) else "ok"
        for replay in replays:
            progress(f"{rung.name} at {replay.name}", done, total)
            found = run_one(setting, rung, replay, stop) if status == "ok" else None
            if found and found.status != "ok" and replay.holdout.role != "calibrate":
                status = found.status
            measured.append(found if found and found.status == "ok" else None)
            done += 1
        progress(f"{rung.name}: {status[:TOLD].rstrip('.')}.", done, total)
        return Ran(rung, status, measured)

    return side_by_side(setting, [partial(run_rung, rung) for rung in setting.ladder], stop)


def side_by_side(setting: Setting, tasks: Sequence[Callable[[], T]], stop: Event) -> list[T]:
    """What each of these gives, begun from the last on; what goes wrong in one ends all of them."""
    with ThreadPoolExecutor(setting.workers) as pool:
        # The highest take longest: begun last, one of them would run alone in the end.
        begun = [pool.submit(task) for task in reversed(tasks)]
        futures = begun[::-1]
        try:
            ended, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in ended:
                future.result()  # what went wrong is raised while the others still run
            return [future.result() for future in futures]
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def run_one(
    setting: Setting,
    rung: Rung,
    replay: Replay,
    stop: Event,
    *,
    learn_from: Mapping[str, str] | None = None,
    part: str = "",
) -> Measured:
    """One rung at one cutoff; `learn_from`: conditions that hold a part of the past; `part`: its name."""
    ask = setting.history.ask
    job = Job(
        question=setting.name,
        rung=str(rung.path),
        tables=replay.files.tables,
        cases=replay.files.cases,
        newcomers=replay.files.newcomers,
        now=replay.now,
        ask=ask.model_dump_json(),
        out=str(setting.answers / part / rung.name / replay.name),
        project=str(setting.project),
        learn_from=learn_from,
    )
    found = setting.measure(job, time_box=ask.time_box, memory_mb=ask.memory_mb, stop=stop)
    log.info("%s at %s: %s", rung.name, replay.name, found.status)
    if found.detail:
        log.debug("%s at %s:\n%s", rung.name, replay.name, found.detail)
    return found


def _answers(history: History) -> bool:
    """Whether anybody ever answered, also after the last day of the data."""
    if ANSWERS not in history.tables:
        return False
    return bool(pq.read_metadata(history.tables[ANSWERS][0]).num_rows)
