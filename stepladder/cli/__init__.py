"""The command line: a file a verb, each a short function; the work is done in stepladder.project."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from stepladder.cli import (
    audit,
    bakeoff,
    decide,
    forget,
    new,
    predict,
    record,
    report,
    run,
    schedule,
    serve,
    ship,
    token,
    try_out,
    watch,
)
from stepladder.cli.options import app

VERBS = (  # each adds its commands to the app, in this order
    try_out,
    new,
    bakeoff,
    report,
    decide,
    predict,
    ship,
    run,
    watch,
    schedule,
    forget,
    serve,
    token,
    record,
    audit,
)
__all__ = ["VERBS", "app", "do", "main"]


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line; what a person can mend is told in three parts, never as a traceback."""
    # Before anything loads numpy: one thread adds up in one order, so figures are the same bytes
    # whatever the number of cores; and threads that wait spin, on cores that the rungs need.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Most files hold customers' rows: what is made is for its owner alone (core/files.py).
    os.umask(0o077)
    # An exit like any other: whatever is half-written is tidied up, and no rung computes on alone.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    from stepladder.terminal.failure import TERMINATED, failing, readable

    said = list(sys.argv[1:] if words is None else words)
    with failing("--json" in said):
        readable(said)
        do(said)


def do(words: Sequence[str]) -> None:
    """Do a command; once more where it had to be asked first which project a folder is."""
    try:
        app(words, exit_on_error=False, print_error=False)
    except Exception as error:
        from stepladder.terminal.failure import asked_first

        if not asked_first(error, "--json" in words):
            raise
        app(words, exit_on_error=False, print_error=False)
