"""Everybody answered where the data lie: by buckets as by the whole, and nothing of it on the driver."""

from __future__ import annotations

import sqlite3

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder import Project, questions
from stepladder.core import at_rest
from stepladder.core import model as models
from stepladder.core.asking import Taught, reasons
from stepladder.core.cases import everyone
from stepladder.core.errors import CannotStand, Problem
from stepladder.core.question import references
from stepladder.core.rung import Rung, ladder
from stepladder.core.stats import learn_bins
from stepladder.nightly.run import run
from stepladder.project import everywhere
from stepladder.project.all_cases import answer
from stepladder.project.everywhere import Asking, Saved, answered_everywhere
from stepladder.project.predict import predict
from stepladder.project.scratch import scratch
from stepladder.questions.retention import toy
from stepladder.release.ship import ship
from stepladder.service.published import Published, latest
from stepladder.spark.buckets import laid_out

from .worlds import ADDRESS, alike

BUCKETS = 3
SAID = np.arange(2000) / 100
TAUGHT = Taught(bins=learn_bins(SAID, SAID[::-1]))


def saved(rung, history, folder) -> Saved:
    models.save(rung.fit(history), folder / rung.name)
    return Saved(rung, folder / rung.name)


def of(question, name) -> Rung:
    return next(r for r in ladder(questions.folder(question)) if r.name == name)


@pytest.mark.parametrize("name", questions.names())
def test_every_rung_says_of_a_bucket_what_it_says_of_everybody(toys, name, tmp_path):
    """Or it is found out: then everybody is asked in parts instead."""
    world, both = toys[name], toys[name].at(toys[name].now)
    cases, foot = everyone(world.question, both.duckdb), of(name, references(world.question)[0])
    foot = saved(foot, both.duckdb, tmp_path)
    buckets = laid_out(world.question, both.spark, room(tmp_path, "laid"), BUCKETS)
    there = pa.concat_tables(pq.read_table(buckets.cases(nth)) for nth in range(BUCKETS))
    alike(cases, there)
    for rung in ladder(questions.folder(name)):
        if rung.engine or not rung.stands(world.ask):
            continue
        try:
            asking = Asking(
                saved(rung, both.duckdb, room(tmp_path, f"of {rung.name}")), foot, TAUGHT
            )
        except CannotStand:
            continue
        here, out = room(tmp_path, f"in {rung.name}"), room(tmp_path, f"out {rung.name}")
        task = everywhere.task_of(both.spark, asking, buckets, here, out)
        for nth in range(BUCKETS):
            assert '"wrong": []' in task(nth)
        found, want = at_rest.whole(out), asking.answers(world.question, both.duckdb, cases)
        try:
            alike(want, found)
        except AssertionError:
            assert not everywhere.right_alone(world.question, both.spark, asking, task), rung.name
        few, kept = want.slice(0, 5), models.load(asking.rung.model)
        ways = [reasons(rung, kept, history, few) for history in (both.duckdb, both.spark)]
        if ways[0] is not None:  # the rows that the rung itself says it looked at
            alike(*ways)


def room(folder, name):
    made = folder / name
    made.mkdir()
    return made


@pytest.fixture
def retention(toys, tmp_path):
    """A world, and what is asked of everybody in it."""
    world, both = toys["retention"], toys["retention"].at(toys["retention"].now)
    foot = saved(of("retention", "r1_same_for_all"), both.duckdb, tmp_path)
    return world, both, foot


def test_the_cluster_answers_and_the_driver_hears_a_number(spark, retention, tmp_path):
    world, both, foot = retention
    best = saved(of("retention", "r3_bg_nbd"), both.duckdb, tmp_path)
    asking, out = Asking(best, foot, TAUGHT, "0" * 64), room(tmp_path, "out")
    limits = spark.sparkContext._jsc.sc().conf()
    before = limits.get("spark.driver.maxResultSize")
    limits.set("spark.driver.maxResultSize", "40k")
    try:
        rows = answered_everywhere(
            world.question, both.spark, asking, room(tmp_path, "room"), out, number=BUCKETS
        )
        with pytest.raises(Exception, match="maxResultSize"):  # so small that it would be noticed
            both.spark.sql("select * from purchases")
    finally:
        limits.set("spark.driver.maxResultSize", before)
    want = asking.answers(world.question, both.duckdb, everyone(world.question, both.duckdb))
    found = at_rest.whole(out)
    assert rows == want.num_rows == found.num_rows
    alike(want.drop_columns(["release"]), found.drop_columns(["release"]))
    assert found["low"].null_count == 0
    assert set(found["release"].to_pylist()) == {"0" * 64}
    assert len(at_rest.files(out)) == BUCKETS


def test_a_rung_that_needs_others_rows_is_asked_about_parts_of_all(
    retention, tmp_path, monkeypatch
):
    world, both, foot = retention
    rung = tmp_path / "r1_own_share.sql"
    rung.write_text(
        "-- Everybody buys as all did.\n"
        "select customer, (select count(*) from purchases) / 1000.0 as prediction from cases"
    )
    models.save({}, tmp_path / "nothing")
    asking = Asking(Saved(Rung(rung, ours=True), tmp_path / "nothing"), foot, Taught())
    monkeypatch.setattr("stepladder.core.cases.PART", 1200)
    out = room(tmp_path, "out")
    answered_everywhere(world.question, both.spark, asking, room(tmp_path, "room"), out, number=2)
    want = asking.answers(world.question, both.duckdb, everyone(world.question, both.duckdb))
    alike(want, at_rest.whole(out), ordered=True)
    assert len(at_rest.files(out)) == 3


def test_what_a_rung_says_is_wrong_is_heard_here(retention, tmp_path):
    world, both, foot = retention
    rung = tmp_path / "r1_wrong.sql"
    rung.write_text(
        "-- Nobody is answered.\nselect customer, 1.0 as prediction from cases where 1 = 0"
    )
    models.save({}, tmp_path / "nothing")
    asking = Asking(Saved(Rung(rung, ours=True), tmp_path / "nothing"), foot, Taught())
    with pytest.raises(Problem, match="cases missing"):
        answered_everywhere(
            world.question,
            both.spark,
            asking,
            room(tmp_path, "room"),
            room(tmp_path, "out"),
            number=1,
        )


def test_a_night_on_spark_goes_from_new_to_what_is_served(spark, tmp_path, monkeypatch):
    """Published is the folder that the cluster wrote, with what DuckDB would have said."""
    monkeypatch.setattr("stepladder.nightly.run._page", lambda production: None)  # slow to draw
    monkeypatch.setattr(everywhere, "LEAST", 150)
    shop = shipped(tmp_path, "r2_rfm_quintiles")
    now = shop.now()
    run(shop, since=now, until=now)
    stored = latest(shop)
    folder = shop.folder / stored.path
    assert len(at_rest.files(folder)) == 2
    found = at_rest.whole(folder)
    assert set(found["as_of"].to_pylist()) == {now}
    assert set(found["release"].to_pylist()) == {stored.model_hash}
    everybody = pq.read_table(predict(shop, to=tmp_path / "everybody.parquet"))
    best = predict(shop, top=9, to=tmp_path / "best.csv")
    assert len(best.read_text().splitlines()) == 10
    settings = (shop.folder / "question.toml").read_text().replace('"spark"', '"duckdb"', 1)
    (shop.folder / "question.toml").write_text(settings)
    with scratch() as place:
        said = at_rest.whole(answer(Project.open(shop.folder), stored.rung, now, place).rest)
        served = Published.load(shop, stored, place)
    for rows in (found, everybody):
        alike(said, rows.select(said.column_names))
    (row,) = served.rows([served.find({"customer": said["customer"][5].as_py()})])[0]
    assert row["prediction"] == pytest.approx(said["prediction"][5].as_py())
    with sqlite3.connect(shop.folder / "out.db") as con:
        assert con.execute("select count(*) from predictions").fetchone() == (said.num_rows,)
    assert not list(shop.folder.glob("*stepladder-room-*"))


def shipped(folder, rung):
    """A small shop on Spark whose rung was decided on and shipped."""
    world = toy.simulate(toy.World(), 400, 5)[0].sort_by("row").drop_columns(["row"])
    pyarrow.csv.write_csv(world, folder / "orders.csv")
    made = stepladder.new("retention", str(folder / "orders.csv"), folder / "shop")
    with (made.folder / "question.toml").open("r+") as file:
        said = file.read()
        file.seek(0)
        file.write(f'engine = "spark"\nspark = "{ADDRESS}"\n{said}')
        file.write('\n[nightly]\npublish = ["sqlite:///out.db?table=predictions"]\n')
    made = Project.open(made.folder)
    made.record.decide("retention", rung, by="Mia", because="we can read it")
    ship(made)
    return made
