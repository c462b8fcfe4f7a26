"""A day that was loaded several times stops the first night; a sale, and a shop of few goods, do not."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.history import History
from stepladder.questions.question_toml import parse
from stepladder.watch.batch import check_batch

from .conftest import END, shop


def loaded(times: int, day: int = 1, share: float = 1.0, other: bool = False):
    """The rows of a day, or a share of them, stand there so many times; `other`: in other values."""

    def change(ago, value, customer, days):
        rows = np.flatnonzero(ago == day)
        again = np.tile(rows[: int(len(rows) * share)], times - 1)
        value = np.concatenate([value, value[again] + (np.arange(len(again)) + 1) * 0.01 * other])
        return (
            np.concatenate([days, days[again]]),
            value,
            np.concatenate([customer, customer[again]]),
        )

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (loaded(10), "every row of 31 December 2023 stands there 10 times"),
        (loaded(2), "every row of 31 December 2023 stands there 2 times"),
        (loaded(2, day=4), "every row of 28 December 2023 stands there 2 times"),
        (loaded(3, share=0.5), "stand there 2.0 times on average"),
        (loaded(10, other=True), "rows on Sunday, 31 December 2023"),
    ],
)
@pytest.mark.parametrize("rows", [140, 600])
def test_a_day_loaded_again_stops_the_first_night(tmp_path, change, says, rows):
    found = [
        each for each in check_batch(shop(tmp_path, change=change, rows=rows)) if says in each.given
    ]
    assert [each.severity for each in found] == ["stop"]
    assert "load" in found[0].remedy


def coarse(folder, seed: int, sale: float) -> History:
    """A kiosk of 60 customers and three prices, whose rows are often alike; on the last day a sale."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(25, 400) * np.where(np.arange(400) == 399, sale, 1)
    day = np.repeat(np.arange(400), n.astype(int))
    first = np.datetime64(END - timedelta(days=400))
    table = pa.table(
        {
            "customer": rng.integers(1, 61, len(day)),
            "day": pa.array((first + day).astype("datetime64[D]"), pa.date32()),
            "value": rng.choice([1.0, 2.0, 5.0], len(day)),
            "row": np.arange(len(day)),
        }
    )
    pq.write_table(table, folder / f"{seed}-{sale}.parquet")
    tables = {"purchases": (str(folder / f"{seed}-{sale}.parquet"), "day")}
    return History(END, parse('question = "retention"\nhorizon = 28'), tables)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sale", [1.0, 6.0])
def test_a_sale_does_not_stop_it(tmp_path, seed, sale):
    found = check_batch(coarse(tmp_path, seed, sale))
    assert not [each for each in found if each.severity == "stop"]
    assert not [each for each in found if "stand there" in each.given]
