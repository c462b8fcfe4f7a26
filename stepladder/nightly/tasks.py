"""The nightly run as Luigi tasks: done is a file that exists, and its name says what it was made of.

luigi --module stepladder.nightly.tasks Night --project FOLDER --day 2026-01-31
"""

from __future__ import annotations

from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import luigi
from luigi.scheduler import Scheduler
from luigi.worker import Worker

from stepladder.bakeoff.runs import Progress
from stepladder.nightly import steps
from stepladder.nightly.plan import Named, named
from stepladder.nightly.production import Production
from stepladder.project.at_work import at_work
from stepladder.project.folder import Project


@cache
def production(folder: str) -> Production:
    """What is in production in a project, looked up once for a run."""
    return Production.of(Project.open(folder))


class Step(luigi.Task):  # type: ignore[misc]
    """One step for one day; `version` is the hash of code, settings and inputs, so what changed is new."""

    project = luigi.Parameter()
    day = luigi.DateParameter()
    version = luigi.Parameter(default="")
    accept = luigi.Parameter(default="", significant=False)
    step = ""

    @property
    def running(self) -> Production:
        """What is in production."""
        return production(str(self.project))

    @property
    def named(self) -> Named:
        """Its output, as things are now."""
        return named(self.running, self.step, self.day)

    @property
    def priority(self) -> int:
        """Earlier days first: the audit looks back at them. (Luigi takes none below zero.)"""
        return date.max.toordinal() - self.day.toordinal()

    def output(self) -> Any:
        """The file that says it is done."""
        return luigi.LocalTarget(str(self.named.path))

    def run(self) -> None:
        """Do the step and note how it went; what may pass by itself is tried again."""
        work = partial(self.work, self.named.path)
        # luigi may have started it, and not `run`
        with at_work(self.running.project.folder, swept=True):
            steps.noted(self.running.project, self.named, work, str(self.accept))

    def work(self, output: Path) -> None:
        """What the step does."""
        raise NotImplementedError

    def needs(self, kind: type[Step], day: date) -> Step:
        """Another step, in its version of now."""
        version = named(self.running, kind.step, day).key
        return kind(project=self.project, day=day, version=version, accept=self.accept)

    @property
    def fit_day(self) -> date:
        """As of when the rung that answers on this day has learnt."""
        return self.running.fit_day(self.day)


class Check(Step):
    """Look at the data."""

    step = "check"

    def work(self, output: Path) -> None:
        """Raise Problem on data that nobody should act on."""
        steps.check(self.running, self.day, str(self.accept), output)


class Fit(Step):
    """Learn anew; on the day of shipping this was done already."""

    step = "fit"

    def requires(self) -> list[Step]:
        """Data that were looked at."""
        return [] if self.running.shipped_on(self.day) else [self.needs(Check, self.day)]

    def work(self, output: Path) -> None:
        """Fit as of the day."""
        steps.refit(self.running, self.day, output)


class Predict(Step):
    """Ask about every case."""

    step = "predict"

    def requires(self) -> list[Step]:
        """Data that were looked at, and a rung that has learnt."""
        return [self.needs(Check, self.day), self.needs(Fit, self.fit_day)]

    def work(self, output: Path) -> None:
        """Predict as of the day."""
        steps.predict(self.running, self.day, Path(self.requires()[1].output().path), output)


class Publish(Step):
    """Let others see the predictions, once they passed the audit."""

    step = "publish"
    resources = {"publish": 1}  # a database file has one writer  # noqa: RUF012

    def requires(self) -> list[Step]:
        """Predictions, and the rung they are by."""
        return [self.needs(Predict, self.day), self.needs(Fit, self.fit_day)]

    def work(self, output: Path) -> None:
        """Audit, then publish."""
        predicted, fitted = (Path(task.output().path) for task in self.requires())
        steps.publish(self.running, self.day, str(self.accept), predicted, fitted, output)


class Watch(Step):
    """Compare what was predicted with what came, once all days since another are published."""

    step = "watch"
    since = luigi.DateParameter()

    def requires(self) -> list[Step]:
        """Every day's predictions."""
        first, last = self.since.toordinal(), self.day.toordinal()
        return [self.needs(Publish, date.fromordinal(n)) for n in range(first, last + 1)]

    def complete(self) -> bool:
        """Whether it is done, and every day it needs: it may have looked before these were there."""
        return super().complete() and all(task.complete() for task in self.requires())

    def work(self, output: Path) -> None:
        """Watch as of the last day."""
        steps.watch(self.running, self.day, output)


class Night(luigi.WrapperTask):  # type: ignore[misc]
    """Everything for one day, or for all days since another."""

    project = luigi.Parameter()
    day = luigi.DateParameter()
    since = luigi.Parameter(default="")
    accept = luigi.Parameter(default="", significant=False)

    def requires(self) -> Step:
        """The last step, which needs all the others."""
        folder = str(Path(self.project).resolve())
        key = named(production(folder), "watch", self.day).key
        since = date.fromisoformat(self.since) if self.since else self.day
        return Watch(project=folder, day=self.day, since=since, version=key, accept=self.accept)


class Telling(Scheduler):  # type: ignore[misc]
    """A scheduler that says whenever a step is done."""

    def __init__(self, progress: Progress, steps: int) -> None:
        super().__init__(prune_on_get_work=True, record_task_history=False, retry_count=1)
        self.progress, self.steps = progress, steps
        self.waiting, self.ended = set[str](), 0
        progress("starting", 0, steps)

    def add_task(self, **said: Any) -> Any:
        """Luigi tells of a task that waits, or has ended."""
        task = str(said.get("task_id"))
        if said.get("status") == "PENDING":
            self.waiting.add(task)
        elif said.get("status") in ("DONE", "FAILED") and task in self.waiting:
            self.waiting.remove(task)
            self.ended += 1
            day = (said.get("params") or {}).get("day", "")
            how = "is done" if said.get("status") == "DONE" else "failed"
            self.progress(f"{said.get('family', '')} {day} {how}.", self.ended, self.steps)
        return super().add_task(**said)


class Scheduling:
    """What Luigi asks for its scheduler and its worker."""

    def __init__(self, progress: Progress, steps: int) -> None:
        self.progress, self.steps = progress, steps

    def create_local_scheduler(self) -> Scheduler:
        """The scheduler of this process."""
        return Telling(self.progress, self.steps)

    def create_worker(
        self, scheduler: Any, worker_processes: int, assistant: bool = False
    ) -> Worker:
        """A worker that ends with its work."""
        return Worker(
            scheduler=scheduler, worker_processes=worker_processes, assistant=assistant,
            wait_interval=0.1, wait_jitter=0.0, keep_alive=False,
        )  # fmt: skip
