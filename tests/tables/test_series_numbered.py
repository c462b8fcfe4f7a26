"""Numbers of periods become times of a calendar; words for periods become their first days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from stepladder.core.errors import Problem
from stepladder.core.periods import EVERY
from stepladder.tables.series.period_names import period
from tests.tables.series import notes, read, values, written

M1 = Path(__file__).parents[2] / "../shared/data/forecast/m1_long.parquet"
HEAD = ["series_id", "freq", "t", "start", "part", "y"]


def competition(path, lengths=(5, 8), freq="MONTHLY", test=2):
    """Series of different lengths that all began sometime, the last `test` periods kept to examine."""
    rows = [
        [f"s{i}", freq, t, 1970 + i, "test" if t > n - test else "train", 10 * t]
        for i, n in enumerate(lengths)
        for t in range(1, n + 1)
    ]
    return written(path, HEAD, rows)


LAST = {
    "HOURLY": "1999-12-31", "D": "1999-12-31", "weekly": "1999-12-27", "M": "1999-12-01",
    "quarterly": "1999-10-01", "Yearly": "1999-01-01",
}  # fmt: skip


@pytest.mark.parametrize("freq", LAST)
def test_every_series_ends_with_the_same_period(tmp_path, freq):
    result = read(competition(tmp_path / "c.csv", freq=freq))
    seen = values(result)
    assert seen["s0", LAST[freq]] == 50
    assert seen["s1", LAST[freq]] == 80
    assert "'t' numbers the periods" in notes(result)
    assert "2 series (number 5 to 8)" in notes(result)
    assert result.report.choices.every in EVERY


def test_only_and_until_set_where_the_past_ends(tmp_path):
    path = competition(tmp_path / "c.csv")
    train = read(path, shape={"only": {"part": "TRAIN"}})
    assert values(train)["s1", "1999-12-01"] == 60
    assert {one.reason: one.count for one in train.report.set_aside} == {"other part": 4}
    until = read(path, shape={"to_number": 4})
    assert values(until)["s0", "1999-12-01"] == values(until)["s1", "1999-12-01"] == 40
    assert {one.reason: one.count for one in until.report.set_aside} == {"t after 4": 5}


def test_a_value_that_is_not_known_ends_no_series(tmp_path):
    rows = [["a", t, t if t < 4 else ""] for t in range(1, 7)] + [["b", t, t] for t in range(1, 7)]
    path = written(tmp_path / "c.csv", ["unique_id", "ds", "y"], rows)
    seen = values(read(path, shape={"every": "month"}))
    assert seen["a", "1999-12-01"] == 3
    assert seen["b", "1999-12-01"] == 6


def test_where_nothing_says_the_frequency_it_is_asked_for(tmp_path):
    path = written(tmp_path / "c.csv", ["unique_id", "ds", "y"], [["a", t, 1] for t in range(1, 9)])
    with pytest.raises(Problem, match="--every month") as problem:
        read(path)
    assert "'ds' numbers the periods" in problem.value.given
    quarterly = read(path, shape={"every": "quarter"})
    assert ("a", "1998-01-01") in values(quarterly)


def test_a_number_that_stands_twice_or_starts_anywhere_is_no_time(tmp_path):
    twice = [["a", 1 + t % 4, t] for t in range(8)]
    with pytest.raises(Problem, match="No time column"):
        read(written(tmp_path / "c.csv", ["unique_id", "t", "y"], twice), shape={"every": "day"})
    with pytest.raises(Problem, match="a number stands several times, such as 1"):
        read(tmp_path / "c.csv", {"time": "t"}, {"every": "day"})


def test_until_a_number_needs_numbers(tmp_path):
    rows = [["a", f"2020-01-{t:02d}", t] for t in range(1, 20)]
    with pytest.raises(Problem, match="--until 12 was given") as problem:
        read(written(tmp_path / "c.csv", ["item", "date", "y"], rows), shape={"to_number": 12})
    assert "--until 2024-06-30" in problem.value.remedy


PERIODS = {
    "1998 Q1": ("quarter", date(1998, 1, 1)), "2020Q3": ("quarter", date(2020, 7, 1)),
    "q4/2019": ("quarter", date(2019, 10, 1)), "1Q2020": ("quarter", date(2020, 1, 1)),
    "1939 Jan": ("month", date(1939, 1, 1)), "März 2021": ("month", date(2021, 3, 1)),
    "2020M11": ("month", date(2020, 11, 1)), "1.2020": ("month", date(2020, 1, 1)),
    "Dec-69": ("month", date(2069, 12, 1)), "Dec-70": ("month", date(1970, 12, 1)),
    "2020-W53": ("week", date(2020, 12, 28)), "2019.0": ("year", date(2019, 1, 1)),
    "2021-W53": None, "2020-13": None, "Q5 2020": None, "0042": None, "2020-01-15": None,
    "Peter 2020": None, "": None, "2020.1": None,
}  # fmt: skip


@pytest.mark.parametrize("text", PERIODS)
def test_words_for_periods_are_read_as_their_first_days(text):
    assert period(text) == PERIODS[text]


def test_words_for_periods_are_times_of_a_long_table(tmp_path):
    quarters = [f"{year} Q{n}" for year in (1998, 1999) for n in range(1, 5)]
    rows = [[q, shop, i] for shop in ("a", "b") for i, q in enumerate(quarters)]
    result = read(written(tmp_path / "q.csv", ["Quarter", "shop", "Trips"], rows))
    assert values(result)["b", "1999-10-01"] == 7
    assert "'Quarter' holds quarters such as 1998 Q1: each stands for its first day." in notes(
        result
    )
    years = [[year, shop, 1] for shop in ("a", "b") for year in range(1990, 2000)]
    result = read(written(tmp_path / "y.csv", ["year", "shop", "y"], years))
    assert ("a", "1999-01-01") in values(result)


def test_a_mix_of_frequencies_is_refused_with_the_flag_that_takes_one(tmp_path):
    month = [["m", f"2020-{n:02d}-01", "MONTHLY", n] for n in range(1, 13)]
    quarter = [
        ["q", f"{y}-{n:02d}-01", "QUARTERLY", n] for y in (2019, 2020) for n in (1, 4, 7, 10)
    ]
    head = ["series_id", "date", "period", "y"]
    path = written(tmp_path / "mix.csv", head, [*month, *quarter])
    with pytest.raises(Problem, match=r"1 monthly, 1 quarterly \(column 'period'\)") as problem:
        read(path)
    assert "--only period=MONTHLY or --only period=QUARTERLY" in problem.value.remedy
    assert read(path, shape={"only": {"period": "QUARTERLY"}}).table.num_rows == 8
    bare = written(tmp_path / "bare.csv", ["series_id", "date", "y"],
                   [[one[0], one[1], one[3]] for one in (*month, *quarter)])  # fmt: skip
    with pytest.raises(Problem, match="--every quarter"):
        read(bare)
    assert read(bare, every="quarter", added=True).table.num_rows == 4 + 8


@pytest.mark.skipif(not M1.exists(), reason="the M1 competition's data are not there")
def test_the_m1_competition_is_read():
    with pytest.raises(Problem, match="617 monthly, 203 quarterly, 181 yearly"):
        read(M1)
    result = read(M1, shape={"only": {"period": "monthly", "part": "train"}})
    assert result.table.num_rows == 55_998 - 617 * 18
    assert {one.reason: one.count for one in result.report.set_aside} == {
        "other period": 14_459, "other part": 617 * 18,
    }  # fmt: skip
    last = max(result.table["time"].to_pylist())
    assert last.date() == date(1999, 12, 1)
    assert result.table["time"].to_pylist().count(last) == 617
