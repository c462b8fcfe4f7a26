"""Work that was started from a page: what, by whom, and how it ended. One at a time in a project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from stepladder.core.errors import Problem
from stepladder.record import log, schema
from stepladder.record.rows import Job
from stepladder.record.store import Record, now

RUNNING = "running"


class Busy(Problem):
    """Something runs in the project already."""


def begin(
    record: Record,
    question: str,
    kind: str,
    words: Sequence[str],
    *,
    by: str,
    host: str,
    request: str = "",
) -> tuple[int, bool]:
    """Note that work begins; its number, and whether it is new: what is sent twice is begun once.

    Raises Busy, with who and what, where something runs already.
    """
    t, moment = schema.jobs, now()
    with record.writes() as mine:
        sent = t.c.arguments["request"].as_string() == request
        if request and (there := mine.last(t, sent, t.c.by == by)):
            return int(there.id), False
        if there := mine.last(t, t.c.status == RUNNING):
            raise _busy(there)
        job = Job(question, kind, {"words": list(words), "request": request}, RUNNING, host=host)
        row = {**asdict(job), "by": by, "time": moment}
        number = mine.add(t, row)
        said = {"job": number, "kind": kind}
        log.add(mine, question, "job started", said, by=by, time=moment)
    return number, True


def placed(record: Record, job: int, pid: int | None, detail: str) -> None:
    """Note which process does it, and where its output is."""
    with record.writes() as mine:
        mine.change(schema.jobs, [schema.jobs.c.id == job], pid=pid, detail=detail)


def ended(record: Record, job: int, status: str, *, by: str) -> bool:
    """Note how it ended; whether it had not ended before."""
    t, moment = schema.jobs, now()
    with record.writes() as mine:
        there = mine.rows(t, t.c.id == job, t.c.status == RUNNING)
        if not there:
            return False
        mine.change(t, [t.c.id == job], status=status, finished=moment)
        said = {"job": job, "status": status}
        log.add(mine, there[0].question, "job ended", said, by=by, time=moment)
    return True


def jobs(record: Record) -> list[Job]:
    """Everything that was started from a page of this project, the oldest first."""
    with record.reads() as mine:
        return [Job(**row._mapping) for row in mine.rows(schema.jobs)]


def running(record: Record) -> Job | None:
    """What is noted as running."""
    with record.reads() as mine:
        found = mine.last(schema.jobs, schema.jobs.c.status == RUNNING)
    return Job(**found._mapping) if found else None


def _busy(there: Any) -> Busy:
    return Busy(
        f"{there.by} started “{there.kind}” at {there.time[11:16]} UTC, and it still runs",
        "one thing at a time works on a project",
        "wait until it has ended, or stop it on its page",
    )
