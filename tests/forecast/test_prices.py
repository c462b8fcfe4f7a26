"""What each one too many costs, and each one too few: the loss of a forecast in money."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.cases import everyone
from stepladder.core.errors import Problem
from stepladder.core.history import History
from stepladder.money import currency, decisions, prices, unit_prices
from stepladder.questions import load
from stepladder.questions.question_toml import parse

ASK = 'question = "forecast"\nhorizon = 4\n[forecast]\nevery = "day"\n[prices]\nover = 1.0\nunder = 3.0\n'


def test_the_loss_is_what_all_periods_together_cost(tmp_path):
    """Tea is two too many a day; of rice, three too few each, only half of the days are known."""
    days = np.datetime64("2024-01-01") + np.arange(8)
    rows = [("rice", day, 5.0) for day in days[:6]] + [("tea", day, 9.0) for day in days]
    series, times, values = (list(each) for each in zip(*rows, strict=True))
    table = pa.table({"series": series, "time": pa.array(np.array(times, "datetime64[D]")), "value": values,
                      "row": range(len(rows))})  # fmt: skip
    pq.write_table(table, tmp_path / "series.parquet")
    ask, question = parse(ASK), load("forecast")
    views = tuple(question.views(ask).items())
    later = History(date(2024, 1, 9), ask, {"series": (str(tmp_path / "series.parquet"), "time")},
                    views=views)  # fmt: skip
    past = later.at(date(2024, 1, 5))
    said = pa.table({"series": ["rice"] * 4 + ["tea"] * 4, "time": pa.array(np.tile(days[4:], 2)),
                     "prediction": [2.0] * 4 + [11.0] * 4})  # fmt: skip
    found = question.loss(said, past, later, everyone(question, past)).to_pydict()
    assert found == {
        "series": ["rice", "tea"],
        "loss": [3 * 3 * 4, 1 * 2 * 4],
        "weight": [1.0, 1.0],
    }


def test_a_year_is_so_many_horizons_one_after_the_other():
    ask = parse(f'{ASK}currency = "EUR"\n')
    assert unit_prices(ask).under == 3.0
    assert prices(ask) is None, "no contact has a price here"
    assert currency(ask) == "EUR"
    assert decisions(ask, 10) == pytest.approx(10 * 365.25 / 4)


@pytest.mark.parametrize("given", ["over = 0.0\nunder = 0.0", "margin = 0.3\ncost = 2.0"])
def test_prices_that_say_nothing_of_a_forecast_are_refused(given):
    with pytest.raises(Problem) as told:
        parse(ASK.replace("over = 1.0\nunder = 3.0", given))
    assert all(told.value.parts())
