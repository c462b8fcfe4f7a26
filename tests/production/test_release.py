"""What goes into production: only what was decided on, named by its bytes, and one can go back."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from datetime import timedelta

import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.core.errors import Problem
from stepladder.nightly.forget import forget
from stepladder.nightly.production import Production
from stepladder.nightly.run import run
from stepladder.project.forgotten import forgotten
from stepladder.project.record import begin_anew
from stepladder.record import Step
from stepladder.release.release import Release
from stepladder.release.ship import in_production, models, rollback, ship
from stepladder.service.published import latest
from stepladder.service.served import Served


def test_only_what_was_decided_on_is_shipped(shop):
    with pytest.raises(Problem, match="not what was decided on: Mia decided on r2_rfm_quintiles"):
        ship(shop, rung="r1_bought_lately")
    forced = ship(shop, rung="r1_bought_lately", force="a trial until Friday")
    assert (forced.decision, forced.because) == (None, "a trial until Friday")
    manifest = Release.load(forced.release, shop.folder).manifest
    assert (manifest.decision, manifest.forced) == (None, "a trial until Friday")
    with pytest.raises(Problem, match="no rung was named"):
        ship(stepladder.Project.open(_undecided(shop)), force="x")


def _undecided(shop):
    toml = shop.folder / "question.toml"
    toml.write_text(toml.read_text().replace("seed", 'record = "sqlite:///other.db"\nseed', 1))
    begin_anew(stepladder.Project.open(shop.folder))
    return shop.folder


def test_the_same_inputs_make_the_same_release(shop):
    first = in_production(shop)
    assert ship(shop).release == first.release
    manifest = Release.load(first.release, shop.folder).manifest
    assert manifest.decision["by"] == "Mia"
    assert manifest.decision["because"] == "we can read it"
    assert manifest.alone == ""
    assert "orders.csv" not in json.dumps(manifest.ask)


def test_one_goes_back_and_sees_what_was_there(shop):
    first = in_production(shop)
    ship(shop, rung="r1_bought_lately", force="a trial")
    back = rollback(shop, because="it was worse")
    assert back.release == first.release
    found = models(shop)
    assert [one.shipment.kind for one in found] == ["rollback", "ship", "ship"]
    assert [one.current for one in found] == [True, False, False]
    assert found[-1].because == "we can read it"
    for to in ("0000", ""):  # the first is where going back ends; what was rolled away stays away
        with pytest.raises(Problem, match="no earlier release"):
            rollback(shop, to=to)


def test_after_a_rollback_the_earlier_release_is_published_again(shop):
    now, first = shop.now(), in_production(shop).release
    run(shop, since=now, until=now)
    ship(shop, rung="r1_bought_lately", force="a trial")
    run(shop, since=now, until=now, accept="a trial")
    rollback(shop)
    assert [one.step for one in run(shop, since=now, until=now, accept="back").plan.to_do] == [
        "publish",
        "watch",
    ]
    assert latest(shop).model_hash == first
    with sqlite3.connect(shop.folder / "out.db") as con:
        assert con.execute("select distinct release from predictions").fetchall() == [(first,)]
    accepted = [json.loads(s.detail).get("accepted") for s in shop.record.noted(Step)]
    assert accepted[-1] == "back"


def test_a_damaged_model_is_mended_by_shipping_again(shop):
    model = Release.load(in_production(shop).release, shop.folder).manifest.model
    file = next(p for p in (shop.folder / "models" / model).iterdir() if p.stat().st_size)
    file.write_bytes(b"")
    with pytest.raises(Problem, match="ship again"):
        Release.load(in_production(shop).release, shop.folder)
    ship(shop)
    release = Release.load(in_production(shop).release, shop.folder)
    _linked_folder(shop, release)
    _linked_manifest(shop, release)
    ship(shop)
    Release.load(release.hash, shop.folder)


def test_a_rung_of_ones_own_runs_as_it_was_shipped(shop):
    path = shop.folder / "rungs" / "r1_ours.sql"
    path.write_text("-- Everyone buys once.\nselect customer, 1.0 as prediction from cases\n")
    shop.record.decide("retention", "r1_ours", by="Mia", because="x")
    ship(shop)
    path.write_text("-- Everyone buys twice.\nselect customer, 2.0 as prediction from cases\n")
    production = Production.of(stepladder.Project.open(shop.folder))
    assert "r1_ours.sql has changed" in production.changed()[0]
    run(shop, since=shop.now(), until=shop.now())
    (file,) = (shop.folder / "published").glob("*.parquet")
    assert set(pq.read_table(file)["prediction"].to_pylist()) == {1.0}


def _altered(shop, release):
    model = next((shop.folder / "models" / release.manifest.model).glob("*.parquet"))
    model.write_bytes(model.read_bytes()[:-1] + b"x")


def _gone(shop, release):
    (shop.folder / "models" / release.manifest.model).rename(shop.folder / "models" / "elsewhere")


def _manifest_altered(shop, release):
    path = shop.folder / "releases" / f"{release.hash}.json"
    path.write_bytes(path.read_bytes().replace(b"Mia", b"Bob"))


def _led_elsewhere(path):
    path.rename(path.with_suffix(".kept"))
    path.symlink_to(path.with_suffix(".kept"))


def _linked_file(shop, release):
    folder = shop.folder / "models" / release.manifest.model
    path = next(folder.glob("*.parquet"))
    path.rename(shop.folder / "elsewhere")
    path.symlink_to(shop.folder / "elsewhere")  # the same bytes, for now


def _linked_folder(shop, release):
    _led_elsewhere(shop.folder / "models" / release.manifest.model)


def _linked_manifest(shop, release):
    _led_elsewhere(shop.folder / "releases" / f"{release.hash}.json")


def _piped(shop, release):
    path = next((shop.folder / "models" / release.manifest.model).glob("*.parquet"))
    path.unlink()
    os.mkfifo(path)  # whoever opens it waits for ever


def _piped_manifest(shop, release):
    path = shop.folder / "releases" / f"{release.hash}.json"
    path.unlink()
    os.mkfifo(path)


HARM = [
    (_linked_file, "is no plain file"),
    (_linked_folder, "is no plain file"),
    (_linked_manifest, "is no plain file"),
    (_piped, "is no plain file"),
    (_piped_manifest, "is no plain file"),
    (_altered, "not what its name says"),
    (_gone, "is gone from models"),
    (_manifest_altered, "not what its name says"),
]


@pytest.mark.parametrize(("harm", "said"), HARM)
def test_what_was_tampered_with_is_not_loaded(shop, harm, said):
    name = in_production(shop).release
    harm(shop, Release.load(name, shop.folder))
    with pytest.raises(Problem, match=said):
        Production.of(shop)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "", "no/such", "0" * 64])
def test_names_lead_nowhere_else(shop, name):
    with pytest.raises(Problem, match="there is no release"):
        Release.load(name, shop.folder)


def test_a_release_of_a_newer_version_is_refused(shop):
    name = in_production(shop).release
    raw = json.loads((shop.folder / "releases" / f"{name}.json").read_text())
    body = json.dumps({**raw, "format": 99, "made_with": "9.0", "novelty": 1}).encode()
    newer = hashlib.sha256(body).hexdigest()
    (shop.folder / "releases" / f"{newer}.json").write_bytes(body)
    with pytest.raises(Problem, match=r"made by stepladder 9\.0, in format 99"):
        Release.load(newer, shop.folder)


def test_somebody_forgotten_is_nowhere_and_stays_away(shop):
    now = shop.now()
    run(shop, since=now, until=now)
    shop.record.answer("retention", [({"customer": 7}, 1.0)], by="Cy")
    (shop.folder / "out.db").rename(shop.folder / "elsewhere.db")
    (shop.folder / "out.db").write_bytes(b"no database at all")
    with pytest.raises(Problem, match="cannot be taken out of sqlite"):
        forget(shop, "007")
    assert [7] in forgotten(shop)  # from the first moment
    (shop.folder / "elsewhere.db").rename(shop.folder / "out.db")
    found = forget(shop, "007")
    assert found.rows.keys() == {"sqlite"}
    for path in shop.folder.rglob("*.parquet"):
        table = pq.read_table(path)
        if "customer" in table.column_names:
            assert 7 not in table["customer"].to_pylist(), path
    stored = next(
        s for s in shop.record.predictions("retention") if s.path.startswith("published/")
    )
    body = (shop.folder / stored.path).read_bytes()
    assert hashlib.sha256(body).hexdigest() == stored.sha256
    again = stepladder.refresh(shop)
    assert again.history().sql("select * from purchases where customer = 7").num_rows == 0
    report = again.data_report("purchases")
    assert report["rows_read"] == report["rows_kept"] + sum(d["count"] for d in report["dropped"])
    assert forget(again, "7").total == 0  # what is done already may be asked for again
    with pytest.raises(Problem, match=r"(?s)nobody has the id '424242' here.*nothing was erased"):
        forget(again, "424242")


def test_what_a_person_said_is_published_and_served_but_not_made_up_for_somebody_new(
    shop, monkeypatch
):
    day = shop.now()
    monkeypatch.setattr("stepladder.record.store.now", lambda: f"{day - timedelta(days=1)}T9")
    shop.record.answer("retention", [({"customer": 7}, 41.0)], by="Cy")
    monkeypatch.undo()
    ship(shop, rung="r0_person", force="a person behind the curtain, for a week")
    run(shop, since=day, until=day, fresh=False)
    served = Served.load("shop", shop.folder)
    assert served.alone is None
    assert "nightly" in served.about()["newcomers"]
    first, last = served.published.find({"customer": 7})
    assert [row["prediction"] for row in served.published.rows([(first, last)])[0]] == [41.0]
