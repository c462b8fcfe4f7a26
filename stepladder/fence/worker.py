"""A rung's process that stays, and answers one thing after another: watched while it does, else halted."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyarrow as pa

from stepladder.fence import asks
from stepladder.fence.child import Job
from stepladder.fence.failure import Failure
from stepladder.fence.measure import environment_of, handed_over
from stepladder.fence.process import Limits, Starter, end_all, memory_mb, watch
from stepladder.fence.starter import FORKS, MARK

PART = 1 << 20


class Stopped(Exception):
    """It gave no answer: which limit it reached, or "garbled"; or none, and it ended by itself."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class Worker:
    """One process for one job's rung, which has learnt; for one thread at a time.

    On Linux nothing of the rung runs while nobody asks it: the process is halted in between. After an
    ask that raised anything it is to be ended: it was not halted, and its answer may come later.
    """

    def __init__(self, job: Job, scratch: Path, seconds: float) -> None:
        printed, self.mark = scratch / "printed.txt", uuid.uuid4().hex
        self.printed = printed.open("ab")  # its name may be something else by the next ask
        environment = {**environment_of(job, scratch), MARK: self.mark}
        self.line, theirs = socket.socketpair()
        self.line.setblocking(False)
        with theirs:
            handed = replace(handed_over(job), line=theirs.fileno())
            (scratch / "job.json").write_text(json.dumps(asdict(handed)))
            self.starter = Starter(environment, printed, (theirs.fileno(),))
        try:
            self.pid = self.starter.start(
                seconds, file=str(scratch / "job.json"), folder=handed.project,
                printed=str(printed), environment=environment,
            )  # fmt: skip
        except (EOFError, TimeoutError) as error:
            self._close()
            raise Stopped("time" if isinstance(error, TimeoutError) else "") from None

    def ask(self, said: bytes, limits: Limits, most: int) -> tuple[Failure, list[pa.Table]]:
        """What it answers, in so many bytes at most. Raises Stopped where that is nothing."""
        self.printed.truncate(0)  # what it printed about others
        self._signal(signal.SIGCONT)
        sending = _Exchange(self.line, self.starter.line, said, most)
        end = time.monotonic() + limits.seconds
        try:
            frame, _, limit = watch(sending.some, self.pid, end, limits)
        except (EOFError, OSError):
            raise Stopped("") from None
        if frame is None or (memory_mb(self.pid) > limits.memory_mb and not limit):
            raise Stopped(limit or "memory")
        if FORKS:  # elsewhere nothing would end it, should this process be killed
            self._signal(signal.SIGSTOP)
        try:
            return asks.answered(frame, most)
        except Exception:  # whatever comes of reading nonsense
            raise Stopped("garbled") from None

    def end(self) -> None:
        """Kill it, and whatever it started; also from another thread."""
        end_all(self.pid, self.mark, self.starter.has_ended())
        self._close()

    def kill(self) -> None:
        """Only the process itself, at once, from another thread: whoever waits for it is told."""
        self._signal(signal.SIGKILL)

    def _close(self) -> None:
        self.starter.end()
        self.line.close()
        self.printed.close()

    def _signal(self, which: signal.Signals) -> None:
        if self.starter.has_ended():  # by now its number may be another's
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has no group yet
            os.killpg(self.pid, which)


@dataclass
class _Exchange:
    """A frame on its way to the process, and the one that comes back."""

    line: socket.socket
    ended: socket.socket  # what the starter says: that the process is no more
    said: bytes
    most: int
    sent: int = 0

    def __post_init__(self) -> None:
        self.got = bytearray()

    def some(self, seconds: float) -> bytearray | None:
        """Send and receive what can be; the answer once it is whole. Raises EOFError, Stopped."""
        poll = select.poll()
        out = select.POLLOUT if self.sent < len(self.said) else 0
        poll.register(self.line, select.POLLIN | out)
        poll.register(self.ended, select.POLLIN)
        events = dict(poll.poll(seconds * 1000))
        what = events.get(self.line.fileno(), 0)
        if what & select.POLLOUT:
            self.sent += self.line.send(memoryview(self.said)[self.sent :][:PART])
        if what & select.POLLIN:
            return self._received()
        if self.ended.fileno() in events:
            raise EOFError
        return None

    def _received(self) -> bytearray | None:
        part = self.line.recv(PART)
        if not part:
            raise EOFError
        self.got += part
        try:
            wanted = asks.wanted(self.got)
        except Exception:
            raise Stopped("garbled") from None
        if max(wanted, len(self.got)) > self.most:
            raise Stopped("size")
        return self.got if len(self.got) >= wanted > asks.LENGTH.size else None
