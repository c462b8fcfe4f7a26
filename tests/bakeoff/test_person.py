"""A person behind the curtain: numbers, words and lists, blind trials, and whom they are compared on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import toy_projects

from stepladder import people
from stepladder.bakeoff.run import run
from stepladder.bakeoff.runs import Setting
from stepladder.core.cases import drawn as cases_drawn
from stepladder.core.cases import everyone, share
from stepladder.core.predictions import check
from stepladder.core.rung import Rung
from stepladder.terminal.ladder import warnings

PERSON = Rung(Path(people.__file__).parent / "r0_person.sql", ours=True)


@pytest.fixture
def parcels(tmp_path):
    return toy_projects.made("returns", tmp_path)


def bakeoff(project, folder: Path, *, person: bool = True):
    """The bake-off of the two lowest rungs, and of the person, in this process."""
    folder.mkdir()
    rungs = [PERSON] * person + [
        r for r in project.ladder if r.name in ("r1_one_share", "r2_share_by_price")
    ]
    data = {name: {"fingerprint": "", "report": {}} for name in project.data}
    setting = Setting("returns", project.question, project.history(folder), rungs, folder / "runs",
                      folder, 1, toy_projects.measured)  # fmt: skip
    return run(setting, data, project.settings)


def cutoffs(project) -> list[date]:
    return list(project.ask.cutoffs)


def answer(project, day: date, *, trial: str, every: int) -> pa.Table:
    """Somebody looks at some parcels of a day: dear ones come back, they think."""
    cases = everyone(project.question, project.history().at(day))
    drawn = cases.take(pa.array(range(0, cases.num_rows, every)))
    dear = project.history().sql("select cases.* , dear from cases natural left join dear", drawn)
    said = [(row, 0.5 if row.pop("dear") else "kept") for row in dear.to_pylist()]
    project.record.answer("returns", said, by="Cy", as_of=str(day), trial=trial)
    return drawn


def test_a_person_is_compared_on_the_cases_drawn_for_them_and_no_others(parcels, tmp_path):
    drawn = {day: answer(parcels, day, trial="first", every=9) for day in cutoffs(parcels)}
    alone = {
        row.rung: row for row in bakeoff(parcels, tmp_path / "without", person=False).result.rungs
    }
    found = bakeoff(parcels, tmp_path / "with")
    rows = {row.rung: row for row in found.result.rungs}
    assert rows["r0_person"].status == "ok"
    for name in alone:  # whoever answered everybody is compared as if there were nobody beside them
        assert rows[name].choose == alone[name].choose
        assert rows[name].report == alone[name].report
    last = found.replays[-1]
    some = drawn[last.holdout.past.now]
    said = found.scored["r0_person"][-1].predictions
    mine = said.filter(
        pa.array([row["parcel"] in set(some["parcel"].to_pylist()) for row in said.to_pylist()])
    )
    loss = parcels.question.loss(mine, last.known, last.holdout.later, some)
    assert rows["r0_person"].report.loss == pytest.approx(np.mean(loss["loss"].to_numpy()))
    assert mine.equals(said)  # whom they did not answer is in none of their figures
    (total,) = (one for one in rows["r0_person"].measures if one.name == "total")
    came = parcels.question.outcome(last.known, last.holdout.later, some)["actual"].to_pylist()
    assert total.value == pytest.approx(
        sum(mine["prediction"].to_pylist()) / max(came.count("back"), 1)
    )
    at = rows["r0_person"].cutoffs
    assert [one.cases for one in at] == [len(drawn[day]) for day in cutoffs(parcels)]
    assert {one.nulls for one in at} == {0}
    assert sum(one.cases for one in rows["r0_person"].calibration) <= some.num_rows
    assert f"compared on the {sum(map(len, drawn.values()))} cases" in " ".join(
        warnings(found.result)
    )
    assert mine["prediction"].null_count == 0
    assert rows["r0_person"].report.loss_high > rows["r0_person"].report.loss_low


def test_whom_a_person_answered_is_judged_whatever_the_lots_say(parcels, tmp_path):
    """They were drawn at random too, for them; the sample is of a hundred, theirs of a ninth of all."""
    ask = parcels.ask.model_copy(update={"sample": 100})
    parcels = replace(parcels, ask=ask)
    drawn = {day: answer(parcels, day, trial="first", every=9) for day in cutoffs(parcels)}
    found = bakeoff(parcels, tmp_path / "with")
    rows = {row.rung: row for row in found.result.rungs}
    assert rows["r0_person"].status == "ok"
    for replay in (each for each in found.replays if each.holdout.cases is None):
        theirs = drawn[replay.holdout.past.now].to_pylist()
        judged = replay.cases.to_pylist()
        lots, _ = cases_drawn(
            parcels.question, replay.holdout.past, share(parcels.question, parcels.history())
        )
        assert sorted(map(str, judged)) == sorted({*map(str, theirs), *map(str, lots.to_pylist())})
        assert len(theirs) < len(judged) < replay.everybody
    said = found.scored["r0_person"][-1].predictions
    assert said.num_rows == len(theirs)  # and nobody else was answered in their place


def test_without_cases_drawn_at_random_a_person_is_not_compared(parcels, tmp_path):
    first, last = cutoffs(parcels)
    answer(parcels, first, trial="first", every=9)
    answer(parcels, last, trial="", every=9)  # picked by themselves
    found = {row.rung: row for row in bakeoff(parcels, tmp_path / "with").result.rungs}
    assert found["r0_person"].status.startswith("not compared: no cases drawn at random")
    assert str(last) in found["r0_person"].status
    assert found["r2_share_by_price"].status == "ok"


def test_what_is_said_today_of_the_past_reaches_no_past_cutoff_but_its_own_if_blind(
    parcels, tmp_path
):
    first, last = cutoffs(parcels)
    answer(parcels, first, trial="first", every=40)
    answer(parcels, last, trial="", every=40)
    history = parcels.history(tmp_path)
    for day, heard in ((first, True), (last, False)):
        at = history.at(day)
        cases = everyone(parcels.question, at)
        said = check(PERSON.predict({}, at, cases), parcels.question, cases)
        assert (said["prediction"].null_count < cases.num_rows) is heard
    assert set(said["prediction"].drop_null().to_pylist()) <= {0.0, 0.5}


def test_a_list_is_answered_item_by_item_and_the_last_list_counts(tmp_path):
    films = toy_projects.made("recommend", tmp_path)
    for items in ([7, 8, 9], [3, 1]):
        said = [
            ({"person": 5, "item": item}, float(len(items) - i)) for i, item in enumerate(items)
        ]
        films.record.answer("recommend", said, by="Cy", trial="t", as_of=str(films.now()))
    history = films.history(tmp_path)
    cases = pa.table({"person": [4, 5]})
    listed = check(PERSON.predict({}, history, cases), films.question, cases)
    assert listed["person"].to_pylist() == [4, 5, 5]
    assert listed["item"].to_pylist() == [None, 3, 1]
