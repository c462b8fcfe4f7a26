"""Luigi's scheduler and worker, as a run in this process wants them: quiet, and telling how far it is."""

from __future__ import annotations

from typing import Any

from luigi.scheduler import Scheduler
from luigi.worker import Worker

from stepladder.bakeoff.runs import Progress


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
            self.progress(f"{said.get('family', '')} {day}", self.ended, self.steps)
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
