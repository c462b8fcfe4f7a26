"""A small shop in production: a toy world, a rung decided on, shipped; made anew for whoever asks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.csv
import pytest

import stepladder
from stepladder.project.record import same
from stepladder.questions.retention import toy
from stepladder.release.ship import ship

SETTINGS = '\n[nightly]\nrefit = 2\nretries = 1\npublish = ["sqlite:///out.db?table=predictions"]\n'


def orders(path: Path, customers: int = 400) -> Path:
    """The orders of a toy world, as a shop would export them."""
    rows = toy.simulate(toy.World(), customers, 5)[0].sort_by(
        [("day", "ascending"), ("row", "ascending")]
    )
    pyarrow.csv.write_csv(rows.drop_columns(["row"]), path)
    return path


@pytest.fixture
def drawn() -> None:
    """Asked for by whoever looks at the page that a night writes."""


@pytest.fixture(autouse=True)
def _no_page(request, monkeypatch) -> None:
    """Its pictures take as long as the rest of the night."""
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr("stepladder.nightly.run._page", lambda production: None)


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """The folder of a shop whose rung has been shipped."""
    folder = tmp_path_factory.mktemp("production")
    made = stepladder.new("retention", str(orders(folder / "orders.csv")), folder / "shop")
    with (made.folder / "question.toml").open("a") as file:
        file.write(SETTINGS)
    made = stepladder.Project.open(made.folder)
    made.record.decide("retention", "r2_rfm_quintiles", by="Mia", because="we can read it")
    ship(made)
    return folder


@pytest.fixture
def shop(template, tmp_path) -> stepladder.Project:
    """A copy of it, with the orders it is made of, to do with as one likes."""
    shutil.copytree(template, tmp_path / "here")
    return at_home(tmp_path / "here" / "shop")


def at_home(folder: Path) -> stepladder.Project:
    """A copied project after somebody said: the same one, in one place more."""
    same(stepladder.Project.open(folder))
    return stepladder.Project.open(folder)
