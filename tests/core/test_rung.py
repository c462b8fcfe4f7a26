"""A rung is a file of somebody's own making: whatever stands in it, it can be listed."""

from __future__ import annotations

import hashlib

import pytest

from stepladder.core.errors import Problem
from stepladder.core.rung import ladder


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("r3_slip.py", b'"""A title."""\ndef fit(history:\n'),
        ("r3_latin.py", '"""Grüße."""\n'.encode("cp1252")),
        ("r3_zero.py", b"x = 1\0\n"),
        ("r2_latin.sql", "-- Grüße.\nselect 1".encode("cp1252")),
    ],
)
def test_a_file_that_cannot_be_read_is_still_on_the_ladder(tmp_path, name, body):
    (tmp_path / name).write_bytes(body)
    (rung,) = ladder(tmp_path)
    assert rung.title in ("", "Gr\ufffd\ufffde.")
    assert rung.needs == []
    assert rung.lines >= 1
    assert rung.sha256 == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("name", ["r7_high.sql", "r3_Name.py"])
def test_a_misnamed_file_is_said(tmp_path, name):
    (tmp_path / name).write_text("-- x\nselect 1")
    with pytest.raises(Problem, match="misnamed"):
        ladder(tmp_path)
