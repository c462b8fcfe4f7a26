"""What a killed run leaves behind does not stay, and what a living one uses does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile

import pytest

from stepladder.core import rooms
from stepladder.project.scratch import scratch

ASKS = """
import sys
from stepladder.core import rooms
for room in (rooms.made(), rooms.spill()):
    (room / "rows").write_text("rows")
print("there", flush=True)
sys.stdin.readline()
"""


def test_folders_of_dead_processes_are_swept_at_once_and_those_of_living_ones_are_left(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    asked = {"env": {**os.environ, "TMPDIR": str(tmp_path)}, "stdin": subprocess.PIPE}
    command = [sys.executable, "-c", ASKS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, **asked) as other, scratch() as room:
        other.stdout.readline()
        assert len(list(tmp_path.rglob("rows"))) == 2
        other.send_signal(signal.SIGKILL)
        other.wait()
        with scratch() as second:
            assert sorted(tmp_path.iterdir()) == sorted([room, second])
    assert list(tmp_path.iterdir()) == []


def test_folders_of_earlier_versions_are_swept_once_they_are_old(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = (
        f"stepladder-{2**22 + 7}-x",
        f"stepladder-spill-{2**22 + 7}",
        f"stepladder-{os.getpid()}-x",
    )
    for name in (*names, f"stepladder-{2**22 + 8}-x"):
        (tmp_path / name).mkdir()
    for name in names:
        os.utime(tmp_path / name, (0, 0))
    rooms.swept()
    assert {path.name for path in tmp_path.iterdir()} == {names[2], f"stepladder-{2**22 + 8}-x"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what is somebody else's")
def test_folders_of_others_in_the_shared_folder_are_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old = f"stepladder-{2**22 + 7}-x"
    for name in ("stepladder-room-mine", "stepladder-room-theirs", old):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows").write_text("rows")
    os.utime(tmp_path / old, (0, 0))
    (tmp_path / "stepladder-room-link").symlink_to(tmp_path / "stepladder-room-theirs")
    for name in ("stepladder-room-theirs", old):
        os.chown(tmp_path / name, 4242, 4242)
    rooms.swept()
    assert sorted(os.listdir(tmp_path)) == [old, "stepladder-room-link", "stepladder-room-theirs"]
    assert len(list(tmp_path.glob("*/rows"))) == 3  # one of them through the link
