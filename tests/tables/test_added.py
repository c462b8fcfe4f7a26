"""One row a series and period: what is added up, refused, filled, set aside and named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stepladder.core.errors import Problem
from stepladder.project import cleaning
from stepladder.tables import Choices, Column, TableSpec, to_text

SERIES = TableSpec(
    "series",
    (
        Column("series", "id", True, ("series_id", "article"), "what is measured"),
        Column("time", "time", True, ("date", "month", "quarter", "invoicedate"), "when"),
        Column("value", "number", True, ("y", "sold", "quantity", "trips"), "how much"),
    ),
    key=("series",), time="time", regular=True,
)  # fmt: skip
TODAY = date(2024, 12, 31)
TOURISM = (
    Path(__file__).parents[3] / "shared/data/forecast/australian_tourism_304_quarterly.parquet"
)


@pytest.fixture
def read(tmp_path):
    """Looks, chooses and cleans, and holds the report to its sums; what was chosen comes back with it."""

    def run(columns, name="sales.parquet", ask=None, spec=SERIES, **choices):
        path = str(columns) if isinstance(columns, str | Path) else str(tmp_path / name)
        if isinstance(columns, dict):
            pq.write_table(pa.table(columns), path)
        chosen = cleaning.choose(
            (spec,), {spec.name: path}, {}, ask, {"today": TODAY, **choices}, {}
        )
        return again(chosen, spec)

    return run


def again(chosen, spec=SERIES):
    """Cleaned by what was chosen, and once more by what that froze: the same."""
    made = cleaning.cleaned((spec,), chosen)[spec.name]
    report, name = made.report, spec.name
    gone = sum(one.count for one in (*report.dropped, *report.set_aside))
    assert report.rows_read == report.rows_kept + gone
    assert report.rows_kept == (pc.sum(pc.greater(made.table["row"], 0)).as_py() or 0)
    keys = made.table.select(["series", "time"]).group_by(["series", "time"]).aggregate([])
    assert keys.num_rows == made.table.num_rows
    frozen = Choices.from_dict(report.choices.to_dict())
    later = cleaning.cleaned((spec,), {name: cleaning.Chosen(chosen[name].source, frozen)})
    assert later[name].table.equals(made.table)
    return made


def warned(made) -> dict[str, str]:
    kinds = [one.kind for one in made.report.warnings]
    assert len(set(kinds)) == len(kinds)  # once, never one for each series
    return {one.kind: one.said for one in made.report.warnings}


def days(first: str, size: int, step: str = "D") -> np.ndarray:
    return (np.datetime64(first, step) + np.arange(size)).astype("datetime64[us]")


def panel(values, first="2020-01", step="M") -> dict[str, np.ndarray]:
    """Ready series: a row of values for each of "a", "b" …, in a row of periods."""
    rows, size = np.shape(values)
    names = np.array([chr(97 + i) for i in range(rows)])
    return {
        "series": np.repeat(names, size), "date": np.tile(days(first, size, step), rows),
        "y": np.ravel(np.asarray(values, float)),
    }  # fmt: skip


def without(columns, gone) -> dict[str, np.ndarray]:
    keep = ~np.isin(np.arange(len(columns["y"])), gone)
    return {name: column[keep] for name, column in columns.items()}


def smooth(series: int = 3, size: int = 24) -> np.ndarray:
    return 100.0 + np.arange(series)[:, None] + np.arange(size) % 12


def sales(lines: int = 4_000, articles: int = 7, days_: int = 70) -> dict[str, np.ndarray]:
    """Lines of a till, Monday to Saturday, from Monday 1 January 2024: several an article and day."""
    draw = np.random.default_rng(3)
    day = draw.integers(0, days_, lines)
    day = np.where(day % 7 == 6, day - 1, day)
    clock = draw.integers(9 * 3600, 18 * 3600, lines)
    clock[:days_] = 18 * 3600  # every day goes on until closing
    day[:days_] = np.where(np.arange(days_) % 7 == 6, 0, np.arange(days_))
    return {
        "article": draw.integers(1, articles + 1, lines),
        "date": (np.datetime64("2024-01-01", "s") + day * 86_400 + clock).astype("datetime64[us]"),
        "sold": draw.integers(-1, 9, lines).astype(float),
        "shop": np.array(["Ulm", "Bonn"])[draw.integers(0, 2, lines)],
        "till": np.arange(lines),
    }


@pytest.mark.parametrize("every", ["day", "week"])
def test_sales_are_added_up_and_a_day_without_any_is_zero(read, every):
    lines = sales()
    made = read(lines, every=every)
    first = lines["date"].astype("datetime64[D]")
    if every == "week":
        first = first - (first.astype(int) + 3) % 7
    for row in made.table.to_pylist():
        mine = (lines["article"] == row["series"]) & (first == np.datetime64(row["time"], "D"))
        assert row["value"] == lines["sold"][mine].sum()
        assert row["row"] == (np.flatnonzero(mine)[0] + 1 if mine.any() else 0)
    assert made.table.column_names == ["series", "time", "value", "row"]
    assert (
        pc.sum(made.table["value"]).as_py() == lines["sold"].sum()
    )  # the last week ends on a Saturday
    assert made.table.num_rows == 7 * (69 if every == "day" else 10)
    found = made.report.summary()
    assert (found["every"], found["series"], made.report.choices.gaps) == (every, 7, "zero")
    assert found["duplicates"] == len(lines["sold"]) - made.report.rows_kept
    assert "below zero (returns, cancellations)" in " ".join(made.report.notes)
    assert "cannot be used" not in to_text(made.report)


def test_sales_are_known_without_a_flag(read):
    made = read(sales())
    assert made.report.choices.every == "day"
    assert made.report.choices.added
    assert made.table.num_rows == 7 * 69


def test_the_part_of_a_week_at_either_end_is_set_aside_and_said(read):
    lines = sales()
    at = (lines["date"] >= np.datetime64("2024-01-03")) & (
        lines["date"] < np.datetime64("2024-03-08")
    )
    made = read({name: column[at] for name, column in lines.items()}, every="week")
    times = pc.unique(made.table["time"]).to_pylist()
    assert times[0] == datetime(2024, 1, 8)
    assert times[-1] == datetime(2024, 2, 26)
    (said,) = [one for one in made.report.set_aside if one.reason == "incomplete week"]
    kinds = [one for one in made.report.warnings if one.kind == "incomplete-period"]
    assert [("first" in one.sentence, "last" in one.sentence) for one in kinds] == [
        (True, False),
        (False, True),
    ]
    assert said.count == sum(
        int(one.sentence.split("Its ")[1].split()[0].replace(",", "")) for one in kinds
    )


def test_a_month_of_values_by_month_is_whole_wherever_they_stand(read):
    columns = panel(smooth(4))
    columns["series"] = np.repeat(["a", "b"], 48)
    for move in (0, 30):  # at the first and at the end of each month
        moved = {**columns, "date": columns["date"]}
        if move:
            moved["date"] = (columns["date"].astype("datetime64[M]") + 1).astype(
                "datetime64[D]"
            ) - 1
        made = read(moved, every="quarter")
        assert made.table.num_rows == 2 * 8
        assert not made.report.set_aside
        assert made.table["time"][0].as_py() == datetime(2020, 1, 1)


def test_series_of_several_columns_are_a_hierarchy(read):
    made = read(sales(), by=["shop", "article"], every="week")
    ids = pc.unique(made.table["series"]).to_pylist()
    assert set(ids) == {
        f"{shop} / {article}" for shop in ("Ulm", "Bonn") for article in range(1, 8)
    }
    lines = {**sales(), "shop": np.repeat("A / B", 4_000)}
    assert read(lines, by=["shop", "article"]).table["series"][0].as_py() == "A/B / 1"
    assert {"shop", "article"}.isdisjoint(made.report.unused)


def test_a_hierarchy_that_is_not_a_tree_is_refused_and_a_crossing_is_not(read):
    lines = sales()
    lines["group"] = np.array([f"G{one % 3}" for one in lines["article"]])
    read(lines, by=["group", "article"], every="week")
    lines["group"][5] = "other"
    with pytest.raises(Problem) as refused:
        read(lines, by=["group", "article"], every="week")
    assert f"'{lines['article'][5]}' under" in refused.value.given
    assert "1 of 7" in refused.value.given
    with pytest.raises(Problem, match="shops"):
        read(lines, by=["shops", "article"])


def test_two_values_of_one_series_for_one_moment_are_refused_with_what_tells_them_apart(read):
    columns = panel(smooth())
    columns = {name: np.r_[column, column[5:7]] for name, column in columns.items()}
    columns["y"][-2:] += 7
    columns["kind"] = np.r_[np.repeat("new", 72), np.repeat("old", 2)]
    with pytest.raises(Problem) as refused:
        read(columns)
    given, allowed, remedy = refused.value.parts()
    assert "2 times" in given
    assert "a in 2020-06: 105 and 112 (records 6 and 73)" in given
    assert "one value per month" in allowed
    assert "--every month" in remedy
    assert "--by series,kind" in remedy
    with pytest.raises(
        Problem, match="added = true"
    ):  # as a refresh says it, where --every says nothing new
        read(columns, every="month", added=False)
    made = read(columns, every="month")
    assert "2 of 72 values" in warned(made)["duplicate-moments"]
    assert made.table.filter(pc.field("time") == datetime(2020, 6, 1))["value"][0].as_py() == 217
    assert (
        read({**columns, "y": np.round(columns["y"])}, by=["series", "kind"]).table.num_rows == 74
    )


def test_missing_is_unknown_until_somebody_says_zero(read):
    columns = without(panel(smooth()), [3, 4, 30])
    made = read(columns)
    assert made.table.num_rows == 69
    assert made.report.summary()["gaps"] == 3
    said = warned(made)["gaps"]
    assert "3 months" in said
    assert "2 of 3 series" in said
    assert "--gaps zero" in said
    assert "a, b" in said
    zero = read(columns, gaps="zero")
    assert zero.table.num_rows == 72
    assert "gaps" not in warned(zero)
    assert zero.table.filter(pc.field("row") == 0)["value"].to_pylist() == [0.0] * 3
    assert "gaps" not in warned(read(columns, gaps="unknown"))
    asked = []
    answered = read(columns, ask=lambda question, answers: asked.append(question) or answers[0])
    assert answered.table.equals(zero.table)
    assert "3 months" in asked[0]
    read(panel(smooth()), ask=lambda *_: pytest.fail("nothing is missing"))
    read(sales(), ask=lambda *_: pytest.fail("sales that lack are zero"))


def test_zeros_fill_up_to_the_tables_last_period_but_not_before_a_series_begins(read):
    columns = without(
        panel(smooth(2)), [*range(20, 24), *range(24, 30)]
    )  # a ends early, b begins late
    made = read(columns, gaps="zero")
    a, b = (made.table.filter(pc.field("series") == name) for name in "ab")
    assert a.num_rows == 24
    assert a["value"].to_pylist()[-4:] == [0.0] * 4
    assert b.num_rows == 18
    assert min(b["value"].to_pylist()) > 0


def test_the_largest_stay_whoever_overtakes_them(read, tmp_path):
    lines = sales()
    lines["sold"] = np.abs(lines["sold"]) * lines["article"]
    made = read(lines, top=2, every="day")
    assert pc.unique(made.table["series"]).to_pylist() == [6, 7]
    (aside,) = [one for one in made.report.set_aside if one.reason == "smaller series"]
    assert aside.count == int((lines["article"] < 6).sum())
    more = {name: column.copy() for name, column in lines.items()}
    more["sold"][more["article"] == 1] *= 100
    pq.write_table(pa.table(more), tmp_path / "sales.parquet")
    frozen = Choices.from_dict(made.report.choices.to_dict())
    later = again({"series": cleaning.Chosen(str(tmp_path / "sales.parquet"), frozen)})
    assert pc.unique(later.table["series"]).to_pylist() == [1, 6, 7]


ODD = {
    "unit-change": lambda v: v[0, 12:].__imul__(1000),
    "zeros-at-start": lambda v: v[0, :6].fill(0),
    "zeros-at-end": lambda v: v[0, 18:].fill(0),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_odd_is_named_once_with_the_series(read, kind):
    assert warned(read(panel(smooth()))) == {}
    values = smooth()
    ODD[kind](values)
    found = warned(read(panel(values)))
    assert set(found) == {kind}
    assert "1 of 3 series" in found[kind]
    assert "Such as: a" in found[kind]


def test_a_unit_that_comes_back_or_a_series_that_is_seldom_sold_is_not_odd(read):
    values = smooth()
    values[0, 12] *= 1000  # once
    values[1] = np.arange(24) % 6 == 0
    values[2] = 10.0 ** (np.arange(24) / 4)  # grows
    assert warned(read(panel(values))) == {}


def test_ends_of_months_are_moved_to_their_first_day_and_said(read):
    columns = panel(smooth())
    ends = (columns["date"].astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    made = read({**columns, "date": ends.astype("datetime64[us]")})
    assert made.table.drop_columns("row").equals(read(columns).table.drop_columns("row"))
    assert "2021-12-31 stands for 2021-12" in warned(made)["month-ends"]


def test_weeks_begin_on_the_day_at_which_times_stand(read):
    columns = panel(smooth(), "2020-01-05", "D")
    columns["date"] = np.tile(np.datetime64("2020-01-05") + 7 * np.arange(24), 3)  # Sundays
    for said in ({}, {"every": "week"}):
        made = read(columns, **said)
        assert made.report.choices.week_starts == 7
        assert pc.min(made.table["time"]).as_py() == datetime(2020, 1, 5)


def test_values_in_the_middle_of_months_are_moved_and_a_month_that_is_all_there_is_must_be_whole(
    read,
):
    columns = panel(smooth())
    columns["date"] = columns["date"] + np.timedelta64(14, "D")
    made = read(columns)
    assert pc.min(made.table["time"]).as_py() == datetime(2020, 1, 1)
    assert "72 times are moved to the first moment of their month." in made.report.notes
    lines = sales(days_=14)
    with pytest.raises(Problem, match="incomplete month"):
        read(lines, every="month")


def test_the_hour_that_the_clock_showed_twice_stands_once(read):
    hours = days("2024-10-20T00", 24 * 14, "h")
    back = int((np.datetime64("2024-10-27T02", "h") - hours[0].astype("datetime64[h]")).astype(int))
    times = np.insert(hours, back, hours[back])
    columns = {
        "series": np.repeat("load", len(times)),
        "date": times,
        "y": np.arange(len(times)) + 5.0,
    }
    made = read(columns)
    assert made.report.choices.every == "hour"
    assert made.table.num_rows == len(hours)
    assert "2024-10-27T02" in warned(made)["daylight-hours"]
    assert made.report.summary()["dropped"] == {"hour again": 1}


def test_a_thin_end_is_named_and_months_of_thirty_days_are_refused(read):
    thin = without(panel(smooth(5)), [23, 47, 71, 95])
    assert "Only 1 series" in warned(read(thin))["incomplete-period"]
    columns = panel(smooth(4, 30))
    columns["date"][:30] = np.datetime64("2020-01-03") + 30 * np.arange(30).astype("timedelta64[D]")
    with pytest.raises(Problem, match="1 series step by 30 days"):
        read(columns)


@pytest.mark.parametrize(
    ("said", "words"),
    [({"every": "fortnight"}, "fortnight"), ({"by": ["a", "a"]}, "each once"),
     ({"top": 0}, "whole number"), ({"gaps": "maybe"}, "zero"), ({"least": float("nan")}, "number")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(read, said, words):
    with pytest.raises(Problem, match=words):
        Choices({"series": "a"}, **said)
    other = replace(SERIES, regular=False)
    with pytest.raises(Problem, match="no table of this question"):
        read(sales(), spec=other, **said)


def test_frequencies_that_are_mixed_or_cannot_be_told_are_refused(read):
    months, weeks = panel(smooth()), panel(smooth(), "2020-01-06", "W")
    weeks["series"] = np.char.add("w", weeks["series"])
    both = {name: np.r_[months[name], weeks[name]] for name in months}
    with pytest.raises(Problem) as refused:
        read(both)
    assert "several frequencies" in refused.value.given
    assert "--every month" in refused.value.remedy
    with pytest.raises(Problem, match="--every"):
        read(panel(smooth(2, 1)))


@pytest.mark.skipif(not TOURISM.is_file(), reason="the data are not here")
def test_australian_tourism_is_a_hierarchy_by_quarter(read):
    made = read(TOURISM, by=["State", "Region", "Purpose"])
    assert made.report.choices.every == "quarter"
    assert warned(made) == {}
    assert made.table.num_rows == 304 * 80
    assert made.report.summary()["series"] == 304
    assert read(
        TOURISM, by=["State", "Region"]
    ).report.choices.added  # all have four rows a quarter
    assert read(TOURISM, by=["State"], every="quarter").table.num_rows == 8 * 80
