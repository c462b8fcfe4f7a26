"""The libraries that a release answers with, by the names they are installed under."""

from __future__ import annotations

import importlib.metadata

from stepladder.core.rung import Rung
from stepladder.project.scratch import scratch
from stepladder.release.release import Release


def needs(release: Release) -> list[str]:
    """What the rung, and the reference beside it, import beyond what stepladder always has."""
    with scratch() as room:
        rungs: list[Rung] = [release.rung(room), release.reference()]
        modules = {name for rung in rungs for name in rung.needs}
    named = importlib.metadata.packages_distributions()
    return sorted({named.get(name, [name])[0] for name in modules})
