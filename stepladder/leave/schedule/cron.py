"""A line for crontab: the nightly run, its output kept in the project's log."""

from __future__ import annotations

import shlex

from stepladder.core.errors import Problem
from stepladder.leave.schedule.call import Call


def files(call: Call) -> dict[str, str]:
    """The line, with what it does above it. Raises Problem on a path that crons read differently."""
    log = shlex.quote(f"{call.project}/stepladder.log")
    command = f"{shlex.join(call.command)} >> {log} 2>&1"
    if "\\" in command:
        raise Problem(
            f"the path {call.project} has a backslash",
            "crons differ in how they read one",
            "rename the folder, or use another scheduler: stepladder schedule systemd",
        )
    # a bare % is a line break to cron, also between quotes
    line = f"{call.cron} {command}".replace("%", r"\%")
    return {
        "crontab": f"# stepladder: the nightly run of {call.question}; add it by crontab -e\n{line}\n"
    }
