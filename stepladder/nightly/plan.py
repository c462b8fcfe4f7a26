"""What a run would do, and why: each step's output is named by what it is made of, and is there or not.

The name is a hash of code, settings and inputs, so nothing old passes for done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from stepladder.nightly.production import Production
from stepladder.record import Step
from stepladder.release.inputs import inputs

LATELY = 50  # runs of a step from which its time is foreseen
STEPS = ("check", "fit", "predict", "publish", "watch")
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


@dataclass(frozen=True)
class Named:
    """A step's output for a day: what its name was made of, and where it is."""

    step: str
    day: date
    parts: Mapping[str, Any]
    folder: Path

    @property
    def key(self) -> str:
        """The hash of its parts."""
        plain = json.dumps({"step": self.step, "day": str(self.day), **self.parts}, sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:16]

    @property
    def path(self) -> Path:
        """The file that says that the step is done."""
        if self.step == "publish":
            return self.folder / "published" / f"{self.day}-{self.key}.parquet"
        ending = "parquet" if self.step == "predict" else "json"
        return self.folder / "runs" / str(self.day) / f"{self.step}-{self.key}.{ending}"


def named(production: Production, step: str, day: date) -> Named:
    """The output of a step for a day, as things are now."""
    return Named(step, day, _PARTS[step](production, day), production.project.folder)


def _check(production: Production, day: date) -> dict[str, Any]:
    return {**production.code, "data": inputs(production.project, day)}


def _fit(production: Production, day: date) -> dict[str, Any]:
    """As shipped on its own day, whatever became of the data since.

    A fit takes its intervals from the errors of the latest bake-off.
    """
    if production.shipped_on(day):
        return production.code
    return {**_check(production, day), "bakeoff": _bakeoff(production)}


def _predict(production: Production, day: date) -> dict[str, Any]:
    fitted = named(production, "fit", production.fit_day(day))
    return {**_check(production, day), "fit": fitted.key}


def _publish(production: Production, day: date) -> dict[str, Any]:
    """With what was shipped by hand last: after a rollback the days of before it are told again."""
    where = list(production.project.ask.nightly.publish)
    last = production.shipment.id
    return {**_predict(production, day), "publish": where, "shipment": last}


def _watch(production: Production, day: date) -> dict[str, Any]:
    ask = production.project.ask
    watched = {name: getattr(ask, name) for name in ("watch", "kpis", "kris")}
    plain = json.loads(ask.model_dump_json(include=set(watched)))
    return {**_publish(production, day), "watch": plain, "bakeoff": _bakeoff(production),
            "said": _said(production, day)}  # fmt: skip


def _said(production: Production, day: date) -> str:
    """What was published of earlier days: it is what the watch judges."""
    there = production.project.record.predictions(production.project.ask.question)
    earlier = [s for s in there if s.published and s.as_of < day.isoformat()]
    return hashlib.sha256(repr(sorted({(s.path, s.sha256) for s in earlier})).encode()).hexdigest()


def _bakeoff(production: Production) -> int:
    latest = production.project.record.latest_bakeoff(production.project.ask.question)
    return latest.id if latest else 0


_PARTS = {"check": _check, "fit": _fit, "predict": _predict, "publish": _publish, "watch": _watch}


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
    """Every step of the days asked for, and what is not used because it was edited since it was shipped.

    sources: what reading them would bring, where that was foreseen too.
    """

    steps: tuple[Planned, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...] = ()

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
    if output.path.exists():
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
