"""A step done with care: tried again where what went wrong may pass, and noted in the record either way."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from stepladder.core.errors import CannotStand, Passing, Problem
from stepladder.nightly.keys import Named
from stepladder.project.folder import Project
from stepladder.record import Step

FIRST_S, MOST_S = 1.0, 60.0  # waits double from one try to the next
log = logging.getLogger("stepladder")


def noted(project: Project, named: Named, work: Callable[[], None], accept: str = "") -> None:
    """Do the work; note how long it took and what its name was made of, or why it failed.

    `accept`: why things that look wrong were let through, which is noted too.
    """
    began = time.monotonic()
    try:
        _tried(work, project.ask.nightly.retries)
    except Exception as error:
        log.debug("%s for %s failed", named.step, named.day, exc_info=True)
        with suppress(Problem):  # on a full disk: what went wrong first is what is told
            _note(project, named, "failed", began, _said(error))
        raise
    said = {**named.parts, **({"accepted": accept} if accept else {})}
    _note(project, named, "done", began, json.dumps(said, sort_keys=True))


def _tried(work: Callable[[], None], retries: int) -> None:
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

    passing = retry_if_exception_type((Passing, OSError))
    wait = wait_exponential(multiplier=FIRST_S, max=MOST_S)
    for attempt in Retrying(
        stop=stop_after_attempt(retries + 1),
        wait=wait,
        retry=passing,
        reraise=True,
        sleep=lambda seconds: pause(seconds),
    ):
        with attempt:
            work()


def pause(seconds: float) -> None:
    """Wait before the next try."""
    time.sleep(seconds)


def _said(error: Exception) -> str:
    if isinstance(error, Problem | CannotStand):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _note(project: Project, named: Named, status: str, began: float, detail: str) -> None:
    seconds = time.monotonic() - began
    day, question = named.day.isoformat(), project.ask.question
    project.record.note(Step(question, day, named.step, named.key, status, seconds, detail))
