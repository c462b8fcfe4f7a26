"""A name is there with everything behind it, or it is not there: whatever fails, whoever is killed."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from stepladder.core import files
from stepladder.core.errors import Problem

NOBODY = 0xFFFFFFFF
KILLED = """
import os, pathlib, signal, sys
from stepladder.core import files
with files.whole(pathlib.Path(sys.argv[1])) as partial:
    partial.mkdir()
    (partial / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


WRITES = """
import os, pathlib, sys
from stepladder.core import files
with files.whole(pathlib.Path(sys.argv[1]) / "a") as partial:
    partial.write_text("half")
    os.utime(partial, (0, 0))
    print("there", flush=True)
    if sys.stdin.read() == "die":
        os._exit(9)
    partial.write_text("whole")
"""
SWEEPS = """
import pathlib, sys
from stepladder.core import files
files.sweep(pathlib.Path(sys.argv[1]))
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
    files.write(tmp_path / "room" / "a", "another name")
    assert left.is_dir()
    files.write(tmp_path / "room" / "[a]", "the same name")
    assert sorted(os.listdir(tmp_path / "room")) == ["[a]", "a"]


def python(code: str, folder: Path) -> list[str]:
    """A command in a world of processes of its own, in which it is number one: as in a container."""
    own = ["unshare", *(["--user", "--map-root-user"] if os.geteuid() else []), "--pid", "--fork"]
    there = shutil.which("unshare") and not subprocess.run([*own, "true"]).returncode
    return [*(own if there else []), sys.executable, "-c", code, str(folder)]


def test_what_a_living_process_writes_is_not_swept_and_what_a_killed_one_left_is(tmp_path):
    room, sweeps = tmp_path / "room", python(SWEEPS, tmp_path)
    for last in ("live", "die"):
        asked = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(python(WRITES, room), **asked) as other:
            other.stdout.readline()
            (left,) = room.glob(".*")
            subprocess.run(sweeps, check=True)
            files.write(room / "a", last)
            assert left.exists()
            other.communicate(last)
        assert left.exists() == (last == "die")
    subprocess.run(sweeps, check=True)
    assert {path.name: path.read_text() for path in room.iterdir()} == {"a": "die"}
    with files.whole(room / "b") as partial:
        partial.write_text("half")
        files.sweep(tmp_path)
        assert partial.exists()
        files.sweep(tmp_path, alone=True)
        assert not partial.exists()
        partial.write_text("half")


def laid(folder: Path) -> None:
    """As /tmp, and somebody else has the right to be there."""
    folder.mkdir()
    folder.chmod(0o1777)


def stranger(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can make what is somebody else's")
    os.chown(path, 4242, 4242, follow_symlinks=False)


def test_what_a_stranger_laid_into_a_shared_folder_is_neither_followed_nor_taken(tmp_path):
    shared, home = tmp_path / "tmp", tmp_path / "home"
    laid(shared)
    home.mkdir()
    (home / "letters").write_text("dear")
    place = shared / ".try.sole.partial"
    place.symlink_to(home)
    making = files.whole(shared / "try", sole=True)
    with pytest.raises(Problem, match="somebody else put there") as told, making:
        pass
    assert len(told.value.parts()) == 3
    assert (home / "letters").read_text() == "dear"
    place.unlink()
    place.mkdir()
    place.chmod(0o777)
    stranger(place)
    making = files.whole(shared / "try", sole=True)
    with pytest.raises(Problem, match="somebody else put there"), making:
        pass
    (shared / "page.html").symlink_to(home / "letters")
    stranger(shared / "page.html")
    with pytest.raises(Problem, match="somebody else put there"):
        files.write(shared / "page.html", "a")
    (shared / "rows.csv").write_text("theirs, to be read by them")
    (shared / "rows.csv").chmod(0o666)
    stranger(shared / "rows.csv")
    files.write(shared / "rows.csv", "rows")
    assert (shared / "rows.csv").stat().st_mode & 0o777 == 0o600
    assert (home / "letters").read_text() == "dear"
    assert (place.is_dir(), os.listdir(place)) == (True, [])


def test_a_link_stays_one_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "a.txt").write_text("old")
    (tmp_path / "disk" / "a.txt").chmod(0o640)
    (tmp_path / "b").symlink_to(tmp_path / "disk" / "a.txt")
    (tmp_path / "a").symlink_to("b")
    files.write(tmp_path / "a", "new")
    assert (tmp_path / "disk" / "a.txt").read_text() == "new"
    assert (tmp_path / "disk" / "a.txt").stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_symlink()) == ["a", "b"]
    out = tmp_path / "stdout"  # as /dev/stdout
    out.symlink_to("/proc/self/fd/1" if Path("/proc/self").exists() else "page.html")
    says = SWEEPS.replace(
        "sweep(pathlib.Path(sys.argv[1]))", "write(pathlib.Path(sys.argv[1]), 'page')"
    )
    with (tmp_path / "page.html").open("w") as file:
        subprocess.run([sys.executable, "-c", says, str(out)], stdout=file, check=True)
    assert out.is_symlink()
    assert (tmp_path / "page.html").read_text() == "page"


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.EIO])
def test_where_a_file_system_knows_no_modes_files_are_written_all_the_same(
    tmp_path, monkeypatch, number
):
    def refuses(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    files.write(tmp_path / "a.txt", "old")
    monkeypatch.setattr(os, "chmod", refuses)
    for name in ("a.txt", "b.txt"):
        if number == errno.EIO:
            with pytest.raises(Problem, match="Input/output error"):
                files.write(tmp_path / name, "new")
        else:
            files.write(tmp_path / name, "new")
            assert (tmp_path / name).read_text() == "new"


@pytest.mark.parametrize("there", [False, True])
def test_of_two_that_make_a_folder_one_wins_and_a_killed_one_does_not_stand_in_the_way(
    tmp_path, there
):
    folder = tmp_path / "shop.2024"
    if there:
        folder.mkdir()
    killed = KILLED.replace("(sys.argv[1])", "(sys.argv[1]), sole=True").replace(
        "partial.mkdir()", "pass"
    )
    subprocess.run([sys.executable, "-c", killed, str(folder)])
    assert len(list(tmp_path.rglob("half"))) == 1
    with files.whole(folder, last="b", sole=True) as partial:
        assert list(partial.iterdir()) == []  # what was half-written is gone
        second = files.whole(folder, sole=True)
        with pytest.raises(Problem, match="is being made by another process") as told, second:
            pass
        assert len(told.value.parts()) == 3
        files.sweep(tmp_path)
        (partial / "b").write_text("b")
    assert [path.name for path in folder.iterdir()] == ["b"]
    assert os.listdir(tmp_path) == ["shop.2024"]


def test_what_is_written_is_for_its_owner_and_what_was_opened_stays_so(tmp_path):
    def mode(path: Path) -> int:
        return path.stat().st_mode & 0o777

    usual = os.umask(0)
    try:
        files.write(tmp_path / "new" / "room" / "a.txt", "old")
        with files.whole(tmp_path / "b") as partial:
            partial.mkdir()
            (partial / "c").write_text("c")
    finally:
        os.umask(usual)
    places = ("new", "new/room", "new/room/a.txt", "b", "b/c")
    assert [oct(mode(tmp_path / name)) for name in places] == [
        "0o700",
        "0o700",
        "0o600",
        "0o700",
        "0o600",
    ]
    (tmp_path / "new" / "room" / "a.txt").chmod(0o640)
    files.write(tmp_path / "new" / "room" / "a.txt", "new")
    assert mode(tmp_path / "new" / "room" / "a.txt") == 0o640


def test_a_folder_may_say_itself_who_reads_what_comes_into_it(tmp_path):
    (tmp_path / "open").mkdir()
    entry = struct.Struct("<HHI")  # Linux's own form: owner, a group 4242, group, mask, others
    named = [(1, 7, NOBODY), (4, 5, NOBODY), (8, 5, 4242), (16, 5, NOBODY), (32, 0, NOBODY)]
    acl = struct.pack("<I", 2) + b"".join(entry.pack(*one) for one in named)
    try:
        os.setxattr(tmp_path / "open", "system.posix_acl_default", acl)
    except (OSError, AttributeError):
        pytest.skip("this file system has no ACLs")
    files.write(tmp_path / "open" / "a.txt", "a")
    assert (tmp_path / "open" / "a.txt").stat().st_mode & 0o777 == 0o640


def test_a_pipe_or_a_device_is_not_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to(os.devnull)
    for name in ("pipe", "null"):
        with pytest.raises(Problem, match="is a device or a pipe"):
            files.write(tmp_path / name, "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["null", "pipe"]
