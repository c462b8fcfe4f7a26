"""One project of articles in shops for all tests here: its bake-off is what costs."""

from __future__ import annotations

import pytest
import toy_projects

import stepladder

KEPT = {"r1_last_season", "r1_last_value", "r3_smoothed", "r3_reconciled"}  # enough, and cheap


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> stepladder.Project:
    """Articles in shops, after their bake-off, decided and forecast."""
    found = toy_projects.made("forecast", tmp_path_factory.mktemp("shops"), "toy_levels")
    cheap = [rung for rung in found.ladder if rung.name in KEPT]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stepladder.Project, "ladder", property(lambda _: cheap))
        patch.setattr("stepladder.project.bakeoff.runner", lambda _: toy_projects.measured)
        stepladder.run_bakeoff(found)
    stepladder.decide(found, "r3_smoothed", by="Mia", because="it is good enough")
    return found
