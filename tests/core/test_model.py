"""A model is plain data in files: nothing that can run, nothing that can change unseen."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from stepladder.core import model
from stepladder.core.errors import Problem

MODEL = {
    "r": 0.5,
    "name": "x",
    "none": None,
    "yes": True,
    "n": np.int64(3),
    "array": np.arange(6.0).reshape(2, 3),
    "table": pa.table({"a": [1, 2]}),
    "trees": b"\0\1",
}


def test_what_is_saved_is_what_is_loaded(tmp_path):
    digest = model.save(MODEL, tmp_path / "a")
    loaded = model.load(tmp_path / "a")
    assert loaded.keys() == MODEL.keys()
    np.testing.assert_array_equal(loaded["array"], MODEL["array"])
    assert loaded["table"].equals(MODEL["table"])
    assert loaded["n"] == 3
    assert loaded["trees"] == b"\0\1"
    assert model.save(loaded, tmp_path / "b") == digest


def test_any_change_changes_its_name(tmp_path):
    first = model.save(MODEL, tmp_path / "a")
    (tmp_path / "a" / "trees.bin").write_bytes(b"\0\2")
    assert model.digest(tmp_path / "a") != first


@pytest.mark.parametrize("value", [object(), [1], {"a": 1}, np.array(["a"], object), lambda: 1])
def test_what_is_not_plain_data_is_refused(tmp_path, value):
    with pytest.raises(Problem, match="flat dict"):
        model.save({"x": value}, tmp_path / "a")
