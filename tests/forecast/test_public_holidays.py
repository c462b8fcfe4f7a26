"""Public holidays: on days that move from year to year the trees expect what came on such days."""

from __future__ import annotations

from datetime import date, timedelta

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.cases import everyone
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.questions import load
from stepladder.questions.forecast import boosting
from stepladder.questions.forecast.public_holidays import shares
from stepladder.questions.question_toml import parse

NOW, GOOD_FRIDAY = date(2024, 3, 25), date(2024, 3, 29)
DAYS = (NOW - date(2022, 1, 3)).days
ASK = 'question = "forecast"\nhorizon = 14\nseed = 1\n[forecast]\nevery = "{}"\nseason = 7\n{}'


def history(path, every="day", more="") -> History:
    ask = parse(ASK.format(every, more))
    files = {"series": (str(path), "time")}
    return History(NOW, ask, files, views=tuple(load("forecast").views(ask).items()))


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """Ten shops in Bavaria, closed on its public holidays."""
    import holidays

    closed = holidays.country_holidays("DE", subdiv="BY", years=range(2022, 2025))
    days = [NOW - timedelta(days=DAYS - n) for n in range(DAYS)]
    rng = np.random.default_rng(4)
    open_ = np.array([day not in closed for day in days], float)
    sold = rng.poisson(40, (10, DAYS)) * open_
    path = tmp_path_factory.mktemp("shops") / "series.parquet"
    pq.write_table(
        pa.table({
            "series": np.repeat([f"shop {n}" for n in range(10)], DAYS),
            "time": pa.array(days * 10).cast(pa.timestamp("us")),
            "value": sold.ravel(),
            "row": np.arange(10 * DAYS),
        }),
        path,
    )  # fmt: skip
    return path


def test_a_feast_that_moves_is_foreseen(shops):
    errors = {}
    for more in ("", 'holidays = "DE-BY"\n'):
        past = history(shops, more=more)
        cases = everyone(load("forecast"), past)
        _, said = boosting.told(boosting.learnt(past, lightgbm), past, cases, lightgbm)
        errors[more] = np.abs(said[:, (GOOD_FRIDAY - NOW).days]).mean()
    assert errors['holidays = "DE-BY"\n'] < 10 < 30 < errors[""]


def test_of_longer_periods_it_is_the_share_of_their_days(shops):
    week = shares(history(shops, "week"), "DE", 2)
    assert week.tolist() == pytest.approx([1 / 7, 1 / 7])  # Good Friday, and the Monday after
    month = shares(history(shops, "month"), "DE", 2)
    assert month[-1] == pytest.approx(1 / 30)  # April: Easter Monday
    hours = shares(history(shops, "hour"), "DE", 14 * 24)
    assert hours[4 * 24 : 5 * 24].tolist() == [1.0] * 24


@pytest.mark.parametrize("country", ["Germania", "DE-XX", "germany-BY", "XX"])
def test_a_country_that_nobody_knows_is_refused_with_those_near(shops, country):
    with pytest.raises(Problem) as refused:
        load("forecast").check(history(shops, more=f'holidays = "{country}"\n'))
    assert all(refused.value.parts())
    if country == "DE-XX":
        assert "DE-" in refused.value.remedy
