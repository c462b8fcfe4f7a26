"""Half of a source is never taken for all of it, as far as a file can tell."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import os
import sqlite3
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.errors import Problem
from stepladder.tables.sources import read as sources
from stepladder.tables.sources import undisturbed as undisturbed_module
from stepladder.tables.sources.undisturbed import undisturbed

ROWS = [f'{i},2024-01-{i % 28 + 1:02},"Zoë, ""{i}""\nof Köln",5' for i in range(1, 400)]
CSV = "\n".join(["customer,date,name,amount", *ROWS]).encode()
CUTS = {
    "in quotes": CSV[: CSV.rindex(b"Zo")],
    "in quotes, behind a line end": CSV[: CSV.rindex("Köln".encode())],
    "in a letter": CSV[: CSV.rindex(b"of K") + 5],
    "in a line": CSV[: CSV.rindex(b',"Zo')],
    "a gzip stream": gzip.compress(CSV)[:-30],
    "a gzip trailer": gzip.compress(CSV)[:-4],
}


def read(path: Path) -> int:
    return sources.read(str(path), None, None, None).table.num_rows


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_what_was_cut_off_is_refused(tmp_path, cut):
    path = tmp_path / "orders.csv"
    path.write_bytes(cut)
    with pytest.raises(Problem, match=r"without a line end|cannot be unpacked") as found:
        read(path)
    assert all(found.value.parts())


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n", "\nin all 399", "\n,,,", "\x1a"])
def test_a_last_line_without_an_end_is_a_line(tmp_path, end):
    path = tmp_path / "orders.csv"
    path.write_bytes(CSV + end.encode())
    assert read(path) == 399


def _zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "all.zip", "w") as zipped:
        for i in range(50):
            zipped.writestr(f"{i}.txt", "words " * 900)
    return folder / "all.zip"


def _sqlite(folder: Path) -> Path:
    with contextlib.closing(sqlite3.connect(folder / "shop.db")) as link:
        link.execute("create table orders (i, t)")
        link.executemany(
            "insert into orders values (?, ?)", ((i, "words " * 9) for i in range(9_000))
        )
        link.commit()
    return folder / "shop.db"


def _parquet(folder: Path) -> Path:
    pq.write_table(pa.table({"n": range(20_000)}), folder / "a.parquet")
    return folder / "a.parquet"


@pytest.mark.parametrize("make", [_zip, _sqlite, _parquet])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_half_of_a_file_of_any_kind_is_refused(tmp_path, make, share):
    path = make(tmp_path)
    os.truncate(path, int(path.stat().st_size * share))
    source = f"sqlite:///{path}?table=orders" if make is _sqlite else str(path)
    with pytest.raises(Problem):
        sources.read(source, None, None, None)


@pytest.mark.parametrize("change", ["longer", "shorter", "another", "in place", "one more file"])
def test_what_changes_while_it_is_read_is_read_once_more_and_then_refused(tmp_path, change):
    path = tmp_path / "in" / "orders.csv"
    path.parent.mkdir()
    path.write_bytes(CSV)
    looked = path.parent if change == "one more file" else path

    clock = itertools.count()

    def disturb(often: int):
        for i in range(9):
            if i < often:
                if change == "another":
                    (tmp_path / "new").write_bytes(CSV)
                    (tmp_path / "new").replace(path)
                elif change == "one more file":
                    (path.parent / f"{i}.csv").write_bytes(CSV)
                else:
                    body = {"longer": CSV * (i + 2), "shorter": CSV[: -9 - i], "in place": CSV}[
                        change
                    ]
                    path.write_bytes(body)
                    os.utime(path, ns=(next(clock), next(clock)))
            yield

    for often, right in ((1, True), (2, False)):
        steps = disturb(often)
        if right:
            assert undisturbed(looked, lambda: next(steps) or 7) == 7  # noqa: B023
        else:
            with pytest.raises(Problem, match="changed while it was read, twice"):
                undisturbed(looked, lambda: next(steps) or 7)  # noqa: B023


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells who writes")
def test_what_another_program_has_open_to_write_is_not_read(tmp_path):
    path = tmp_path / "orders.csv"
    with path.open("wb") as writing:
        writing.write(CSV)
        writing.flush()
        with pytest.raises(Problem, match="is being written by another program"):
            read(path)
    assert read(path) == 399


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells who writes")
def test_a_server_that_answers_everybody_that_somebody_writes_is_not_asked(tmp_path, monkeypatch):
    path = tmp_path / "my shop" / "orders.csv"
    path.parent.mkdir()
    mounts = tmp_path / "mountinfo"
    shared = str(path.parent).replace(" ", "\\040")
    lines = [
        "1 0 8:1 / / rw - ext4 /dev/a rw",
        f"2 1 0:5 / {shared} rw shared:1 - KIND srv:/ rw",
        f"3 1 0:6 / {shared}-2 rw - ext4 /dev/b rw",
    ]
    monkeypatch.setattr(undisturbed_module, "MOUNTS", mounts)
    with path.open("wb") as writing:  # such a server says so of every file
        writing.write(CSV)
        writing.flush()
        for kind in ("nfs4", "cifs", "smb3", "fuse.sshfs", "9p"):
            mounts.write_text("\n".join(lines).replace("KIND", kind))
            assert read(path) == 399
        mounts.write_text("\n".join(lines).replace("KIND", "xfs"))
        with pytest.raises(Problem, match="is being written by another program"):
            read(path)


@pytest.mark.parametrize("line", ["Total,123", "Sum,,400.00", "2024-01-31: in all,399"])
def test_a_line_below_the_table_is_no_row_that_was_cut_off(tmp_path, line):
    path = tmp_path / "orders.csv"
    path.write_bytes(CSV + f"\n{line}".encode())
    found = sources.read(str(path), None, None, None)
    assert (found.table.num_rows, sum(one.count for one in found.lost)) == (399, 1)
    for cut in ("400,202", "400,2024-01-09,Zo", "K400,"):
        names = [f"K{row}" if cut[0] == "K" else row for row in ROWS]
        path.write_text("\n".join(["customer,date,name,amount", *names, cut]))
        with pytest.raises(Problem, match="without a line end"):
            read(path)


@pytest.mark.parametrize("place", ["/dev/zero", "pipe"])
def test_what_has_no_end_is_no_source(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with pytest.raises(Problem, match="neither a file nor a folder"):
        read(Path(place))
