"""Wide tables become long, and are said to; whatever may be a long one stays it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.errors import Problem
from stepladder.tables import Choices, clean
from tests.tables.series import SERIES, notes, read, values, written

MONTHS = [date(year, month, 1) for year in (2020, 2021) for month in range(1, 13)]
DAYS = [date(2022, 1, 1) + timedelta(i) for i in range(60)]
QUARTERS = [date(year, month, 1) for year in (2020, 2021) for month in (1, 4, 7, 10)]
YEARS = [date(year, 1, 1) for year in range(2015, 2020)]


def quarter(day: date) -> int:
    return (day.month + 2) // 3


HEADS = {
    "2020-01": ("month", MONTHS, lambda d: f"{d:%Y-%m}"),
    "202001": ("month", MONTHS, lambda d: f"{d:%Y%m}"),
    "01/2020": ("month", MONTHS, lambda d: f"{d:%m/%Y}"),
    "Jan 2020": ("month", MONTHS, lambda d: f"{d:%b %Y}"),
    "2020 Jan": ("month", MONTHS, lambda d: f"{d:%Y %b}"),
    "Jan-20": ("month", MONTHS, lambda d: f"{d:%b-%y}"),
    "2020M01": ("month", MONTHS, lambda d: f"{d:%YM%m}"),
    "Q1 2020": ("quarter", QUARTERS, lambda d: f"Q{quarter(d)} {d.year}"),
    "2020-Q1": ("quarter", QUARTERS, lambda d: f"{d.year}-Q{quarter(d)}"),
    "2019": ("year", YEARS, lambda d: f"{d.year}"),
    "2022-W05": ("week", [date(2022, 1, 3) + timedelta(7 * i) for i in range(10)],
                 lambda d: f"{d:%G-W%V}"),
    "2022-01-31": ("day", DAYS, lambda d: d.isoformat()),
    "31.01.2022": ("day", DAYS, lambda d: f"{d:%d.%m.%Y}"),
}  # fmt: skip


@pytest.mark.parametrize("head", HEADS)
def test_a_column_a_period_becomes_rows(tmp_path, head):
    every, days, name = HEADS[head]
    rows = [[f"a{i}", *(100 * i + at for at in range(len(days)))] for i in range(3)]
    result = read(written(tmp_path / "wide.csv", ["article", *map(name, days)], rows))
    assert values(result) == {
        (f"a{i}", str(day)): 100.0 * i + at for i in range(3) for at, day in enumerate(days)
    }
    said = f"A column a {every}: {len(days)} columns from {name(days[0])} to {name(days[-1])} of 3 rows"
    assert f"{said} became {3 * len(days):,} rows" in notes(result)
    assert result.report.rows_read == 3 * len(days)


def test_an_empty_cell_is_no_value_and_a_total_no_series(tmp_path):
    head = ["shop", "2020-01", "2020-02", "2020-03", "Total"]
    rows = [["a", 1, "", 3, 4], ["b", "", "", 0, 0], ["Total", 1, 0, 3, 4]]
    result = read(written(tmp_path / "wide.csv", head, rows))
    assert values(result) == {
        ("a", "2020-01-01"): 1,
        ("a", "2020-03-01"): 3,
        ("b", "2020-03-01"): 0,
    }
    assert {one.reason: one.count for one in result.report.dropped} == {"missing value": 3}
    assert {one.reason: one.count for one in result.report.set_aside} == {"totals row": 1}
    assert sorted(set(result.table["row"].to_pylist())) == [2, 3]  # lines of the file


def test_several_columns_make_the_series_and_a_key_alone_where_it_can(tmp_path):
    head = ["Region", "Purpose", "price", *(f"{day:%Y-%m}" for day in MONTHS)]
    rows = [[r, p, 1.5, *range(24)] for r in ("N", "S") for p in ("trade", "fun")]
    result = read(written(tmp_path / "two.csv", head, rows))
    assert {name for name, _ in values(result)} == {
        "N / trade", "N / fun", "S / trade", "S / fun",
    }  # fmt: skip
    assert "a series is Region / Purpose" in notes(result)
    keyed = [["article", *head], *([f"k{i}", *row] for i, row in enumerate(rows))]
    result = read(written(tmp_path / "key.csv", keyed[0], keyed[1:]))
    assert {name for name, _ in values(result)} == {"k0", "k1", "k2", "k3"}


def test_periods_that_come_later_are_taken_too_and_a_column_that_goes_is_missed(tmp_path):
    path = written(
        tmp_path / "wide.csv", ["shop", "2020-01", "2020-02"], [["a", 1, 2], ["b", 3, 4]]
    )
    frozen = Choices.from_dict(read(path).report.choices.to_dict())
    written(path, ["shop", "2020-02", "2020-03", "remark"], [["a", 2, 5, "x"], ["b", 4, 6, "y"]])
    later = clean(str(path), SERIES, frozen)
    assert ("b", "2020-03-01") in values(later)
    assert later.table.num_rows == 4
    written(path, ["branch", "2020-02", "2020-03"], [["a", 2, 5]])
    with pytest.raises(Problem, match="'shop' of the wide table is not there any more"):
        clean(str(path), SERIES, frozen)


def test_a_column_a_series_becomes_rows_and_new_series_join(tmp_path):
    head = ["month", "Store 1", "Store 2", "total", "unit"]
    rows = [[f"{day:%b %Y}", at, 2 * at, 3 * at, "kg"] for at, day in enumerate(MONTHS)]
    path = written(tmp_path / "wide.csv", head, rows)
    result = read(path)
    assert result.table.num_rows == 48
    assert values(result)["Store 2", "2021-12-01"] == 46
    assert "A column a series: 2 columns (Store 1, Store 2) of 24 rows became 48 rows" in notes(
        result
    )
    frozen = Choices.from_dict(result.report.choices.to_dict())
    written(path, [*head, "Store 3", "remark"], [[*row, 7, "a word"] for row in rows])
    later = {name for name, _ in values(clean(str(path), SERIES, frozen))}
    assert later == {"Store 1", "Store 2", "Store 3"}


def test_typed_columns_of_different_kinds_are_one_column_of_numbers(tmp_path):
    table = pa.table({
        "date": pa.array(DAYS), "north": pa.array(range(60)), "south": pa.array([0.5] * 60),
        "none": pa.nulls(60),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "wide.parquet")
    result = read(tmp_path / "wide.parquet")
    assert values(result)["north", "2022-03-01"] == 59
    assert result.table.num_rows == 120
    assert result.report.rows_read == 180


def test_times_and_one_column_of_numbers_are_one_series(tmp_path):
    rows = [[f"{day:%Y-%m}", at] for at, day in enumerate(MONTHS)]
    result = read(written(tmp_path / "one.csv", ["Month", "Passengers"], rows))
    assert {name for name, _ in values(result)} == {"Passengers"}


LONG = {  # and whether it can be read as it is
    "a day each, an article and two numbers": (
        ["date", "article", "quantity", "price"], lambda d, i: [d, f"a{i % 4}", i, 2.5], True),
    "an id of numbers": (
        ["date", "item_id", "discount", "profit", "sales"], lambda d, i: [d, i % 3, i, 3, 4], True),
    "an id that no synonym knows": (
        ["date", "cust_no", "north", "units"], lambda d, i: [d, i % 3, i, 3], True),
    "a word that changes": (
        ["date", "kind", "north", "units"], lambda d, i: [d, "ab"[i % 2], i, 3], False),
    "times that come twice": (
        ["date", "region", "north", "units"], lambda d, i: [DAYS[i // 2], i % 2, i, 3], True),
    "called like the value": (["date", "sales", "temperature"], lambda d, i: [d, i, 3], False),
    "called like measures": (["date", "quantity", "price"], lambda d, i: [d, i, 2.5], False),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG)
def test_what_may_be_long_stays_long(tmp_path, name):
    head, row, readable = LONG[name]
    path = written(tmp_path / "long.csv", head, [row(day, i) for i, day in enumerate(DAYS)])
    if not readable:
        with pytest.raises(Problem, match=r"(?s)No series \(id\) column.*--wide series"):
            read(path)
        return
    report = read(path).report
    assert report.choices.wide is None
    assert report.rows_read == 60


def test_a_flag_makes_a_table_wide_or_forbids_it(tmp_path):
    rows = [[day, i, 2.5] for i, day in enumerate(DAYS)]
    path = written(tmp_path / "long.csv", ["date", "quantity", "price"], rows)
    assert read(path, shape={"wide": "series"}).table.num_rows == 120
    one = read(path, {"value": "quantity"}, {"wide": "series"})
    assert {name for name, _ in values(one)} == {"quantity"}
    assert one.table.num_rows == 60
    wide = written(tmp_path / "wide.csv", ["date", "north", "south"], rows)
    with pytest.raises(Problem, match="No series"):
        read(wide, shape={"wide": "no"})
    with pytest.raises(Problem, match="--wide periods was given") as problem:
        read(wide, shape={"wide": "periods"})
    assert all(problem.value.parts())


def test_a_question_of_what_happens_is_never_made_long(tmp_path):
    from stepladder.tables import look

    path = written(
        tmp_path / "wide.csv", ["shop", "2020-01", "2020-02"], [["a", 1, 2], ["b", 3, 4]]
    )
    events = replace(SERIES, regular=False)
    assert look(str(path), events, {}).columns == ("shop", "2020-01", "2020-02")
    with pytest.raises(Problem, match="leave --wide away"):
        look(str(path), events, {}, shape={"wide": "periods"})


def test_days_that_may_be_read_two_ways_are_asked_about_in_the_names_too(tmp_path):
    head = ["shop", "01/03/2022", "02/03/2022", "03/03/2022"]
    path = written(tmp_path / "wide.csv", head, [["a", 1, 2, 3], ["b", 4, 5, 6]])
    with pytest.raises(Problem, match="--day-first or --month-first"):
        read(path)
    assert ("b", "2022-03-02") in values(read(path, day_order="day first"))
    assert ("b", "2022-02-01") in values(read(path, day_order="month first"))  # a month apart
