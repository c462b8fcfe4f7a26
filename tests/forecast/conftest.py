"""One project of articles in shops for all tests here: its bake-off is what costs."""

from __future__ import annotations

import pytest
import toy_projects

import stepladder


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> stepladder.Project:
    """Articles in shops, after their bake-off, decided and forecast."""
    found = toy_projects.made("forecast", tmp_path_factory.mktemp("shops"), "toy_levels")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stepladder.project.bakeoff.runner", lambda _: toy_projects.measured)
        stepladder.run_bakeoff(found)
    stepladder.decide(found, "r3_smoothed", by="Mia", because="it is good enough")
    return found
