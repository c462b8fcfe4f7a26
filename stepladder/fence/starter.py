"""A clean process with the libraries loaded, which copies itself for each job.

Loading them takes longer than most rungs do. It reads no data and no rung, and from a job it hears
nothing but how it ended; each copy does one job and is gone. Its standard input is a socket: a line for
each job comes in, the copy's process id and later its exit code go out.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import struct
import sys
from pathlib import Path
from typing import Any

# How it is started: nothing is loaded before it is bound to end with its parent.
PROGRAM = """
import ctypes, os, sys
if sys.platform.startswith("linux"):
    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
from stepladder.fence.starter import main
main()
"""
MARK = "STEPLADDER_JOB"  # in the environment of a job and of all it starts: whose they are
# In it too: where a job may write.
FOLDERS = ("TMPDIR", "HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR")
FORKS = sys.platform.startswith("linux")  # the libraries of other systems do not survive a copy
DIE_WITH_PARENT = 1


def main() -> None:
    """Start jobs until nobody can ask any more."""
    if FORKS:
        from stepladder.fence import child, sandbox

        sandbox.prepare()
    while line := sys.stdin.readline():
        starter, job = os.getpid(), json.loads(line)
        if pid := os.fork():
            os.write(0, struct.pack("i", pid))
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            os.write(0, struct.pack("i", code))
            continue
        _become(job, starter)
        if not FORKS:
            command = [sys.executable, "-P", "-m", "stepladder.fence.child", job["file"]]
            os.execve(sys.executable, command, dict(os.environ))
        child.main(Path(job["file"]))
        # A rung may have closed them. Taking the libraries down takes as long as a small rung.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(0)


def _become(job: dict[str, Any], parent: int) -> None:
    """In the copy, before anything of the rung is loaded: its own group, output and environment."""
    _die_with(parent)
    os.setsid()
    for target, name in enumerate((os.devnull, job["printed"], job["printed"])):
        handle = os.open(name, os.O_RDWR | os.O_APPEND)
        os.dup2(handle, target)  # 0 was the socket
        os.close(handle)
    os.chdir(job["folder"])
    _mark(job["environment"][MARK])
    os.environ.clear()
    os.environ.update(job["environment"])


def _mark(mark: str) -> None:
    """Write the mark where the system looks for a process's environment: it shows what came at the start."""
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_void_p
    ctypes.memmove(getenv(MARK.encode()), mark.encode(), len(mark))


def _die_with(parent: int) -> None:
    """Should the parent be killed, or have been by now, nothing goes on alone."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
