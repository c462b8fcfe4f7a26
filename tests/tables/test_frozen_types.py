"""What `new` found columns and clocks to be stays so; a source that breaks it is named, or learnt anew."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.core.errors import Problem
from stepladder.project.cleaning import Chosen, cleaned
from stepladder.tables import Choices, Column, TableSpec, choose, clean, look

from .conftest import PURCHASES, TODAY

FIRST = date(2023, 1, 1)


class Shop:
    """A project of a small shop, and its export, to which rows are appended."""

    def __init__(self, room, ids, more=lambda i: ""):
        self.source, self.more, self.n = room / "orders.csv", more, 0
        extra = ",size" if more(0) else ""
        self.source.write_text(f"customer,date,amount{extra}\n")
        self.sell(ids)
        self.project = stepladder.new("retention", str(self.source), room / "p")

    def sell(self, ids):
        with self.source.open("a") as file:
            for one in ids:
                day = FIRST + timedelta(self.n)
                file.write(f"{one},{day},{self.n + 1}{self.more(self.n)}\n")
                self.n += 1

    def night(self, ids=()):
        self.sell(ids)
        self.project = stepladder.refresh(stepladder.Project.open(self.project.folder))
        return pq.read_table(self.project.table("purchases"))

    @property
    def report(self):
        return self.project.read["purchases"]


def numbers(n=400):
    return [str(i % 40 + 1) for i in range(n)]


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path, numbers())


def test_a_slip_is_left_out_and_told_with_its_line(shop):
    table = shop.night(["5", "A12", "6"])
    assert table["customer"].type == pa.int64()
    assert table.num_rows == 402
    assert {one.reason: (one.count, one.examples[0][0]) for one in shop.report.dropped} == {
        "other type of customer": (1, 403)
    }
    (told,) = shop.report.warnings
    assert told.kind == "other-type"
    assert "1 value of customer is no whole number" in told.said
    assert "line 403" in told.said
    assert "A12" in told.said
    assert "stepladder refresh --relearn" in told.said


def test_many_stop_the_night_although_they_are_few_of_all_and_relearning_takes_them(shop):
    before = shop.project.settings
    with pytest.raises(Problem) as stop:
        shop.night(["A12", "5", "A13", "A14", "7"])
    assert "'A12' (line 402)" in stop.value.given
    assert "stepladder refresh --relearn" in stop.value.remedy
    assert (shop.project.folder / "question.toml").read_text() == before
    seen = []
    anew = stepladder.relearn(
        stepladder.Project.open(shop.project.folder), lambda changes: seen.extend(changes) or True
    )
    assert (
        "type of customer",
        "integer",
        "text",
    ) not in seen  # what it was cannot be read any more
    assert seen[0].what == "reading it as it was before"
    assert pq.read_schema(anew.table("purchases")).field("customer").type == pa.string()
    assert shop.night(["8"])["customer"].type == pa.string()


def test_relearning_says_that_a_type_changes(shop):
    shop.night(["A12"])
    seen = []
    stepladder.relearn(shop.project, lambda changes: seen.extend(changes) or True)
    assert ("purchases", "type of customer", "integer", "text") in [tuple(one) for one in seen]


def test_text_stays_text_where_all_happen_to_be_numbers(tmp_path):
    shop = Shop(tmp_path, [*numbers(), "A7"])
    text = shop.source.read_text()
    shop.source.write_text("".join(re.sub("^A7,.*\n", "", line) for line in text.splitlines(True)))
    table = shop.night(["8"])
    assert table["customer"].type == pa.string()
    assert table.num_rows == 401


@pytest.mark.parametrize("write", ["{:05d}", "{}.0", "{}.00"])
def test_whole_numbers_that_a_program_wrote_otherwise_are_the_same(shop, write):
    before = shop.night()
    head, *lines = shop.source.read_text().splitlines()
    other = (line.partition(",") for line in lines)
    shop.source.write_text(
        "\n".join([head, *(f"{write.format(int(one))},{rest}" for one, _, rest in other)]) + "\n"
    )
    assert shop.night().equals(before)


@pytest.mark.parametrize("forget", [False, True])
def test_a_project_of_before_keeps_the_types_of_its_clean_table(shop, forget):
    """Where its data are lost as well, they are found anew, as they were then."""
    toml = shop.project.folder / "question.toml"
    text = re.sub(r"\[tables.purchases.choices.types\]\n.*\n", "", toml.read_text())
    toml.write_text(text.replace("version = 3", "version = 2"))
    if forget:
        for file in (shop.project.folder / "data").iterdir():
            file.unlink()
    kind = pa.string() if forget else pa.int64()
    assert shop.night(["A12"])["customer"].type == kind
    assert shop.night(["5"])["customer"].type == kind
    again = shop.project.settings
    shop.night()
    assert shop.project.settings == again


def test_what_was_found_is_in_the_question_and_outlives_the_data(shop):
    for file in (shop.project.folder / "data").iterdir():
        file.unlink()
    assert shop.night(["A12"])["customer"].type == pa.int64()


def test_a_type_that_there_is_none_of_is_refused(shop):
    toml = shop.project.folder / "question.toml"
    toml.write_text(toml.read_text().replace('customer = "integer"', 'customer = "whole"'))
    with pytest.raises(Problem, match="'whole'"):
        shop.night()


# Columns beside the question's own.

ITEM = Column("item", "id", True, ("sku",), "what it was")
ITEMS = TableSpec("items", (ITEM,), key=("item",), time=None, rest=True, unique=True)


def catalogue(tmp_path, lines, before=None):
    path = tmp_path / "items.csv"
    path.write_text("item,size,kind\n" + "\n".join(lines) + "\n")
    choices = before or choose(look(str(path), ITEMS, {}), ask_user=None, today=TODAY)
    return cleaned([ITEMS], {"items": Chosen(str(path), choices)})["items"]


GOODS = [f"{i},{30 + i % 9},tea" for i in range(100)]


def test_words_in_a_column_of_numbers_are_left_empty_and_told(tmp_path):
    first = catalogue(tmp_path, GOODS)
    assert dict(first.report.choices.types) == {"item": "integer", "size": "number", "kind": "text"}
    found = catalogue(tmp_path, [*GOODS, "100,XL,tea"], first.report.choices)
    assert found.table["size"].type == pa.float64()
    assert found.table["size"].null_count == 1
    (told,) = found.report.warnings
    assert "XL" in told.said
    assert "(from line 102 on)" in told.said
    with pytest.raises(Problem, match=r"'XL' \(line 102\)"):
        catalogue(
            tmp_path, [*GOODS, *(f"{i},XL,tea" for i in range(100, 110))], first.report.choices
        )


def test_numbers_in_a_column_of_words_stay_words(tmp_path):
    first = catalogue(tmp_path, GOODS)
    found = catalogue(tmp_path, [f"{i},{30 + i % 9},7" for i in range(100)], first.report.choices)
    assert found.table["kind"].type == pa.string()
    assert found.table.schema == first.table.schema


def test_what_is_empty_is_decided_by_its_first_values(tmp_path):
    first = catalogue(tmp_path, [f"{i},,tea" for i in range(100)])
    assert "size" not in first.report.choices.types
    then = catalogue(tmp_path, GOODS, first.report.choices)
    assert then.report.choices.types["size"] == "number"


def test_a_catalogue_whose_ids_are_padded_lists_each_once(tmp_path):
    first = catalogue(tmp_path, GOODS)
    found = catalogue(
        tmp_path, [*(f"00{line}" for line in GOODS), "7,33,tea"], first.report.choices
    )
    assert sorted(found.table["item"].to_pylist()) == list(range(100))


# Clocks.


def moments(n=200):
    return [datetime(2024, 1, 1, 20, tzinfo=UTC) + timedelta(hours=5 * i) for i in range(n)]


def feed(moments, zone):
    """The same moments as clocks of a zone show them."""
    zones = (zone(i) for i in range(len(moments)))
    local = (one.astimezone(where) for one, where in zip(moments, zones, strict=True))
    return "customer,date,amount\n" + "\n".join(
        f"{i % 9},{d.isoformat()},1" for i, d in enumerate(local)
    )


def east(hours):
    return timezone(timedelta(hours=hours))


def read(tmp_path, text, chosen=None, spec=PURCHASES):
    path = tmp_path / "feed.csv"
    path.write_text(text)
    chosen = chosen or choose(
        look(str(path), spec, {}), ask_user=None, today=TODAY, duplicates="keep"
    )
    return clean(str(path), spec, chosen)


def days(result):
    table = result.table.sort_by("row")
    return list(zip(table["row"].to_pylist(), table["day"].to_pylist(), strict=True))


def test_two_clocks_in_one_column_are_brought_to_one(tmp_path):
    plain = read(tmp_path, feed(moments(), lambda i: UTC))
    both = read(tmp_path, feed(moments(), lambda i: UTC if i % 3 else east(10)))
    assert days(both) == days(plain)
    assert both.report.choices.clock == ("+00:00",)
    (told,) = both.report.warnings
    assert told.kind == "several-offsets"
    assert "days are those of +00:00" in told.said
    assert not plain.report.warnings


def test_a_feed_that_is_written_by_another_clock_from_now_on_keeps_its_days(tmp_path):
    first = read(tmp_path, feed(moments(), lambda i: UTC))
    frozen = Choices.from_dict(first.report.choices.to_dict())
    assert frozen.clock == ("+00:00",)
    for zone in (lambda i: east(10), lambda i: UTC if i < 20 else east(10)):
        then = read(tmp_path, feed(moments(), zone), frozen)
        assert days(then) == days(first)
        assert [one.kind for one in then.report.warnings] == ["several-offsets"]


def test_summer_time_keeps_its_days_and_other_clocks_come_to_the_half_of_the_year(tmp_path):
    year = [datetime(2022, 1, 1, 0, 30, tzinfo=UTC) + timedelta(hours=11 * i) for i in range(2300)]

    def place(i):  # as in Berlin, turned in the night
        one = year[i]
        return east(2 if (4, 0) <= (one.month, 0) < (11, 0) else 1)

    first = read(tmp_path, feed(year, place))
    assert not first.report.warnings
    assert sorted(first.report.choices.clock) == ["+01:00", "+02:00"]
    local = [(i + 2, one.astimezone(place(i)).date()) for i, one in enumerate(year)]
    assert days(first) == local
    mixed = read(tmp_path, feed(year, lambda i: UTC if i > 2000 and i % 2 else place(i)))
    assert days(mixed) == local
    winter = read(tmp_path, feed(year[:100], place)).report.choices
    assert winter.clock == ("+01:00",)
    assert days(read(tmp_path, feed(year, place), winter)) == local


def test_stamps_of_a_named_zone_are_by_its_clock_and_stay_so(tmp_path):
    stamps = pa.array(moments(2000), pa.timestamp("us", "UTC"))
    path = tmp_path / "feed.parquet"

    def told(zone, chosen=None):
        table = pa.table({
            "customer": [i % 9 for i in range(2000)],
            "date": stamps.cast(pa.timestamp("us", zone)), "amount": [1.0] * 2000,
        })  # fmt: skip
        pq.write_table(table, path)
        chosen = chosen or choose(look(str(path), PURCHASES, {}), ask_user=None, today=TODAY,
                                  duplicates="keep")  # fmt: skip
        return clean(str(path), PURCHASES, chosen)

    first = told("Australia/Brisbane")
    assert first.report.choices.clock == ("+10:00",)
    assert days(told("UTC", first.report.choices)) == days(first)
    berlin = told("Europe/Berlin")
    assert not berlin.report.warnings
    assert set(berlin.report.choices.clock) == {"+01:00", "+02:00"}


def test_a_project_of_the_second_cleaner_reads_offsets_as_it_did(tmp_path):
    text = feed(moments(), lambda i: UTC if i % 2 else east(10))
    old = Choices({"customer": "customer", "day": "date", "value": "amount"}, version=2, today=TODAY,
                  duplicates="keep", separator=",")  # fmt: skip
    found = read(tmp_path, text, old)
    assert days(found) != days(read(tmp_path, text))
    assert days(found)[0][1] == date(2024, 1, 2)
    assert found.report.choices.clock == ()


def test_two_tables_are_of_one_clock(tmp_path):
    other = TableSpec("visits", PURCHASES.columns, key=("customer",), time="day")
    chosen = {}
    for spec, zone in ((PURCHASES, UTC), (other, east(10))):
        path = tmp_path / f"{spec.name}.csv"
        path.write_text(feed(moments(), lambda i, zone=zone: zone))
        seen = look(str(path), spec, {})
        chosen[spec.name] = Chosen(
            str(path), choose(seen, ask_user=None, today=TODAY, duplicates="keep")
        )
    found = cleaned([PURCHASES, other], chosen)
    assert days(found["purchases"]) == days(found["visits"])
    assert [one.kind for one in found["visits"].report.warnings] == ["several-offsets"]
