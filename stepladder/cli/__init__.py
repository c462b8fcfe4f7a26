"""The command line: a file a verb, each a short function; the work is done in stepladder.project."""

from __future__ import annotations

import sys

from stepladder.cli import bakeoff, decide, new, predict, report, try_out
from stepladder.cli.options import app

VERBS = (try_out, new, bakeoff, report, decide, predict)  # each adds its commands to the app
__all__ = ["VERBS", "app", "main"]


def main() -> None:
    """Run the command line; what a person can mend is told in three parts, never as a traceback."""
    from stepladder.terminal.failure import failing

    with failing("--json" in sys.argv):
        app(exit_on_error=False, print_error=False)
