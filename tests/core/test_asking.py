"""Answers beside what came, by key; and intervals of shares."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stepladder.core.asking import beside
from stepladder.core.stats import apply_bins, learn_bins

SAID = pa.table({"shop": ["a", "a", "b", "b"], "day": [1, 2, 1, 2], "prediction": [1.0, 2.0, 3.0, 4.0],
                 "why": pa.array([[1], None, [2], []])})  # fmt: skip
CAME = pa.table({"day": pa.array([2, 1, 2, 1], pa.int32()), "actual": [40, 30, None, 10],
                 "shop": pa.array(["b", "b", "a", "a"], pa.large_string())})  # fmt: skip


def test_what_came_is_joined_by_every_key_and_not_known_yet_is_left_out():
    for came in (CAME, CAME.take([3, 1, 0, 2])):
        found = beside(SAID, came, ("shop", "day"))
        assert found.predicted.tolist() == [1.0, 3.0, 4.0]
        assert found.actual.tolist() == [10.0, 30.0, 40.0]
        assert found.rows.tolist() == [0, 2, 3]


def test_words_count_as_the_question_says():
    came = CAME.set_column(1, "actual", pa.array(["yes", "no", None, "yes"]))
    assert beside(SAID, came, ("shop", "day"), {"yes": 1.0, "no": 0.0}).actual.tolist() == [1, 0, 1]


def test_the_interval_of_a_share_holds_the_share_among_like_predictions():
    rng = np.random.default_rng(1)
    chance = rng.choice([0.1, 0.4, 0.8], 6000)
    came = (rng.random(6000) < chance).astype(float)
    bins = learn_bins(chance, came, share=True)
    low, high = apply_bins(bins, np.array([0.1, 0.4, 0.8]), whole=False, share=True)
    assert (low < [0.1, 0.4, 0.8]).all()
    assert (high > [0.1, 0.4, 0.8]).all()
    assert (high - low < 0.1).all()
