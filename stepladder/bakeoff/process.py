"""A process under watch: killed with all its offspring when it takes too long or too much."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psutil

TICK_S = 0.05
TICKS_PER_CENSUS = 5  # finding offspring reads the whole process table
MARK = "STEPLADDER_JOB"


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


def run_watched(
    command: list[str], folder: str, environment: dict[str, str], printed: Path, limits: Limits
) -> Ended:
    """Run a command to its end, or to a limit's. Whatever it started is dead when this returns."""
    mark = uuid.uuid4().hex
    with printed.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env={**environment, MARK: mark},
            start_new_session=True,
        )
    try:
        peak, limit = _watch(process, limits)
    finally:  # also on Ctrl-C
        _end(process, mark)
    return Ended(process.returncode, peak, limit)


def _watch(process: subprocess.Popen[bytes], limits: Limits) -> tuple[float, str]:
    end, peak, family, tick = time.monotonic() + limits.seconds, 0.0, [process.pid], 0
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(TICK_S)
            return peak, ""
        tick += 1
        if tick % TICKS_PER_CENSUS == 0:
            family = [process.pid, *_offspring(process.pid)]
        peak = max(peak, sum(map(_memory_mb, family)))
        if peak > limits.memory_mb:
            return peak, "memory"
        if time.monotonic() > end:
            return peak, "time"
        if limits.stop and limits.stop.is_set():
            return peak, "hand"


def _offspring(pid: int) -> list[int]:
    with contextlib.suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


def _memory_mb(pid: int) -> float:
    with contextlib.suppress(psutil.Error):
        return float(psutil.Process(pid).memory_info().rss / 1e6)
    return 0.0


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """Kill the whole group, and whoever left it: all that were started carry the mark."""
    for _ in range(3):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        strays = [one for one in psutil.process_iter() if _marked(one, mark)]
        for stray in strays:
            with contextlib.suppress(psutil.Error):
                stray.kill()
        if not strays:
            break
        psutil.wait_procs([one for one in strays if one.pid != process.pid], timeout=1)
        process.wait()
    process.wait()


def _marked(process: psutil.Process, mark: str) -> bool:
    try:
        return bool(process.environ().get(MARK) == mark)
    except (psutil.Error, OSError):
        return False
