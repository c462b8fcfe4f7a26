"""What was done about an alarm of the watch: said by somebody, and kept with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stepladder.project.folder import Project
from stepladder.record import Event
from stepladder.record.said import events, say
from stepladder.watch.findings import Alarm

KIND = "alarm done"


def about(alarm: Alarm) -> dict[str, Any]:
    """An alarm as the log names it: it is another once it was quiet in between."""
    return {"alarm": alarm.name, "since": alarm.since}


def acts(project: Project, alarm: Alarm) -> list[Event]:
    """What was done about it, the oldest first."""
    return events(project.record, project.ask.question, KIND, about=about(alarm))


def still_open(project: Project, alarms: Iterable[Alarm]) -> list[Alarm]:
    """The alarms about which nobody has said anything yet."""
    return [alarm for alarm in alarms if not acts(project, alarm)]


def note(project: Project, alarm: Alarm, text: str, by: str, request: str) -> int:
    """Note what was done about it."""
    return say(
        project.record, project.ask.question, KIND, {"text": text},
        by=by, about=about(alarm), request=request,
    )  # fmt: skip
