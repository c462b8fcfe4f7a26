"""What production runs: the shipped release, its question as it was shipped, and when it learns anew."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import stepladder
from stepladder.bakeoff.run import versions_of
from stepladder.core.ask import ANSWERED
from stepladder.project.folder import Project
from stepladder.project.judged import changed
from stepladder.record import Shipment
from stepladder.release.release import Release
from stepladder.release.ship import in_production, shipments

# the rooms whose code answers depend on, beside the question's own
ROOMS = (
    "core", "people", "money", "tables", "record", "spark", "fence", "bakeoff", "report", "project", "watch",
    "release", "nightly",
)  # fmt: skip
CODE = (".py", ".sql", ".json")


@dataclass(frozen=True)
class Production:
    """A project as it runs at night: with the settings that were shipped, whatever was edited since."""

    project: Project
    shipment: Shipment  # by hand: a ship or a rollback, which decides what is refitted and when
    release: Release

    @staticmethod
    def of(project: Project) -> Production:
        """What is in production. Raises Problem where nothing is, or its files were altered."""
        in_production(project)
        chosen = [s for s in shipments(project) if s.kind != "refit"][-1]
        release = Release.load(chosen.release, project.folder)
        return Production(_as_shipped(project, release), chosen, release)

    def fit_day(self, day: date) -> date:
        """The day as of which the rung that answers on a day has learnt: every so many days from the first.

        A rollback stays as it is until something is shipped.
        """
        first, step = (
            date.fromisoformat(self.release.manifest.as_of),
            self.project.ask.nightly.refit,
        )
        if day >= first and self.shipment.kind == "rollback":
            return first
        return first + timedelta(days=(day - first).days // step * step)

    def shipped_on(self, day: date) -> bool:
        """Whether the release in production was fitted as of this very day."""
        return day.isoformat() == self.release.manifest.as_of

    @cached_property
    def code(self) -> dict[str, Any]:
        """What answers depend on besides the data: code, versions, and what was shipped."""
        manifest = self.release.manifest
        return {
            "code": package_hash(manifest.question),
            "release": self.release.hash,
            "versions": versions_of(manifest.versions),
        }

    def _own(self, name: str) -> list[Any]:
        return [rung for rung in self.project.ladder if rung.name == name]

    def changed(self) -> list[str]:
        """What was edited since it was shipped and is therefore not used, in sentences."""
        manifest, found = self.release.manifest, []
        there = self._own(manifest.rung)
        if not manifest.ours and (
            not there or there[0].path.read_bytes() != manifest.code.encode()
        ):
            found.append(f"rungs/{manifest.rung}{manifest.suffix} has changed since it was shipped")
        today = Project.open(self.project.folder).ask
        edits = [f for f in ANSWERED if getattr(today, f) != getattr(self.release.ask, f)]
        if edits:
            found.append(f"question.toml has changed since: {', '.join(edits)}")
        used = [f"{said}; what was shipped is used until: stepladder ship" for said in found]
        return [*used, *filter(None, [self.other_loss()])]

    def other_loss(self) -> str:
        """That loss.sql is another than the one the rung was chosen by; empty where it is not."""
        manifest, since = self.release.manifest, "the rung in production was chosen"
        return changed(self.project.folder, manifest.loss, since) if manifest.decision else ""


def _as_shipped(project: Project, release: Release) -> Project:
    """The project, asking what was shipped, of today's tables, and judged as it was chosen."""
    kept = {name: getattr(release.ask, name) for name in ANSWERED}
    found = Project(project.folder, project.ask.model_copy(update=kept), project.settings)
    return found.judged_by(release.manifest.loss)


@cache
def package_hash(question: str) -> str:
    """One hash over the code that answers depend on."""
    root = Path(stepladder.__file__).parent
    places = [root / room for room in (*ROOMS, f"questions/{question}")]
    total = hashlib.sha256()
    for file in sorted(f for place in places for f in place.rglob("*") if f.suffix in CODE):
        total.update(f"{file.relative_to(root)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()
