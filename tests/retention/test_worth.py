"""What was spent and what came back: known nothing, unknown worth, and days of returns alone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stepladder import questions
from stepladder.core.cases import everyone
from stepladder.core.history import History
from stepladder.core.rung import Rung, ladder
from stepladder.questions import retention
from stepladder.questions.question_toml import parse
from stepladder.questions.retention import toy
from stepladder.questions.retention.btyd.summary import summary

RUNGS = [rung for rung in ladder(questions.folder("retention")) if not rung.engine]
by_rung = pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)


def past(folder: Path, table: pa.Table, now: date = toy.NOW) -> History:
    path = folder / f"{len(list(folder.iterdir()))}.parquet"
    pq.write_table(table, path)
    return History(now, parse(toy.ASK), {"purchases": (str(path), "day")})


def said(rung: Rung, history: History) -> pa.Table:
    return rung.predict(rung.fit(history), history, everyone(retention, history))


def filled(column: pa.ChunkedArray) -> np.ndarray:
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


@by_rung
def test_a_day_on_which_things_only_came_back_is_no_purchase(rung, tmp_path):
    bought = toy.tables(7)["purchases"]
    back = bought.slice(0, bought.num_rows // 3)
    later = pc.cast(pc.add(pc.cast(back["day"], pa.int32()), pa.scalar(3, pa.int32())), pa.date32())
    worth = pa.array(np.full(back.num_rows, -1e-300))
    back = back.set_column(back.column_names.index("day"), "day", later)
    back = back.set_column(back.column_names.index("value"), "value", worth)
    taken = set(zip(bought["customer"].to_pylist(), bought["day"].to_pylist(), strict=True))
    pairs = zip(back["customer"].to_pylist(), back["day"].to_pylist(), strict=True)
    back = back.filter(pa.array([pair not in taken for pair in pairs]))
    plain = past(tmp_path, bought)
    mixed = past(tmp_path, pa.concat_tables([bought, back.cast(bought.schema)]).sort_by("day"))
    one, two = said(rung, plain), said(rung, mixed)
    assert back.num_rows > 100
    np.testing.assert_allclose(filled(two["prediction"]), filled(one["prediction"]), rtol=1e-9)
    cut = toy.NOW - timedelta(days=plain.ask.horizon)
    came = [retention.outcome(h.at(cut), h, everyone(retention, h.at(cut))) for h in (plain, mixed)]
    assert came[0]["actual"].to_pylist() == came[1]["actual"].to_pylist()


@by_rung
def test_purchases_of_unknown_worth_are_worth_as_much_as_the_others(rung, tmp_path):
    bought = toy.tables(7)["purchases"]
    unknown = pa.array(np.random.default_rng(3).random(bought.num_rows) < 0.5)
    value = pc.if_else(unknown, None, bought["value"])
    half = bought.set_column(bought.column_names.index("value"), "value", value)
    whole, known = (
        np.nansum(filled(said(rung, past(tmp_path, t))["value"])) for t in (bought, half)
    )
    assert known == pytest.approx(whole, rel=0.15)


def test_whoever_comes_for_nothing_is_worth_nothing(tmp_path):
    free = [("free", date(2024, 1, 1 + 2 * i), 0.0) for i in range(10)]
    back = [
        ("back", date(2024, 1, 1), 5.0),
        ("back", date(2024, 1, 3), 4.0),
        ("back", date(2024, 1, 5), -9.0),
    ]
    rng = np.random.default_rng(2)
    others = [(f"o{i}", date(2024, 1, 1 + 3 * j), float(v)) for i in range(60)
              for j, v in enumerate(rng.gamma(4, 5.0 + i % 7, 1 + i % 8))]  # fmt: skip
    unknown = [("unknown", date(2024, 1, 1 + 2 * i), None) for i in range(10)]
    columns = zip(*(free + back + others + unknown), strict=True)
    table = pa.table(dict(zip(("customer", "day", "value"), map(list, columns), strict=True)))
    history = past(tmp_path, table, date(2024, 3, 1))
    known = {name: i for i, name in enumerate(summary(history).customer.to_pylist())}
    assert summary(history).x[known["back"]] == 1
    assert summary(history).value[known["back"]] == -5
    rung = next(rung for rung in RUNGS if rung.name == "r3_bg_nbd")
    answer = {row["customer"]: row for row in said(rung, history).to_pylist()}
    assert answer["free"]["value"] == answer["back"]["value"] == 0
    assert answer["free"]["prediction"] > 0
    assert answer["unknown"]["value"] > 0
