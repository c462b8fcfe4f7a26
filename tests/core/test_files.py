"""A name is there with everything behind it, or it is not there: whatever fails, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stepladder.core import files
from stepladder.core.errors import Problem

KILLED = """
import os, pathlib, signal, sys
from stepladder.core import files
with files.whole(pathlib.Path(sys.argv[1])) as partial:
    partial.mkdir()
    (partial / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def broken_off(path: Path, error: BaseException) -> None:
    with files.whole(path) as partial:
        partial.mkdir()
        (partial / "half").write_text("half")
        raise error


def test_what_fails_leaves_what_there_was(tmp_path):
    files.write(tmp_path / "a.txt", "old")
    with pytest.raises(KeyboardInterrupt):
        broken_off(tmp_path / "a.txt", KeyboardInterrupt())
    with pytest.raises(Problem, match="b cannot be written: No space left"):
        broken_off(tmp_path / "b", OSError(28, "No space left"))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "old"}


def test_another_file_that_cannot_be_read_is_not_called_unwritable(tmp_path):
    with pytest.raises(FileNotFoundError), files.whole(tmp_path / "a.txt") as partial:
        partial.write_bytes((tmp_path / "source.csv").read_bytes())
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Problem, match="cannot be written"):
        files.write(tmp_path / "file" / "a.txt", "new")


def test_an_empty_folder_is_filled_where_it_is_and_a_full_one_never(tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    node = (tmp_path / "shop").stat().st_ino
    moved: list[str] = []
    replace = Path.replace

    def noted(self: Path, target: Path) -> Path:
        moved.append(self.name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", noted)
    with files.whole(tmp_path / "shop", last="b") as partial:
        partial.mkdir()
        for name in "abc":
            (partial / name).write_text(name)
    assert sorted(moved) == ["a", "b", "c"]
    assert moved[-1] == "b"
    with pytest.raises(Problem, match="not empty"), files.whole(tmp_path / "shop") as partial:
        partial.mkdir()
    assert (tmp_path / "shop").stat().st_ino == node
    assert {path.name for path in (tmp_path / "shop").iterdir()} == {"a", "b", "c"}


def test_what_says_the_same_is_left_alone(tmp_path):
    files.write(tmp_path / "a.txt", "old")
    node = (tmp_path / "a.txt").stat().st_ino
    files.write(tmp_path / "a.txt", b"old")
    assert (tmp_path / "a.txt").stat().st_ino == node
    files.write(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_what_a_killed_run_left_is_swept(tmp_path):
    ran = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "room" / "[a]")])
    assert ran.returncode == -signal.SIGKILL
    (left,) = (tmp_path / "room").iterdir()
    assert left.name.startswith(".[a].")
    assert left.name.endswith(".partial")
    files.sweep(tmp_path / "room", "a")
    assert left.is_dir()
    files.sweep(tmp_path / "room", "[a]")
    assert os.listdir(tmp_path / "room") == []
