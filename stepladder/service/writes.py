"""What people say and decide, written one after the other; nobody waits long, or is told nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from stepladder.service.limits import Limits
from stepladder.service.refused import Refused

T = TypeVar("T")
PATIENCE_S = 4.0  # how long one that has begun waits for a locked record


class Writes:
    """One thread, and a bounded number of those who wait for it.

    None is begun that could not end while somebody waits for it: what was given up is not done later.
    """

    def __init__(self, limits: Limits, patience: float = PATIENCE_S) -> None:
        self.limits, self.patience, self.waiting = limits, patience, 0
        self._thread = ThreadPoolExecutor(1, "writes")

    async def done(self, work: Callable[[], T]) -> T:
        """What the work returns. Raises Refused where too many wait, or it takes too long."""
        if self.waiting >= self.limits.waiting:
            raise _not_begun(f"{self.waiting} others are waiting already")
        latest = time.monotonic() + self.limits.answer_s - self.patience

        def begun() -> T:
            if time.monotonic() > latest:
                raise _not_begun("others took too long")
            return work()

        job = self._thread.submit(begun)
        asked = asyncio.wrap_future(job)
        self.waiting += 1
        asked.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(asked), self.limits.answer_s)
        except TimeoutError:
            raise _not_begun("others took too long") if job.cancel() else _not_known() from None

    def close(self) -> None:
        """Take nobody any more; what has not begun is not done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _done(self, asked: asyncio.Future[Any]) -> None:
        self.waiting -= 1
        if not asked.cancelled():
            asked.exception()  # looked at, also where nobody waits for it any more


def _not_begun(why: str) -> Refused:
    return Refused(
        503,
        f"it was not begun: {why}",
        "one thing after the other is written into the record, soon or not at all; this was not written",
        "send it again in a moment",
        retry_after=1,
    )


def _not_known() -> Refused:
    return Refused(
        503,
        "the record did not answer in time; whether this was written is not known",
        "one thing after the other is written into the record",
        "send it again: of what is said twice the last counts",
        retry_after=5,
    )
