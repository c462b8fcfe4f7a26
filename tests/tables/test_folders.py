"""A folder or a zip of files is a table, long texts and photos stay as they were, and nothing gets out."""

from __future__ import annotations

import os
import stat
import struct
import tracemalloc
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.core.errors import Problem
from stepladder.tables import Column, TableSpec, choose, clean, look, to_text
from stepladder.tables.sources import folders

from .conftest import TODAY, adds_up, dropped

LABEL = Column("label", "text", False, ("folder", "class"), "what it is")
DOCUMENTS = TableSpec(
    "documents",
    (Column("id", "id", True, ("path", "key"), "which"),
     Column("text", "long", True, ("review",), "what was written"), LABEL),
    key=("id",), time=None,
)  # fmt: skip
PHOTOS = TableSpec(
    "photos",
    (Column("photo", "id", True, ("path",), "which"),
     Column("content", "bytes", True, (), "the file"), LABEL),
    key=("photo",), time=None,
)  # fmt: skip
REVIEW = "  Füßchen,\r\n“fine” —\n\n" + "very " * 40 + " TOTAL\n"


def read(source, spec, columns=None):
    seen = look(str(source), spec, columns or {})
    result = clean(str(source), spec, choose(seen, ask_user=None, today=TODAY), seen.raw)
    adds_up(result)
    assert "known today" in to_text(result.report)
    return result


def png(shade: int) -> bytes:
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes([0, shade]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files.items():
            target.writestr(name, data)
    return path


def test_a_folder_of_texts(tmp_path):
    written = {
        "b/total.txt": REVIEW, "a/2.txt": unicodedata.normalize("NFD", "déjà vu"), "a/1.txt": "DÉJÀ VU",
        "3.txt": "\ufeffn/a", "a/blank.txt": " \n", ".git/config": "x", "a/Thumbs.db": "x",
    }  # fmt: skip
    home = tmp_path / "files"
    for name, text in written.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(text.encode())
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "x.txt").write_text("secret")
    (home / "link.txt").symlink_to(tmp_path / "secret" / "x.txt")
    (home / "links").symlink_to(tmp_path / "secret")
    os.mkfifo(home / "pipe")
    result = read(home, DOCUMENTS)
    assert result.table.select(["id", "text", "label"]).to_pylist() == [
        {"id": "3.txt", "text": "n/a", "label": None},
        {"id": "a/1.txt", "text": "DÉJÀ VU", "label": "a"},
        {"id": "a/2.txt", "text": "déjà vu", "label": "a"},
        {"id": "b/total.txt", "text": REVIEW, "label": "b"},
    ]
    assert {reason: n for reason, (n, _) in dropped(result).items()} == {
        "unreadable file": 3, "hidden file": 2, "missing text": 1,
    }  # fmt: skip
    assert [(one.reason, one.count) for one in result.report.changed] == [("characters in text", 2)]
    assert "secret" not in str(result.table.to_pylist())


def test_a_zip_of_photos(tmp_path):
    files = {f"{'cat' if i % 2 else 'dog'}\\{i}.png": png(i) for i in range(12)}
    result = read(zipped(tmp_path / "photos.zip", {**files, "__MACOSX/1.png": b"x"}), PHOTOS)
    assert result.table.schema.field("content").type == pa.binary()
    found = {row["photo"]: (row["label"], row["content"]) for row in result.table.to_pylist()}
    assert found == {
        name.replace("\\", "/"): (name[:3], content) for name, content in files.items()
    }
    assert {m.canonical: m.source for m in result.report.mapping} == {
        "photo": "path", "content": "bytes", "label": "folder",
    }  # fmt: skip
    with pytest.raises(Problem, match="No text column was found"):
        read(tmp_path / "photos.zip", DOCUMENTS)
    with pytest.raises(Problem, match="holds string, not the content of files"):
        read(tmp_path / "photos.zip", PHOTOS, {"content": "file"})


@pytest.mark.parametrize(
    "name", ["../out.txt", "a/../../out.txt", "/etc/passwd", "C:\\out.txt", "..\\out"]
)
def test_a_zip_that_leads_out_of_itself_is_refused(tmp_path, name):
    with pytest.raises(Problem, match="leads out of the zip"):
        read(zipped(tmp_path / "bad.zip", {"a.txt": b"fine", name: b"not"}), DOCUMENTS)


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as target:
        target.writestr(info, "/etc/passwd")
    with pytest.raises(Problem, match="leads out of the zip"):
        read(tmp_path / "bad.zip", DOCUMENTS)


def test_too_much_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    bomb = zipped(tmp_path / "bomb.zip", {f"{i}.txt": bytes(50_000_000) for i in range(2)})
    assert bomb.stat().st_size < 200_000
    monkeypatch.setattr(folders, "MOST_BYTES", 90_000_000)
    tracemalloc.start()
    with pytest.raises(Problem, match="holds too much: its first 2 files have 95 MiB") as caught:
        read(bomb, DOCUMENTS)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert "At most 100,000 files" in caught.value.allowed
    monkeypatch.setattr(folders, "MOST_FILES", 1)
    with pytest.raises(Problem, match="its first 2 files"):
        read(zipped(tmp_path / "many.zip", {"a.txt": b"a", "b.txt": b"b"}), DOCUMENTS)


def test_a_folder_is_not_listed_further_than_it_would_be_read(tmp_path, monkeypatch):
    """It may be the whole machine, and files come and go there meanwhile."""
    for i in range(50):
        (tmp_path / f"{i}").mkdir()
        (tmp_path / f"{i}" / "a.txt").write_bytes(b"a")
    walk, seen = os.walk, []

    def watched(*given, **named):
        for here, inside, names in walk(*given, **named):
            seen.append(here)
            yield here, inside, [*names, "gone.txt"]

    monkeypatch.setattr(folders.os, "walk", watched)
    monkeypatch.setattr(folders, "MOST_FILES", 9)
    with pytest.raises(Problem, match="its first 10 files"):
        read(tmp_path, DOCUMENTS)
    assert len(seen) < 20  # twice: whether it is one table, and then as files
    monkeypatch.undo()
    monkeypatch.setattr(folders.os, "walk", watched)
    assert read(tmp_path, DOCUMENTS).table.num_rows == 50


def test_a_zip_that_lies_about_its_size_unpacks_to_no_more(tmp_path):
    bomb = zipped(tmp_path / "bomb.zip", {"fine.txt": b"fine", "liar.txt": bytes(60_000_000)})
    size = struct.pack("<I", 60_000_000)
    bomb.write_bytes(bomb.read_bytes().replace(size, struct.pack("<I", 10)))
    tracemalloc.start()
    result = read(bomb, DOCUMENTS)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert result.table["text"].to_pylist() == ["fine"]
    assert dropped(result) == {"unreadable file": (1, [2])}


def test_a_locked_or_damaged_file_of_a_zip_is_counted(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.txt": b"fine", "b.txt": b"damaged" * 9})
    data = bytearray(path.read_bytes())
    at = data.index(b"b.txt") + 5
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert dropped(read(path, DOCUMENTS)) == {"unreadable file": (1, [2])}
    data[data.rindex(b"PK\x01\x02") + 8] |= 1  # the flag of a password
    path.write_bytes(data)
    result = read(path, DOCUMENTS)
    assert dropped(result) == {"unreadable file": (1, [2])}
    with pytest.raises(Problem, match="holds no file that can be read"):
        read(zipped(tmp_path / "empty.zip", {}), DOCUMENTS)


def test_a_spreadsheet_is_no_zip_of_files(tmp_path):
    files = {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}
    with pytest.raises(Problem, match="is a workbook that cannot be read"):
        read(zipped(tmp_path / "orders.xlsx", files), DOCUMENTS)


def test_long_texts_and_bytes_of_a_table(tmp_path):
    """By what is in them where the name says nothing; bytes that are text are repaired."""
    texts = [REVIEW, REVIEW.upper(), None]
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"key": [1, 2, 3], "review_id": ["a", "b", "c"], "x": texts}), path)
    result = read(path, DOCUMENTS)
    assert result.table["text"].to_pylist() == texts[:2]
    assert dropped(result)["missing text"] == (1, [3])
    raw = [REVIEW.encode(), REVIEW.encode() + b"caf\xe9", b""]
    pq.write_table(pa.table({"key": [1, 2, 3], "x": pa.array(raw, pa.large_binary())}), path)
    assert read(path, DOCUMENTS, {"text": "x"}).table["text"].to_pylist() == [
        REVIEW,
        REVIEW + "café",
    ]
    photos = read(path, PHOTOS, {"photo": "key"})
    assert photos.table["content"].to_pylist() == raw[:2]
    assert dropped(photos)["missing content"] == (1, [3])


def test_a_csv_of_reviews_without_any_time(tmp_path):
    rows = [(i, f'"{"so good. " * 20}\n{i} ""x"""') for i in range(5)]
    path = tmp_path / "reviews.csv"
    path.write_text("key,review\n" + "".join(f"{i},{text}\n" for i, text in rows), newline="\n")
    result = read(path, DOCUMENTS)
    assert result.table["text"].to_pylist() == ["so good. " * 20 + f'\n{i} "x"' for i in range(5)]
    assert result.report.last_day_complete


def test_a_time_that_may_be_missing_is_missing(tmp_path):
    spec = TableSpec("documents", (*DOCUMENTS.columns, Column("time", "time", False, (), "when")),
                     key=("id",), time="time")  # fmt: skip
    (tmp_path / "r.csv").write_text("key,text\n2,so good\n1,so so\n")
    result = read(tmp_path / "r.csv", spec)
    assert result.table["id"].to_pylist() == [1, 2]
    assert result.table["time"].to_pylist() == [None, None]
