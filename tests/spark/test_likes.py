"""Everybody's likes are read from Spark into the same matrix as from DuckDB."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from stepladder.questions.recommend import matrix


def test_all_likes_make_the_same_matrix(toys):
    toy = toys["recommend"]
    both, found = toy.at(toy.now - timedelta(days=28)), []
    for history in (both.duckdb, both.spark):
        known = matrix.known(history, 3, counted_anew=True)
        found.append((known.age, *known.by_person))
        found[-1] += tuple(np.array(ids.to_pylist()) for ids in (known.persons, known.items))
    assert len(found[0][0]) > 1_000
    assert all(np.array_equal(here, there) for here, there in zip(*found, strict=True))
