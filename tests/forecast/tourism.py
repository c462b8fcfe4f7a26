"""Australian tourism by state, region and purpose, where it lies beside the checkout; not bundled."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.core.history import History
from stepladder.questions.question_toml import parse

FILE = Path(__file__).parents[3] / "shared/data/forecast/australian_tourism_304_quarterly.parquet"
ASK = """question = "forecast"\nhorizon = 730\n[forecast]\nevery = "quarter"\nseason = 4
levels = ["state", "region", "purpose"]\n"""
here = pytest.mark.skipif(not FILE.is_file(), reason="the data are not there")


def history(folder: Path) -> History:
    """All 80 quarters of 304 series, each named by its path: State / Region / Purpose."""
    rows = pq.read_table(FILE)
    parts = zip(*(rows[name].to_pylist() for name in ("State", "Region", "Purpose")), strict=True)
    table = pa.table(
        {
            "series": [" / ".join(path) for path in parts],
            "time": rows["Quarter"].cast(pa.timestamp("us")),
            "value": rows["Trips"],
            "row": np.arange(1, rows.num_rows + 1),
        }
    )
    pq.write_table(table, folder / "series.parquet")
    ask = parse(ASK)
    views = tuple(questions.load("forecast").views(ask).items())
    tables = {"series": (str(folder / "series.parquet"), "time")}
    return History(date(2018, 1, 1), ask, tables, views=views)
