"""A service and a timer for systemd; a night that the machine slept through is made up for."""

from __future__ import annotations

from stepladder.leave.schedule.call import Call
from stepladder.record.address import user

SERVICE = """\
[Unit]
Description=stepladder: the nightly run of {question}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={user}
# exit code 1 is an alarm of the watch and 2 an error: either way the unit has failed, and is seen
ExecStart={command}
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=full
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectControlGroups=true
RestrictSUIDSGID=true
LockPersonality=true
"""
TIMER = """\
[Unit]
Description=stepladder: every night, the run of {question}

[Timer]
OnCalendar=*-*-* {hour:02}:{minute:02}:00
Persistent=true
Unit={name}.service

[Install]
WantedBy=timers.target
"""


def files(call: Call) -> dict[str, str]:
    """Two units for /etc/systemd/system; then: systemctl enable --now NAME.timer."""
    service = SERVICE.format(question=call.question, user=user(), command=started(call.command))
    timer = TIMER.format(question=call.question, hour=call.hour, minute=call.minute, name=call.name)
    return {f"{call.name}.service": service, f"{call.name}.timer": timer}


def started(words: list[str]) -> str:
    """A command as systemd reads it; the colon says that no $ in it is a variable."""
    return ":" + " ".join(_word(word) for word in words)


def _word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
