"""What is known of each customer: by SQL, by one streaming pass, and by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.ask import Ask
from stepladder.core.history import History
from stepladder.questions.retention.btyd import summary as module
from stepladder.questions.retention.btyd.summary import Summary, summary

NOW = date(2024, 3, 1)


def past(folder: Path, table: pa.Table, now: date = NOW) -> History:
    path = folder / "purchases.parquet"
    pq.write_table(table, path)
    ask = Ask.model_construct(question="retention", horizon=30, seed=1)
    return History(now, ask, {"purchases": (str(path), "day")})


def test_by_hand(tmp_path: Path) -> None:
    """Rows of one day are one purchase; the first is no repeat; free days count; now is not known yet."""
    rows = [
        ("b", date(2024, 1, 1), 10.0),
        ("b", date(2024, 1, 1), 5.0),
        ("b", date(2024, 1, 8), 20.0),
        ("b", date(2024, 1, 8), 10.0),
        ("b", date(2024, 1, 15), 0.0),
        ("b", date(2024, 1, 22), None),
        ("b", NOW, 99.0),
        ("a;'\"", date(2024, 2, 29), None),
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    table = pa.table(dict(zip(("customer", "day", "value"), columns, strict=True)))
    known = summary(past(tmp_path, table))
    assert known.customer.to_pylist() == ["a;'\"", "b"]
    assert known.x.tolist() == [0.0, 3.0]
    assert known.t_x.tolist() == [0.0, 3.0]
    assert (known.T * 7).tolist() == [0.0, 59.0]
    assert known.valued.tolist() == [0.0, 2.0]
    assert np.isnan(known.value[0])
    assert known.value[1] == 15.0
    few = summary(past(tmp_path, table), pa.table({"customer": ["b", "zz"]}))
    assert few.customer.to_pylist() == ["b"]
    assert few.T.tolist() == [59 / 7]


def purchases(rows: int, customers: int) -> pa.Table:
    """In date order, with twins on one day, missing and zero values."""
    rng = np.random.default_rng(4)
    day = np.sort(rng.integers(0, 800, rows))
    value = np.round(rng.gamma(2.0, 20.0, rows), 2) * (rng.random(rows) > 0.02)
    days = [date(2022, 1, 1) + timedelta(days=int(d)) for d in range(800)]
    return pa.table(
        {
            "customer": pa.array(1_000_000 + rng.integers(0, customers, rows)),
            "day": pa.array(days).take(pa.array(day)),
            "value": pa.array(value, mask=rng.random(rows) < 0.05),
        }
    )


def same(one: Summary, other: Summary) -> None:
    assert one.customer.equals(other.customer)
    for name in ("x", "t_x", "T", "valued"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert one.value == pytest.approx(other.value, rel=1e-11, nan_ok=True)


def test_streaming_equals_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One pass over date-ordered rows and SQL agree; rows in another order fall back to SQL."""
    table = purchases(200_000, 20_000)
    by_sql = summary(past(tmp_path, table))
    monkeypatch.setattr(module, "LARGE", 1)
    history = past(tmp_path, table)
    streamed = module._streamed(history)
    assert streamed is not None
    same(streamed, by_sql)
    shuffled = table.take(pa.array(np.random.default_rng(0).permutation(len(table))))
    history = past(tmp_path, shuffled)
    assert module._streamed(history) is None
    same(summary(history), by_sql)
    names = table.set_column(0, "customer", table["customer"].cast(pa.string()))
    by_name = summary(past(tmp_path, names))
    assert np.array_equal(by_name.x, by_sql.x)
