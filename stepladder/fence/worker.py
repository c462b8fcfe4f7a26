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
from stepladder.fence.measure import environment_of, handed_over
from stepladder.fence.process import Limits, Starter, end_all, memory_mb, watch
from stepladder.fence.starter import FORKS, MARK

PART = 1 << 20


class Stopped(Exception):
    """It gave no answer, and is gone: which limit it reached; or none, and it ended by itself."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class Worker:
    """One process for one job's rung, which has learnt; for one thread at a time.

    Nothing of the rung runs while nobody asks it: the process is halted in between.
    """

    def __init__(self, job: Job, scratch: Path, seconds: float) -> None:
        self.printed, self.mark = scratch / "printed.txt", uuid.uuid4().hex
        self.printed.touch()
        environment = {**environment_of(job, scratch), MARK: self.mark}
        self.line, theirs = socket.socketpair()
        self.line.setblocking(False)
        with theirs:
            handed = replace(handed_over(job), line=theirs.fileno())
            (scratch / "job.json").write_text(json.dumps(asdict(handed)))
            self.starter = Starter(environment, self.printed, (theirs.fileno(),))
        try:
            self.pid = self.starter.start(
                seconds, file=str(scratch / "job.json"), folder=handed.project,
                printed=str(self.printed), environment=environment,
            )  # fmt: skip
        except (EOFError, TimeoutError) as error:
            self.starter.end()
            raise Stopped("time" if isinstance(error, TimeoutError) else "") from None

    def ask(self, said: bytes, limits: Limits) -> tuple[asks.Head, list[pa.Table]]:
        """What it answers. Raises Stopped where it does not, ValueError on what is no answer."""
        os.truncate(self.printed, 0)  # what it printed about others
        self._signal(signal.SIGCONT)
        sending = _Exchange(self.line, self.starter.line, said, limits.memory_mb * 1_000_000)
        try:
            frame, _, limit = watch(
                sending.some, self.pid, time.monotonic() + limits.seconds, limits
            )
        except (EOFError, OSError):
            raise Stopped("") from None
        if frame is None or (memory_mb(self.pid) > limits.memory_mb and not limit):
            raise Stopped(limit or "memory")
        if FORKS:  # elsewhere nothing would end it, should this process be killed
            self._signal(signal.SIGSTOP)
        return asks.unframed(frame)

    def end(self) -> None:
        """Kill it, and whatever it started; also from another thread."""
        end_all(self.pid, self.mark)
        self.starter.end()
        self.line.close()

    def kill(self) -> None:
        """Only the process itself, at once, from another thread: whoever waits for it is told."""
        self._signal(signal.SIGKILL)

    def _signal(self, which: signal.Signals) -> None:
        with contextlib.suppress(
            ProcessLookupError, PermissionError
        ):  # it has no group yet, or is gone
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
        """Send and receive what can be; the answer once it is whole. Raises EOFError, ValueError."""
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
        self.got += part
        wanted = asks.wanted(self.got)
        if not part or max(wanted, len(self.got)) > self.most:
            raise EOFError
        return self.got if len(self.got) >= wanted > asks.LENGTH.size else None
