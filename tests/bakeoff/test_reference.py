"""Of several rungs that may be the reference the bake-off takes the hardest to beat, and it stays that."""

from __future__ import annotations

import math
import shutil
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy_projects

import stepladder
from stepladder import questions
from stepladder.bakeoff.reference import taken
from stepladder.bakeoff.result import from_json, to_json
from stepladder.core.errors import Problem
from stepladder.core.rung import Rung
from stepladder.leave import hashes
from stepladder.leave.bundle import bundle
from stepladder.nightly import steps
from stepladder.nightly.production import Production
from stepladder.project.one_case import predict_one
from stepladder.project.predict import predict
from stepladder.project.reference import reference
from stepladder.watch.page import html

LATELY, EVER = "r1_lately", "r1_one_share"
RECENT = """-- Every parcel comes back as often as those did of which it was learnt in the last six days.
create table model_share as
select avg(case when label = 'back' then 1.0 else 0.0 end) as share
from labels cross join ask where known >= now - interval 6 day;

select cases.*, share as prediction from cases cross join model_share
"""
SILENT = "-- No opinion of anybody.\nselect cases.*, null::double as prediction from cases\n"
START = date(2021, 1, 4)
THEN, LATER = ((122, 150, 178), 200), ((226, 247, 268), 290)  # cutoffs, and the last day


@pytest.fixture(scope="module")
def homes(tmp_path_factory) -> Path:
    """A question like that of parcels, of which two rungs may be the reference; found by path."""
    place = tmp_path_factory.mktemp("questions")
    shutil.copytree(questions.folder("returns"), place / "turns")
    (place / "turns" / "r2_share_by_price.sql").unlink()
    (place / "turns" / "r4_colours.py").unlink()
    (place / "turns" / f"{LATELY}.sql").write_text(RECENT)
    declared = place / "turns" / "__init__.py"
    text = declared.read_text()
    assert f'REFERENCE = "{EVER}"' in text
    declared.write_text(text.replace(f'"{EVER}"', f'("{LATELY}", "{EVER}")', 1))
    return place


@pytest.fixture
def found(homes, monkeypatch) -> None:
    """The question, and every rung answering in this process."""
    monkeypatch.setattr(questions, "__path__", [*questions.__path__, str(homes)])
    for room in ("project.bakeoff", "project.all_cases"):
        monkeypatch.setattr(f"stepladder.{room}.runner", lambda _: toy_projects.measured)


def parcels(folder: Path, days: int) -> dict[str, str]:
    """Fortnights by turns, so that what came lately misleads; from day 200 on nearly all comes back."""
    day = np.repeat(np.arange(days), 10)
    chance = np.where(day >= 200, 0.9, np.where(day // 14 % 2, 0.6, 0.15))
    back = np.random.default_rng(5).random(290 * 10)[: len(day)] < chance
    known = day + np.where(back, 8, 14)
    case = {"shop": day % 3 + 1, "parcel": np.arange(len(day))}
    price = 20.0 + np.arange(len(day)) % 90
    label = np.where(back, "back", "kept").tolist()
    tables = {
        "parcels": pa.table({**case, "day": _dates(day), "price": price}),
        "labels": pa.table({**case, "known": _dates(known), "label": label}).filter(
            pa.array(known < days)
        ),
        "shops": pa.table({"shop": [1, 2, 3], "country": ["de", "fr", "nl"]}),
    }
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return {name: str(folder / f"{name}.parquet") for name in tables}


def _dates(days: np.ndarray) -> pa.Array:
    return pa.array(np.datetime64(START) + days.astype("timedelta64[D]"), pa.date32())


def cutoffs(days: tuple[int, ...]) -> str:
    return f"cutoffs = [{', '.join(str(START + timedelta(days=day)) for day in days)}]\n"


def made(folder: Path) -> stepladder.Project:
    settings = f"{cutoffs(THEN[0])}[turns]\nmature = 7\n"
    project = stepladder.new("turns", parcels(folder, THEN[1]), folder / "p", settings=settings)
    (project.folder / "rungs" / "r2_silent.sql").write_text(SILENT)
    return project


def said(project: stepladder.Project, rung: str) -> float:
    """The one chance that a rung gives every parcel."""
    (chance,) = set(pq.read_table(predict(project, rung=rung))["prediction"].to_pylist())
    return chance


def with_later_data(project: stepladder.Project, folder: Path) -> stepladder.Project:
    parcels(folder, LATER[1])
    project = stepladder.refresh(project)
    file = project.folder / "question.toml"
    file.write_text(file.read_text().replace(cutoffs(THEN[0]), cutoffs(LATER[0])))
    return stepladder.Project.open(project.folder)


def test_the_one_that_was_taken_stays_whatever_later_data_say(found, tmp_path, monkeypatch):
    project = made(tmp_path)
    assert reference(project) == LATELY  # nothing was compared yet: the first that is named
    assert said(project, "r2_silent") == said(project, LATELY) != said(project, EVER)

    result = stepladder.run_bakeoff(project)
    lost = {row.rung: row.choose.loss for row in result.rungs if row.choose}
    assert (result.reference, lost[LATELY] > lost[EVER]) == (EVER, True)
    assert lost["r2_silent"] == lost[EVER]
    why = (
        f"The reference, which every rung must beat, is {EVER}: of {LATELY} and {EVER} it lost less at "
        f"the cutoffs that choose ({lost[EVER]:.3f} against {lost[LATELY]:.3f})."
    )
    assert result.notes[0] == why
    assert from_json(to_json(project.result())).reference == EVER
    page = stepladder.write_report(project).read_text()
    assert f"it lost less at the cutoffs that choose ({lost[EVER]:.3f}" in page
    stepladder.decide(project, "r2_silent", by="Mia", because="to see who answers for it")
    now = project.now()
    assert said(project, "r2_silent") == said(project, EVER) != said(project, LATELY)
    stepladder.ship_decided(project)

    project = with_later_data(project, tmp_path)
    again = stepladder.run_bakeoff(project)
    assert again.reference == LATELY  # by later data the other one would be taken …
    assert reference(project) == EVER  # … and what was decided on keeps its own
    assert said(project, "r2_silent") == said(project, EVER) != said(project, LATELY)
    silent = predict_one(project, case="2/2895")["prediction"][0].as_py()
    assert silent == said(project, EVER)
    production = Production.of(project)
    assert production.release.manifest.reference == EVER
    steps.refit(production, project.now(), tmp_path / "fit.json")
    steps.predict(production, project.now(), tmp_path / "fit.json", tmp_path / "all.parquet")
    assert set(pq.read_table(tmp_path / "all.parquet")["prediction"].to_pylist()) == {silent}

    watched = stepladder.watch_predictions(project)
    judged = watched.realised
    assert (judged.reference, judged.windows[0].as_of) == (EVER, str(now))
    assert [each.gain for each in (*judged.windows, *judged.bakeoff)] == [0.0] * 3
    assert "Loss of “One share”" in html(watched)
    monkeypatch.setattr(hashes, "_asked", lambda pinned: {})  # pip takes its time
    apart = stepladder.Project.open(bundle(project, tmp_path / "bundle") / "project")
    assert reference(apart) == EVER  # without any bake-off: what was shipped says so

    stepladder.decide(project, "r2_silent", by="Mia", because="what came lately tells more now")
    assert said(project, "r2_silent") == said(project, LATELY)
    assert Production.of(project).release.manifest.reference == EVER  # until it is shipped


@pytest.mark.parametrize(
    ("lost", "statuses", "name", "why"),
    [
        ((1.0, 1.0, 1.0), "ok ok ok", "r1_a", "lost no more at"),
        ((2.0, 1.0, 1.0 + 1e-15), "ok ok ok", "r1_b", "(1.000 against 2.000 and 1.000)"),
        ((2.0, 1.0, 0.5), "ok ok killed", "r1_b", "; r1_c did not run: killed."),
        ((2.0, 1.0, 0.5), "killed ok killed", "r1_b", "is r1_b: r1_a did not run: killed; r1_c"),
        ((math.inf, math.inf, 3.0), "ok ok ok", "r1_c", "against inf and inf"),
    ],
)
def test_the_first_of_those_that_lose_least_and_never_one_that_did_not_run(
    monkeypatch, lost, statuses, name, why
):
    question, ran = three(statuses.split())
    losses = dict(zip(question.REFERENCE, lost, strict=True))
    monkeypatch.setattr(
        "stepladder.bakeoff.reference._loss", lambda _, __, each: losses[each.rung.name]
    )
    one = taken(question, [], ran[::-1])  # named first, wherever it ran
    assert one.name == name
    assert why in one.why


def test_where_none_ran_each_says_why(monkeypatch):
    question, ran = three(["killed", "time box", "ok"])
    ran[2].measured.append(None)
    with pytest.raises(Problem) as refused:
        taken(question, [], ran)
    assert "r1_a (killed) and r1_b (time box) and r1_c (no answer at a cutoff)" in str(
        refused.value
    )
    alone, (one, *_) = SimpleNamespace(REFERENCE="r1_a"), three(["ok", "ok", "ok"])[1]
    assert taken(alone, [], [one]) == ("r1_a", [], "")  # there was no choice, so nothing is said


def three(statuses: list[str]):
    names = ("r1_a", "r1_b", "r1_c")
    ran = [
        SimpleNamespace(rung=Rung(Path(f"{name}.sql")), status=status, measured=[], raw=list)
        for name, status in zip(names, statuses, strict=True)
    ]
    return SimpleNamespace(REFERENCE=names), ran
