"""Nights on which ids are of another type than when the rung was shipped: told, stopped, or learnt anew."""

from __future__ import annotations

import logging
import random
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.core.errors import Problem
from stepladder.project.all_cases import as_typed_now
from stepladder.release.ship import ship


def night(project, ids):
    """The next day's sales, whose last is already of the day after; and the run for it."""
    day = stepladder.Project.open(project.folder).now()
    with (project.folder.parent / "orders.csv").open("a") as file:
        for one in ids:
            file.write(f"{one},{day},10.0\n")
        file.write(f"7,{day + timedelta(1)},10.0\n")
    stepladder.run_nightly(project, since=day + timedelta(1), until=day + timedelta(1))
    return stepladder.Project.open(project.folder)


def published(project):
    return pq.read_table(max((project.folder / "published").glob("*.parquet")))


def test_a_slip_is_told_once_many_stop_and_what_is_learnt_anew_is_shipped(shop, caplog):
    toml = shop.folder / "question.toml"
    toml.write_text(toml.read_text().replace("sqlite:///out.db", "duckdb:///out.duckdb"))
    shop = stepladder.Project.open(shop.folder)
    with caplog.at_level(logging.WARNING, "stepladder"):
        shop = night(shop, ["A12", "8", "9"])
        shop = night(shop, ["8", "9"])
    told = [one.getMessage() for one in caplog.records if "whole number" in one.getMessage()]
    assert len(told) == 1
    assert "--relearn" in told[0]
    assert published(shop)["customer"].type == pa.int64()
    last = shop.now()
    with pytest.raises(Problem, match="no whole number") as stop:
        night(shop, ["B1", "B2", "B3"])
    assert "stepladder refresh --relearn" in stop.value.remedy
    assert stepladder.Project.open(shop.folder).now() == last
    shop = stepladder.relearn(stepladder.Project.open(shop.folder))
    with pytest.raises(Problem, match="customer in purchases is text now, and was integer") as stop:
        stepladder.run_nightly(shop, since=shop.now(), until=shop.now())
    assert "stepladder ship" in stop.value.remedy
    ship(shop)
    with pytest.raises(Problem, match="holds whole numbers in customer") as stop:
        stepladder.run_nightly(shop, since=shop.now(), until=shop.now())
    assert "alter table" in stop.value.remedy
    (shop.folder / "out.duckdb").unlink()
    stepladder.run_nightly(shop, since=shop.now(), until=shop.now())
    assert {"A12", "B1", "7"} <= set(published(shop)["customer"].to_pylist())


def test_what_was_said_of_whole_numbers_is_known_among_texts_and_the_other_way(shop):
    said = pa.table({"customer": ["1", "A12", "007"], "prediction": [0.1, 0.2, 0.3]})
    assert as_typed_now(shop, said).to_pydict() == {"customer": [1], "prediction": [0.1]}


def test_an_item_of_another_type_is_left_out_and_the_others_have_their_lists(tmp_path, caplog):
    r, first = random.Random(1), date(2024, 1, 1)
    bought = [f"{r.randrange(60)},{min(r.randrange(40), r.randrange(40))}" for _ in range(1200)]
    days = (first + timedelta(i // 8) for i in range(len(bought)))
    sold = [f"{one},{day}" for one, day in zip(bought, days, strict=True)]
    (tmp_path / "sold.csv").write_text("\n".join(["customer,item,date", *sold, ""]))
    goods = "".join(f"{i},thing {i},{30 + i % 5}\n" for i in range(40))
    (tmp_path / "goods.csv").write_text("item,title,size\n" + goods)
    sources = {"interactions": str(tmp_path / "sold.csv"), "items": str(tmp_path / "goods.csv")}
    shop = stepladder.new("recommend", sources, tmp_path / "p")
    shop.record.decide("recommend", "r3_item_neighbours", by="Mia", because="plain")
    ship(shop)
    day = shop.now()
    with (tmp_path / "sold.csv").open("a") as file:
        file.write(f"1,A12,{day}\n2,3,{day}\n1,2,{day + timedelta(1)}\n")
    with caplog.at_level(logging.WARNING, "stepladder"):
        stepladder.run_nightly(shop, since=day + timedelta(1), until=day + timedelta(1))
    assert "1 value of item is no whole number" in caplog.text
    assert published(shop)["item"].type == pa.int64()
