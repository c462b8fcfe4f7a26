"""A small shop, made by hand, in which everything can be counted on the fingers."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.core.history import History
from stepladder.questions.question_toml import parse

CUTOFF = date(2024, 2, 1)
# person, item, day, value; from the cutoff on it is the future
TAKEN = [
    (1, 10, "2024-01-01", 5), (1, 11, "2024-01-02", 4), (1, 12, "2024-02-03", 5), (1, 10, "2024-02-04", 5),
    (2, 10, "2024-01-01", 5), (2, 12, "2024-01-03", 2), (2, 13, "2024-02-02", 4),
    (3, 10, "2024-01-05", 4), (3, 12, "2024-01-06", 4), (3, 13, "2024-01-07", 5),
    (4, 12, "2024-01-08", 5),
    # met after the cutoff: 8 takes six items, 9 two
    (8, 10, "2024-02-05", 5), (8, 11, "2024-02-06", 5), (8, 12, "2024-02-07", 5), (8, 13, "2024-02-08", 5),
    (8, 14, "2024-02-09", 5), (8, 15, "2024-02-10", 5),
    (9, 12, "2024-02-05", 5), (9, 99, "2024-02-06", 5),
]  # fmt: skip
ITEMS = {
    "item": [10, 11, 12, 13, 14],
    "title": ["Ten", "Eleven", "Twelve", None, "Fourteen"],
    "genre": ["Drama", "Comedy|Drama", "Drama", "Comedy", None],
    "year": [1990.0, 2000.0, 1990.0, 2010.0, 2020.0],
}


@pytest.fixture
def shop(tmp_path):
    """The shop's history up to 1 March, with the rules given as TOML."""
    columns = list(zip(*TAKEN, strict=True))
    interactions = pa.table(
        {
            "person": pa.array(columns[0], pa.int64()),
            "item": pa.array(columns[1], pa.int64()),
            "time": pa.array(
                [datetime.fromisoformat(day) for day in columns[2]], pa.timestamp("us")
            ),
            "value": pa.array(columns[3], pa.float64()),
            "row": pa.array(range(1, len(TAKEN) + 1), pa.int64()),
        }
    )
    items = pa.table({**ITEMS, "row": pa.array(range(1, 6), pa.int64())})
    tables = {}
    for name, table, time in (("interactions", interactions, "time"), ("items", items, None)):
        pq.write_table(table, tmp_path / f"{name}.parquet")
        tables[name] = (str(tmp_path / f"{name}.parquet"), time)

    def history(rules: str = "min_support = 1", more: str = "") -> History:
        ask = parse(f'question = "recommend"\nhorizon = 28\nk = 3\n{more}\n[rules]\n{rules}\n')
        views = tuple(questions.load("recommend").views(ask).items())
        return History(date(2024, 3, 1), ask, tables, views=views)

    return history
