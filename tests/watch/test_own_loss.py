"""A loss of one's own: the example of its page, from the bake-off to the watch, and all that is refused."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import toy_projects
from rich.console import Console

import stepladder
from stepladder import questions
from stepladder.core import own_loss
from stepladder.core.errors import Problem
from stepladder.nightly.production import Production
from stepladder.project import bakeoff
from stepladder.project.again import run_again
from stepladder.project.folder import Project
from stepladder.project.report import write_report
from stepladder.release.release import Release
from stepladder.release.ship import ship
from stepladder.terminal import ladder
from stepladder.watch.page import write_page
from stepladder.watch.watch import watch

from .conftest import RUNGS

PAGE = Path(__file__).parents[2] / "docs" / "a-loss-of-your-own.md"
(EXAMPLE,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.S)
SENTENCE = EXAMPLE.splitlines()[0].removeprefix("-- ")
ONE = "-- Everybody costs one.\n"


@pytest.fixture
def two_rungs(monkeypatch):
    """Two rungs, asked in this process: seconds instead of a minute."""
    whole = Project.ladder.fget
    two = property(lambda self: [r for r in whole(self) if r.name in RUNGS])
    monkeypatch.setattr(Project, "ladder", two)
    monkeypatch.setattr(bakeoff, "runner", lambda ask: toy_projects.measured)


def judged(project: Project, text: str) -> Project:
    (project.folder / "loss.sql").write_text(text, encoding="utf-8")
    return Project.open(project.folder)


def value_of_the_top(project: Project, rung: str, cutoff: str) -> float:
    """What those ranked first brought, from the answers that the bake-off kept and the purchases."""
    said = pq.read_table(project.folder / f"bakeoffs/2/{rung}/{cutoff}.parquet")
    value = pc.fill_null(said["value"], 0.0).to_numpy()
    order = np.lexsort((said["customer"].to_numpy(), -said["prediction"].to_numpy(), -value))
    top = said["customer"].take(pa.array(order[:500]))
    came = project.history().sql(
        f"select sum(value) as v from purchases semi join top using (customer) "
        f"where day >= date '{cutoff}' and day < date '{cutoff}' + {project.ask.horizon}",
        top=pa.table({"customer": top}),
    )
    return came["v"][0].as_py()


def test_the_value_of_the_top_500_from_the_bakeoff_to_the_watch(project, two_rungs):
    shop = judged(project, EXAMPLE)
    result = stepladder.run_bakeoff(shop, workers=1)
    last = next(w for w in result.windows if w.role == "report")
    for row in result.rungs:
        best = -value_of_the_top(shop, row.rung, last.now) / last.cases
        assert row.report.loss == pytest.approx(best)
        assert row.report.loss < 0
    assert result.loss_sql == EXAMPLE == stepladder.Project.open(shop.folder).result().loss_sql

    stepladder.decide(shop, RUNGS[1], by="Ada", because="it brings more")
    ship(shop)
    release = Release.load(Production.of(shop).release.hash, shop.folder)
    assert release.manifest.loss == EXAMPLE
    before = watch(shop).realised
    losses = {at.now: at.estimate.loss for row in result.rungs if row.rung == RUNGS[1]
              for at in row.cutoffs}  # fmt: skip
    there = [w for w in before.windows if w.as_of in losses]
    assert there
    for window in there:
        assert window.loss == pytest.approx(losses[window.as_of], rel=1e-12)
    assert before.verdict == "as good"
    assert (before.loss, before.loss_changed) == (SENTENCE, "")
    assert Production.of(shop).changed() == []

    # another loss, and no SQL at all: what was chosen by the first is judged by the first, and it is said
    page = write_report(shop, to=shop.folder / "before.html").read_text("utf-8")
    assert "loss.sql has changed" not in page
    edited = judged(shop, "selec")
    found = watch(edited)
    assert (found.realised.windows, found.realised.loss) == (before.windows, SENTENCE)
    said = "loss.sql has changed since"
    page = write_report(edited, to=shop.folder / "after.html").read_text("utf-8")
    watched = write_page(found, shop.folder / "watch.html").read_text("utf-8")
    for text in (page, watched, *Production.of(edited).changed(), found.realised.loss_changed):
        assert said in text
    assert SENTENCE in page
    assert SENTENCE in watched
    assert html.escape(EXAMPLE, quote=False) in html.unescape(page).replace("<=", "&lt;=")
    assert "place &lt;= 500" in page
    again = run_again(edited, 2, workers=1)
    assert set(again.same) == set(RUNGS)
    assert again.second.loss_sha256 == result.loss_sha256
    assert any(said in each for each in again.changed)
    with pytest.raises(Problem, match=r"loss\.sql cannot be used: it is no SQL"):
        stepladder.run_bakeoff(edited, workers=1)
    assert not (shop.folder / "bakeoffs" / "4").exists()
