"""What a run would do, and why, and how long it will take, before it does it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean
from typing import Any

from stepladder.nightly.keys import STEPS, named
from stepladder.nightly.production import Production
from stepladder.record import Step

LATELY = 50  # runs of a step from which its time is foreseen


@dataclass(frozen=True)
class Planned:
    """One step of one day: "done", or "to do" and why."""

    day: date
    step: str
    state: str
    why: str
    seconds: float | None  # how long it took lately, None where it was never run


@dataclass(frozen=True)
class Plan:
    """Every step of the days asked for, and what is not used because it was edited since it was shipped."""

    steps: tuple[Planned, ...]
    notes: tuple[str, ...]

    @property
    def to_do(self) -> list[Planned]:
        """What is not done yet."""
        return [one for one in self.steps if one.state != "done"]

    @property
    def seconds(self) -> float | None:
        """How long what is to do will take, as it took lately; None where that is not known."""
        known = [one.seconds for one in self.to_do]
        return None if None in known else sum(one for one in known if one is not None)


def plan(production: Production, days: Iterable[date]) -> Plan:
    """Each step of each day: the file that says it is done is there, or why it is not."""
    asked = list(days)
    ran = production.project.record.noted(Step, production.project.ask.question)
    fits = {production.fit_day(day) for day in asked}
    pairs = [("fit", day) for day in sorted(fits)]
    pairs += [(step, day) for day in asked for step in STEPS if step not in ("fit", "watch")]
    pairs += [("check", day) for day in sorted(fits - set(asked)) if not production.shipped_on(day)]
    pairs += [("watch", asked[-1])]
    found = [_planned(production, step, day, ran) for step, day in pairs]
    found.sort(key=lambda one: (one.day, STEPS.index(one.step)))
    return Plan(tuple(found), tuple(production.changed()))


def days_of(since: date, until: date) -> list[date]:
    """Every day from one to another."""
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


def _planned(production: Production, step: str, day: date, ran: list[Step]) -> Planned:
    output = named(production, step, day)
    lately = [one for one in ran if one.step == step and one.status == "done"]
    seconds = fmean(one.seconds for one in lately[-LATELY:]) if lately else None
    if output.path.is_file():
        return Planned(day, step, "done", "", seconds)
    before = [one for one in ran if (one.step, one.day) == (step, day.isoformat())]
    if not before:
        return Planned(day, step, "to do", "never run", seconds)
    if before[-1].key == output.key:
        why = (
            f"failed: {before[-1].detail.splitlines()[0]}"
            if before[-1].status == "failed"
            else "gone"
        )
        return Planned(day, step, "to do", why, seconds)
    return Planned(day, step, "stale", _difference(before, output.parts), seconds)


def _difference(before: list[Step], parts: Mapping[str, Any]) -> str:
    """What has changed since the step was last done."""
    done = [one for one in before if one.status == "done"]
    if not done:
        return "what it is made of has changed since it failed"
    then = json.loads(done[-1].detail)
    now = json.loads(json.dumps(parts))
    return ", ".join(WORDS[name] for name in WORDS if then.get(name) != now.get(name)) or "changed"


WORDS = {
    "code": "stepladder's code has changed",
    "release": "another release was shipped",
    "shipment": "something was shipped or rolled back since",
    "versions": "libraries have changed",
    "data": "rows from before that day came late or changed",
    "publish": "it goes elsewhere now",
    "watch": "KPIs or the watch's settings have changed",
    "said": "other days were published since",
    "bakeoff": "there was another bake-off",
    "fit": "the rung was fitted anew",
}
