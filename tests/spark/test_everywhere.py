"""Everybody answered where the data lie: by buckets as by the whole, and nothing of it on the driver."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.core import at_rest
from stepladder.core import model as models
from stepladder.core.asking import Taught
from stepladder.core.cases import everyone
from stepladder.core.errors import CannotStand, Problem
from stepladder.core.question import references
from stepladder.core.rung import Rung, ladder
from stepladder.core.stats import learn_bins
from stepladder.project import everywhere
from stepladder.project.everywhere import Asking, Saved, answered_everywhere
from stepladder.spark.buckets import laid_out

from .worlds import alike

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
    toy, both = toys[name], toys[name].at(toys[name].now)
    cases, foot = everyone(toy.question, both.duckdb), of(name, references(toy.question)[0])
    foot = saved(foot, both.duckdb, tmp_path)
    buckets = laid_out(toy.question, both.spark, room(tmp_path, "laid"), BUCKETS)
    there = pa.concat_tables(pq.read_table(buckets.cases(nth)) for nth in range(BUCKETS))
    alike(cases, there)
    for rung in ladder(questions.folder(name)):
        if rung.engine or not rung.stands(toy.ask):
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
        found, want = at_rest.whole(out), asking.answers(toy.question, both.duckdb, cases)
        try:
            alike(want, found)
        except AssertionError:
            assert not everywhere.right_alone(toy.question, both.spark, asking, task), rung.name


def room(folder, name):
    made = folder / name
    made.mkdir()
    return made


@pytest.fixture
def retention(toys, tmp_path):
    """A world, and what is asked of everybody in it."""
    toy, both = toys["retention"], toys["retention"].at(toys["retention"].now)
    foot = saved(of("retention", "r1_same_for_all"), both.duckdb, tmp_path)
    return toy, both, foot


def test_the_cluster_answers_and_the_driver_hears_a_number(spark, retention, tmp_path):
    toy, both, foot = retention
    best = saved(of("retention", "r3_bg_nbd"), both.duckdb, tmp_path)
    asking, out = Asking(best, foot, TAUGHT, "0" * 64), room(tmp_path, "out")
    limits = spark.sparkContext._jsc.sc().conf()
    before = limits.get("spark.driver.maxResultSize")
    limits.set("spark.driver.maxResultSize", "40k")
    try:
        rows = answered_everywhere(
            toy.question, both.spark, asking, room(tmp_path, "room"), out, number=BUCKETS
        )
        with pytest.raises(Exception, match="maxResultSize"):  # so small that it would be noticed
            both.spark.sql("select * from purchases")
    finally:
        limits.set("spark.driver.maxResultSize", before)
    want = asking.answers(toy.question, both.duckdb, everyone(toy.question, both.duckdb))
    found = at_rest.whole(out)
    assert rows == want.num_rows == found.num_rows
    alike(want, found)
    assert found["low"].null_count == 0
    assert set(found["release"].to_pylist()) == {"0" * 64}
    assert len(at_rest.files(out)) == BUCKETS


def test_a_rung_that_needs_others_rows_is_asked_about_parts_of_all(
    retention, tmp_path, monkeypatch
):
    toy, both, foot = retention
    rung = tmp_path / "r1_own_share.sql"
    rung.write_text(
        "-- Everybody buys as all did.\n"
        "select customer, (select count(*) from purchases) / 1000.0 as prediction from cases"
    )
    models.save({}, tmp_path / "nothing")
    asking = Asking(Saved(Rung(rung, ours=True), tmp_path / "nothing"), foot, Taught())
    monkeypatch.setattr("stepladder.core.cases.PART", 1200)
    out = room(tmp_path, "out")
    answered_everywhere(toy.question, both.spark, asking, room(tmp_path, "room"), out, number=2)
    want = asking.answers(toy.question, both.duckdb, everyone(toy.question, both.duckdb))
    alike(want, at_rest.whole(out), ordered=True)
    assert len(at_rest.files(out)) == 3


def test_what_a_rung_says_is_wrong_is_heard_here(retention, tmp_path):
    toy, both, foot = retention
    rung = tmp_path / "r1_wrong.sql"
    rung.write_text(
        "-- Nobody is answered.\nselect customer, 1.0 as prediction from cases where 1 = 0"
    )
    models.save({}, tmp_path / "nothing")
    asking = Asking(Saved(Rung(rung, ours=True), tmp_path / "nothing"), foot, Taught())
    with pytest.raises(Problem, match="cases missing"):
        answered_everywhere(
            toy.question,
            both.spark,
            asking,
            room(tmp_path, "room"),
            room(tmp_path, "out"),
            number=1,
        )
