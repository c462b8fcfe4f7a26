"""What is known of each customer, by hand, and how many share a history."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stepladder.core.ask import Ask
from stepladder.core.history import History
from stepladder.questions.retention import drawn, r3_bg_nbd
from stepladder.questions.retention.btyd import assumptions
from stepladder.questions.retention.btyd.counts import counts
from stepladder.questions.retention.btyd.summary import summary
from stepladder.questions.retention.rfm import fifths, recency_and_frequency

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


def test_counts_are_of_the_customers_themselves(tmp_path: Path) -> None:
    """Twins on one day, returns, missing values: what is counted in the engine is what each one is."""
    table = purchases(20_000, 2_000)
    back = pc.if_else(pc.equal(pc.bit_wise_and(table["customer"], 3), 1), -1.0, 1.0)
    table = table.set_column(2, "value", pc.multiply(table["value"], back)).slice(0, 15_000)
    more = table.slice(0, 5_000).set_column(2, "value", pa.nulls(5_000, pa.float64()))
    history = past(tmp_path, pa.concat_tables([table, more]))
    known, each = counts(history), summary(history)
    then = summary(history.at(NOW - timedelta(days=30)))
    assert known.customers == len(each.x)
    assert rows(known.x, known.t_x, known.T, weight=known.weight) == rows(each.x, each.t_x, each.T)
    assert rows(*known.then[:2], weight=known.then[2]) == rows(*recency_and_frequency(then))
    assert len(known.x) < len(each.x)
    # fifths and quantiles are those of all, not of the histories
    np.testing.assert_array_equal(fifths(*known.then), fifths(*recency_and_frequency(then)))
    day, many = assumptions._entries(known.T, known.weight)
    for share in (0.0, 0.5, 0.995):
        wanted = np.quantile(np.max(each.T) - each.T, share)
        assert assumptions._quantile(day, many, share) == pytest.approx(wanted)


def rows(*columns: np.ndarray, weight: np.ndarray | None = None) -> Counter[tuple[float, ...]]:
    many = [1] * len(columns[0]) if weight is None else weight.astype(int).tolist()
    found: Counter[tuple[float, ...]] = Counter()
    for row, count in zip(np.column_stack(columns).round(9).tolist(), many, strict=True):
        found[tuple(row)] += count
    return found


def test_where_they_are_many_some_drawn_by_lot_teach_what_they_spend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the size only; they are the same whoever else there is, and what that costs is said."""
    history = past(tmp_path, purchases(40_000, 2_000))
    whole = r3_bg_nbd.fit(history)
    assert "drawn by lot" not in whole["warnings"]
    monkeypatch.setattr(drawn, "MOST", 500)
    some = r3_bg_nbd.fit(history)
    assert re.search(
        r"learnt from 4\d\d of 2,000 customers, drawn by lot: .* 0\.8\d%", some["warnings"]
    )
    assert some["customers"] == whole["customers"] == 2_000
    assert some["r"] == whole["r"]
    assert some["spend_customers"] < 550
    off = (some["spend_mean_value"] - whole["spend_mean_value"]) / whole["spend_mean_value"]
    assert abs(off) < 4 * 0.009
