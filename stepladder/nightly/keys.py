"""What a step writes is named by a hash of code, settings and inputs, so nothing old passes for done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from stepladder.nightly.production import Production
from stepladder.release.inputs import inputs

STEPS = ("check", "fit", "predict", "publish", "watch")
ENDINGS = {
    "check": "json",
    "fit": "json",
    "predict": "parquet",
    "publish": "parquet",
    "watch": "json",
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
        return self.folder / "runs" / str(self.day) / f"{self.step}-{self.key}.{ENDINGS[self.step]}"


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
    earlier = [s for s in there if s.path.startswith("published/") and s.as_of < day.isoformat()]
    return hashlib.sha256(repr(sorted({(s.path, s.sha256) for s in earlier})).encode()).hexdigest()


def _bakeoff(production: Production) -> int:
    latest = production.project.record.latest_bakeoff(production.project.ask.question)
    return latest.id if latest else 0


_PARTS = {"check": _check, "fit": _fit, "predict": _predict, "publish": _publish, "watch": _watch}
