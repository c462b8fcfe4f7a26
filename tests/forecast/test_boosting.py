"""Trees over all series: what they must find, what they may not see, and what is known beforehand."""

from __future__ import annotations

import importlib
from datetime import date, timedelta

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import stepladder
from stepladder.core.cases import everyone
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.core.rung import Rung
from stepladder.questions import folder, load
from stepladder.questions.forecast.boosting.features import seen
from stepladder.questions.forecast.boosting.growing import Past, forecast, grown
from stepladder.questions.question_toml import parse

START, DAYS, AHEAD, SERIES = date(2023, 1, 2), 168, 14, 40
NOW = START + timedelta(days=DAYS - AHEAD)
ASK = 'question = "forecast"\nhorizon = 14\nseed = 1\n[forecast]\nevery = "day"\nseason = 7\n'


def plain(values, season=12, steps=6, columns=0, phase=0):
    known = np.zeros((len(values), columns, values.shape[1] + steps), np.float32)
    return Past(values, known, season, steps, phase)


def said(past):
    return forecast(past, lightgbm, grown(past, lightgbm, 1))


def test_it_learns_from_all_series_what_none_shows_by_itself():
    """After a peak every series falls back by half: one sees a peak but once, all together often."""
    rng = np.random.default_rng(1)
    level = np.full((150, 66), 100.0)
    peak = rng.random((150, 66)) < 0.06
    level[:, 1:] -= 50.0 * peak[:, :-1]
    level += 80.0 * peak + rng.normal(0, 2.0, level.shape)
    level[:30, -7] += 80.0 * ~peak[:30, -7]  # these have just peaked
    level[:30, -6] = 50.0
    past = plain(level[:, :-6])
    errors = np.abs(said(past) - level[:, -6:])[:30, 0]
    naive = np.abs(seen(past.values, past.known, 12, 6, 0).naive - level[:, -6:])[:30, 0]
    assert errors.mean() < 0.5 * naive.mean()


def test_what_is_seen_at_a_moment_is_not_changed_by_what_came_since():
    rng = np.random.default_rng(2)
    values = rng.normal(100, 10, (5, 80))
    poisoned = np.where(np.arange(80) >= 70, 1e12, values)
    a, b = (plain(each).before(10) for each in (values, poisoned))
    assert np.array_equal(a.features, b.features, equal_nan=True)
    assert np.array_equal(a.naive, b.naive)
    assert np.array_equal(a.unit, b.unit)


@pytest.mark.parametrize("season", [1, 2, 7, 52])
def test_it_never_fails_and_never_says_what_is_no_number(season):
    """Of a series of three readings it has no opinion; of all others a number."""
    rng = np.random.default_rng(3)
    values = rng.lognormal(3, 1, (9, 90))
    values[0], values[1], values[2] = 0.0, 7.0, -values[2] * 1e12
    values[3, :-3], values[4, 5:60], values[5, :-1] = np.nan, np.nan, np.nan
    values[6], values[7, :-20] = np.nan, 0.0
    found = said(plain(values, season, 9))
    unknown = np.isnan(found).all(axis=1)
    assert unknown.tolist() == [False, False, False, True, False, True, True, False, False]
    assert np.isfinite(found[~unknown]).all()
    assert np.isnan(said(plain(values[:1, :5], season, 9))).all()  # too little to learn from


def world():
    """Sales double while there is a promotion, which falls on other days for every series."""
    rng = np.random.default_rng(4)
    week = np.array([1.0, 1.1, 1.0, 0.9, 1.3, 1.6, 0.7])[np.arange(DAYS) % 7]
    promoted = rng.random((SERIES, DAYS)) < 0.15
    sold = rng.lognormal(4, 0.7, (SERIES, 1)) * week * (1 + promoted)
    return sold * (1 + rng.normal(0, 0.03, sold.shape)), promoted


def tables(sold, promoted, words=False):
    series, day = np.divmod(np.arange(sold.size), DAYS)
    times = pa.array(np.datetime64(START) + day.astype("timedelta64[D]"))
    keys = {"series": [f"article {one}" for one in series], "time": times}
    row = np.arange(1, sold.size + 1)
    deal = np.where(promoted.ravel(), "two for one", "none") if words else promoted.ravel() * 1
    return {
        "series": pa.table({**keys, "value": sold.ravel(), "row": row}),
        "known": pa.table({**keys, "deal": deal, "row": row}),
    }


def history(found, room):
    for name, table in found.items():
        pq.write_table(table, room / f"{name}.parquet")
    question, ask = load("forecast"), parse(ASK)
    places = {
        "series": (str(room / "series.parquet"), "time"),
        "known": (str(room / "known.parquet"), None),
    }
    return History(NOW, ask, places, views=tuple(question.views(ask).items()))


@pytest.mark.parametrize("words", [False, True], ids=["numbers", "words"])
def test_a_promotion_that_is_known_beforehand_is_foreseen(tmp_path, words):
    sold, promoted = world()
    question, past = load("forecast"), history(tables(sold, promoted, words), tmp_path)
    cases = everyone(question, past)
    order = [int(name.as_py().split()[1]) for name in cases["series"]]
    came = sold[order, DAYS - AHEAD :]

    def off(name):
        rung = Rung(folder("forecast") / name, ours=True)
        answers = rung.predict(rung.fit(past), past, cases).sort_by(
            [("series", "ascending"), ("time", "ascending")]
        )
        return np.abs(answers["prediction"].to_numpy().reshape(came.shape) - came).mean()

    assert off("r4_boosting.py") < 0.4 * off("r1_last_season.sql")


def test_what_is_not_known_of_the_periods_ahead_is_told_before_anything_is_learnt(tmp_path):
    found = tables(*world())
    known = found["known"].to_pylist()
    missing = START + timedelta(days=DAYS - 3)
    kept = [r for r in known if r["series"] != "article 7" or r["time"] < missing]
    found["known"] = pa.Table.from_pylist(kept, found["known"].schema)
    past = history(found, tmp_path)
    with pytest.raises(Problem) as told:
        load("forecast").check(past)
    given, allowed, remedy = told.value.parts()
    assert "`deal`" in given
    assert "article 7" in given
    assert f"3 of the 14 days ahead, from {missing}" in given
    assert allowed
    assert remedy


def test_a_project_takes_what_is_known_or_does_without(tmp_path):
    """A table of days to come, of all series alike, is read to its end; without it nothing is missed."""
    found = tables(*world())
    past = found["series"].filter(pa.compute.less(found["series"]["time"], pa.scalar(NOW)))
    pa.csv.write_csv(past.drop_columns(["row"]), tmp_path / "sales.csv")
    days = [date.today() + timedelta(days=n) for n in range(-5, 5)]
    pa.csv.write_csv(
        pa.table({"date": days, "holiday": [0, 1] * 5, "price": [2.5] * 10}), tmp_path / "known.csv"
    )
    sales = str(tmp_path / "sales.csv")
    both = stepladder.new(
        "forecast", {"series": sales, "known": str(tmp_path / "known.csv")}, tmp_path / "both"
    )
    known = both.history().sql("select * from known order by time")
    assert known["time"].cast(pa.date32()).to_pylist() == days
    assert set(known.column_names) == {"series", "time", "holiday", "price", "row"}
    one = stepladder.new("forecast", sales, tmp_path / "one")
    again = stepladder.refresh(one)
    again = importlib.import_module("stepladder.project.relearn").relearn(again)
    assert again.history().sql("select * from known").num_rows == 0
    assert again.history().sql("select * from series").num_rows == past.num_rows
