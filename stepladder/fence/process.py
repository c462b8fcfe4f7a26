"""A job in a process under watch: killed with all its offspring when it takes too long or too much."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event
from typing import TypeVar

import psutil

from stepladder.fence.starter import FOLDERS, MARK, PROGRAM

T = TypeVar("T")
TICK_S = 0.05
TICKS_PER_CENSUS = 5  # finding offspring reads the whole process table


@dataclass(frozen=True)
class Limits:
    """Seconds on the wall, megabytes for it and its offspring, an event to stop it by hand."""

    seconds: float
    memory_mb: int
    stop: Event | None = None


@dataclass(frozen=True)
class Ended:
    """How it ended: exit code, the most memory seen, and which limit stopped it, if one did."""

    code: int
    peak_mb: float
    limit: str  # "", "time", "memory", "hand"


class Starter:
    """The process that starts jobs, one at a time: clean, with the libraries loaded."""

    def __init__(
        self, environment: dict[str, str], printed: Path, passed: tuple[int, ...] = ()
    ) -> None:
        self.line, theirs = socket.socketpair()
        with theirs, printed.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", PROGRAM, str(os.getpid())],
                stdin=theirs.fileno(),
                stdout=output,
                stderr=output,
                env={**environment, MARK: uuid.uuid4().hex},  # room for a job's
                start_new_session=True,
                pass_fds=passed,  # open in its jobs, under the same numbers
            )

    def start(self, seconds: float, **job: object) -> int:
        """Start a job; returns its process id. Raises EOFError where the starter is dead."""
        with contextlib.suppress(BrokenPipeError):
            self.line.sendall(json.dumps(job).encode() + b"\n")
        return self._said(seconds)

    def ended(self, seconds: float | None = None) -> int | None:
        """The job's exit code, once it has ended; None if it did not within so many seconds."""
        with contextlib.suppress(TimeoutError):
            return self._said(seconds)
        return None

    def has_ended(self) -> bool:
        """Whether the job has: then its number may be somebody else's by now."""
        said = select.poll()
        with contextlib.suppress(OSError, ValueError):  # closed by now
            said.register(self.line, select.POLLIN)
            return bool(said.poll(0))
        return True

    def end(self) -> None:
        """Kill it, and with it what it started."""
        self.line.close()
        self.process.kill()
        self.process.wait()

    __del__ = end

    def _said(self, seconds: float | None) -> int:
        self.line.settimeout(seconds)
        said = b""
        with contextlib.suppress(ConnectionResetError):
            said = self.line.recv(4)
        if not said:
            raise EOFError
        return int(struct.unpack("i", said)[0])


# Those that wait for the next job, with what each was started with. Appending and taking are of one step.
_idle: list[tuple[object, Starter]] = []
IDLE = os.cpu_count() or 1  # of more, those left over end


@cache
def _keeper(_: int) -> ThreadPoolExecutor:
    """This process's thread in which starters are born: the system ends one together with its thread."""
    return ThreadPoolExecutor(1, "starters")


@contextlib.contextmanager
def _ready(
    environment: dict[str, str], printed: Path, passed: tuple[int, ...]
) -> Iterator[Starter]:
    """A starter for one job: one that waits, whichever thread had it before, or a new one.

    Where it is passed something open it is for this job alone.
    """
    if passed:
        once = Starter(environment, printed, passed)
        try:
            yield once
        finally:
            once.end()
        return
    lasting = {k: v for k, v in environment.items() if k not in (MARK, *FOLDERS)}
    born = _keeper(os.getpid())
    starter = _waiting(lasting) or born.submit(Starter, lasting, printed).result()
    try:
        yield starter
    except BaseException:
        starter.end()
        raise
    if len(_idle) < IDLE:
        _idle.append((lasting, starter))
    else:
        starter.end()


def _waiting(lasting: dict[str, str]) -> Starter | None:
    """One that lives and was started with the same; others are of no use any more."""
    with contextlib.suppress(IndexError):  # another thread took the last
        while _idle:
            known, starter = _idle.pop()
            if known == lasting and starter.process.poll() is None:
                return starter
            starter.end()
    return None


def run_watched(
    job: Path,
    folder: str,
    environment: dict[str, str],
    printed: Path,
    limits: Limits,
    passed: tuple[int, ...] = (),
) -> Ended:
    """Do a job in a process of its own, to its end or a limit's. Whatever it started is dead then.

    passed: what is open in it, under the same numbers.
    """
    end, mark = time.monotonic() + limits.seconds, uuid.uuid4().hex
    environment = {**environment, MARK: mark}
    printed.touch()
    asked = {
        "file": str(job),
        "folder": folder,
        "printed": str(printed),
        "environment": environment,
    }
    try:
        with _ready(environment, printed, passed) as starter:
            pid = starter.start(limits.seconds, **asked)
            try:
                code, peak, limit = watch(starter.ended, pid, end, limits)
            finally:  # also on Ctrl-C
                end_all(pid, mark)
            if limit:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)  # where it had no group yet
                code = starter.ended()
    except EOFError:  # whoever killed the starter killed the job with it
        code, peak, limit = starter.process.returncode, 0.0, ""
    except TimeoutError:  # the libraries alone took so long
        code, peak, limit = -signal.SIGKILL, 0.0, "time"
    return Ended(code or 0, peak, limit)


def watch(
    waited: Callable[[float], T | None], pid: int, end: float, limits: Limits
) -> tuple[T | None, float, str]:
    """Wait for what comes of a process; the most memory seen, and which limit was reached first, if any.

    waited: what came within so many seconds, None if nothing did.
    """
    peak, family, tick = 0.0, [pid], 0
    while (came := waited(TICK_S)) is None:
        tick += 1
        if tick % TICKS_PER_CENSUS == 0:
            family = [pid, *_offspring(pid)]
        peak = max(peak, sum(map(memory_mb, family)))
        if peak > limits.memory_mb:
            return None, peak, "memory"
        if time.monotonic() > end:
            return None, peak, "time"
        if limits.stop and limits.stop.is_set():
            return None, peak, "hand"
    return came, peak, ""


def _offspring(pid: int) -> list[int]:
    with contextlib.suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


def memory_mb(pid: int) -> float:
    """The memory that a process holds; none where it is gone."""
    with contextlib.suppress(psutil.Error):
        return float(psutil.Process(pid).memory_info().rss / 1e6)
    return 0.0


def end_all(pid: int, mark: str, ended: bool = False) -> None:
    """Kill the whole group, unless its first has ended; and whoever left it: all carry the mark.

    Nobody seen once proves nothing: one may have started another and ended while they were looked at.
    """
    nobody = 0
    for _ in range(5):
        if not ended:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        strays = [one for one in psutil.process_iter() if _marked(one, mark)]
        for stray in strays:
            with contextlib.suppress(psutil.Error):
                stray.kill()
        nobody = 0 if strays else nobody + 1
        if nobody == 2:
            break
        psutil.wait_procs(strays, timeout=1)


def _marked(process: psutil.Process, mark: str) -> bool:
    try:
        return bool(process.environ().get(MARK) == mark)
    except (psutil.Error, OSError):
        return False
