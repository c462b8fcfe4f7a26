"""What a killed run leaves behind does not stay."""

from __future__ import annotations

import os
import tempfile

from stepladder.project.scratch import scratch


def test_folders_of_dead_processes_are_swept_and_others_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, mine, young = (f"stepladder-{pid}-x" for pid in (2**22 + 7, os.getpid(), 2**22 + 8))
    for name in (dead, mine, young):
        (tmp_path / name).mkdir()
    for name in (dead, mine):
        os.utime(tmp_path / name, (0, 0))
    with scratch() as room:
        assert room.is_dir()
        assert not (tmp_path / dead).exists()
        assert (tmp_path / mine).exists()
        assert (tmp_path / young).exists()
    assert not room.exists()
