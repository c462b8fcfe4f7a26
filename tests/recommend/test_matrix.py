"""Interactions as a matrix, and lists from scores, on a shop small enough to count."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.errors import CannotStand
from stepladder.questions.recommend import matrix
from stepladder.questions.recommend.matrix import Csr, Scores
from stepladder.questions.recommend.matrix.lists import top

NOW = "min_support = 1"


class InBits:
    """A history whose streams come two rows at a time, as a large one's come a million at a time."""

    def __init__(self, history):
        self.history = history

    def __getattr__(self, name):
        return getattr(self.history, name)

    def scan(self, select):
        table = self.history.scan(select).read_all()
        return pa.Table.from_batches(table.to_batches(), table.schema).to_batches(max_chunksize=2)


def dense(rows: Csr, items: int) -> np.ndarray:
    return matrix.scipy_of(rows, items).toarray()


def at_cutoff(history):
    return history.at(history.now - timedelta(days=29))  # 1 February


def test_everyone_has_a_row_and_every_supported_item_a_column(shop):
    known = matrix.known(at_cutoff(shop("min_support = 2")), 2)
    assert known.persons.to_pylist() == [1, 2, 3, 4]
    assert known.items.to_pylist() == [10, 12], "11 and 13 had one taker each"
    taken = [[True, False], [True, True], [True, True], [False, True]]
    assert (dense(known.by_person, 2) > 0).tolist() == taken


def test_what_may_not_be_shown_teaches_all_the_same(shop):
    known = matrix.known(at_cutoff(shop('min_support = 1\nexclude = {genre = ["Comedy"]}')), 1)
    assert known.items.to_pylist() == [10, 11, 12, 13]


def test_batches_may_end_within_a_person(shop):
    history = shop(NOW)
    whole, bits = matrix.known(history, 1), matrix.known(InBits(history), 1)
    assert whole.persons.equals(bits.persons)
    assert all(np.array_equal(a, b) for a, b in zip(whole.by_person, bits.by_person, strict=True))


def test_text_ids_and_any_order_of_rows_make_the_same_matrix(shop, tmp_path):
    history = shop(NOW)
    path, time = history.tables["interactions"]
    rows = pq.read_table(path)
    for name in ("person", "item"):
        text = pa.array([f"{v:04d}" for v in rows[name].to_pylist()])
        rows = rows.set_column(rows.column_names.index(name), name, text)
    shuffled = rows.take(np.random.default_rng(1).permutation(rows.num_rows))
    pq.write_table(shuffled, tmp_path / "text.parquet")
    tables = {**history.tables, "interactions": (str(tmp_path / "text.parquet"), time)}
    a, b = matrix.known(history, 1), matrix.known(replace(history, tables=tables), 1)
    assert [f"{v:04d}" for v in a.items.to_pylist()] == b.items.to_pylist()
    assert all(np.array_equal(x, y) for x, y in zip(a.by_person, b.by_person, strict=True))


def test_strength_is_never_below_one_and_halves_its_extra_with_each_horizon():
    found = matrix.strength(np.array([0, 28, 56, 36_500, -3]), 28, 3.0)
    assert found.tolist() == [4.0, 2.5, 1.75, 1.0, 4.0]
    assert (matrix.strength(np.arange(100), 28, 0.0) == 1).all()


def test_no_item_with_enough_takers_is_said(shop):
    with pytest.raises(CannotStand, match="needs items that 99 persons"):
        matrix.known(shop("min_support = 99"), 99)


def test_rows_of_late_comers_and_strangers(shop):
    history = shop(NOW).plus(
        interactions=pa.table(
            {
                "person": [77], "item": [13], "value": [1.0], "row": [1],
                "time": pa.array([datetime(2024, 2, 29)], pa.timestamp("us")),
            }
        )
    )  # fmt: skip
    cases = pa.table({"person": [987, 77, 2]})
    rows = matrix.rows_of(history, cases, pa.array([10, 12, 13]))
    assert (dense(rows, 3) > 0).tolist() == [[False] * 3, [False, False, True], [True] * 3]


def test_lists_hold_what_may_be_shown_is_new_and_scores_above_zero(shop):
    history = at_cutoff(shop('min_support = 1\nexclude = {title = ["Twelve"]}', "memory_mb = 300"))
    items = pa.array([10, 11, 12, 13])
    scores = np.array([[1, 2, 9, 2], [1, 1, 9, -1], [9, 9, 9, np.inf]], np.float32)

    def score(rows):
        return Scores(scores[: rows.rows].copy())

    found = matrix.answer(history, pa.table({"person": [1, 4, 3]}), items, 3.0, score)
    lists = [(r["person"], r["item"], r["prediction"]) for r in found.to_pylist()]
    # 1 has 10 and 11; of 4's equals the first item leads; 3 has 10, 12 and 13
    assert lists == [(1, 13, 2.0), (4, 10, 1.0), (4, 11, 1.0), (3, 11, 9.0)]


def test_who_has_everything_is_answered_with_a_null(shop):
    history = at_cutoff(
        shop('min_support = 1\ninclude = {title = ["Ten", "Twelve"]}', "memory_mb = 300")
    )
    items = pa.array([10, 12])
    cases = pa.table({"person": [2]})
    found = matrix.answer(
        history, cases, items, 3.0, lambda r: Scores(np.ones((r.rows, 2), np.float32))
    )
    assert found.to_pylist() == [{"person": 2, "item": None, "prediction": None}]
    assert matrix.answer(history, cases.slice(1), items, 3.0, lambda r: Scores(None)).num_rows == 0


@pytest.mark.parametrize("width", [1, 7, 600, 5000])
def test_the_best_are_the_best_with_ties_in_the_order_of_items(width):
    rng = np.random.default_rng(width)
    scores = rng.integers(-3, 40, (20, width)).astype(np.float32)
    scores[3] = -1.0
    scores[4, rng.random(width) < 0.99] = 0.0
    row, column, best = top(Scores(scores), 10)
    for i in range(20):
        order = np.argsort(-scores[i], kind="stable")[:10]
        order = order[scores[i, order] > 0]
        assert column[row == i].tolist() == order.tolist()
        assert best[row == i].tolist() == scores[i, order].tolist()


def test_of_heavy_persons_the_latest_items_are_kept():
    indices = np.array([0, 1, 2, 3, 0, 2], np.int32)
    rows = Csr(np.array([0, 4, 6]), indices, np.arange(6, dtype=np.float32))
    kept = matrix.latest(rows, np.array([9, 1, 8, 2, 5, 6], np.int32), 2)
    assert kept.indptr.tolist() == [0, 2, 4]
    assert kept.indices.tolist() == [1, 3, 0, 2]
    assert kept.data.tolist() == [1, 3, 4, 5]


def test_the_most_taken_items_and_their_ages(shop):
    known = matrix.known(at_cutoff(shop(NOW)), 1)
    few = known.of_most_taken(2)
    assert few.items.to_pylist() == [10, 12]
    assert len(few.age) == len(few.by_person.data) == 6
    again = few.reweighed(28, 3.0)
    assert np.array_equal(again.by_person.data, few.by_person.data)
