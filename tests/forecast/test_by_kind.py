"""Each kind of series its own way: only where it was nearer every time."""

from __future__ import annotations

import importlib

import numpy as np

by_kind = importlib.import_module("stepladder.questions.forecast.r3_by_kind")


def test_a_kind_has_a_way_of_its_own_only_where_it_was_nearer_at_every_moment():
    """Of all series the fourth way is nearest; calm ones have their own, the next were lucky once."""
    off = np.full((3, 4, 4), 9.0)
    off[..., 3] = 5.0
    off[:, 0, 1] = 4.0
    off[:, 1, 2] = [1.0, 5.5, 5.5]
    off[:, 2, 0] = 1.0
    assert by_kind._best(off, np.array([40, 40, 10, 40])).tolist() == [1, 3, 3, 3]
    assert by_kind._best(np.zeros((0,)), np.zeros(4)).tolist() == [0, 0, 0, 0]
