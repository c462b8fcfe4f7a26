"""A command of ours in a process of its own, which goes on when the service ends; its output is a file.

The file is also how the process is recognised: a number alone may be another's by now.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from stepladder.core import files
from stepladder.core.errors import Problem
from stepladder.core.visible import visible

# nice: those who look at pages go first. The last line says how it ended, whoever is there to wait for it.
SAYS_HOW = 'nice "$@"; printf "\\nended %s\\n" "$?"'
COMMAND = (sys.executable, "-P", "-m", "stepladder")
PATIENCE_S = 10.0  # to tidy up
TAIL = 20_000  # bytes of output that are looked at


def started(words: Sequence[str], output: Path) -> int:
    """Start stepladder with these words; the number of its process, which leads a group of its own."""
    output.parent.mkdir(mode=0o700, exist_ok=True)
    with files.made(output) as file:
        process = subprocess.Popen(
            ["/bin/sh", "-c", SAYS_HOW, "sh", *COMMAND, *words],
            stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
        )  # fmt: skip
    threading.Thread(target=process.wait, daemon=True).start()  # leaves no zombie
    return process.pid


def runs(pid: int, output: Path) -> bool:
    """Whether the process of this number is the one that writes this output."""
    import psutil

    try:
        return any(Path(file.path) == output for file in psutil.Process(pid).open_files())
    except (psutil.Error, OSError):
        return False


def stop(pid: int, output: Path) -> bool:
    """End the process and all that it started, gently at first; whether it was there."""
    if not runs(pid, output):
        return False
    _signal(pid, signal.SIGTERM)
    threading.Thread(target=_surely, args=(pid,), daemon=True).start()
    return True


def how(output: Path) -> int | None:
    """The exit code that the output ends with; None where it ended without a word."""
    found = re.search(rb"\nended (\d{1,3})\n\Z", _end(output))
    return int(found[1]) if found else None


def said(output: Path) -> str:
    """The last of what it said, fit to be shown."""
    text = re.sub(r"\n*ended \d+\n\Z", "", _end(output).decode("utf-8", "replace"))
    return visible(text).strip()


def _end(output: Path) -> bytes:
    try:
        with files.opened(output) as file:
            file.seek(max(os.fstat(file.fileno()).st_size - TAIL, 0))
            return file.read()
    except (OSError, Problem):
        return b""


def _surely(group: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and _signal(group, 0):
        time.sleep(0.1)
    _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    with contextlib.suppress(OSError):
        os.killpg(group, number)
        return True
    return False
