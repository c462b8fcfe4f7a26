"""Which project a folder is: moved, copied, cloned, from before; and what its owner does with the record."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import pyarrow.csv
import pytest

import stepladder
from stepladder.cli import do
from stepladder.core.errors import Problem
from stepladder.project import identity
from stepladder.project import record as kept
from stepladder.project.folder import Project
from stepladder.questions.retention import toy
from stepladder.record import Record, Shipment, Stored, Token
from stepladder.record.schema import NOBODY, OWNED
from stepladder.terminal.failure import failing


@pytest.fixture(scope="module")
def orders(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    rows = toy.simulate(toy.World(), 300, 5)[0]
    pyarrow.csv.write_csv(rows.drop_columns(["row"]), path)
    return path


@pytest.fixture
def shop(orders, tmp_path, monkeypatch) -> Project:
    monkeypatch.setenv("STEPLADDER_HOST", "laptop")
    made = stepladder.new("retention", str(orders), tmp_path / "shop")
    made.record.decide("retention", "r1", by="Mia", because="because")
    return made


@pytest.fixture
def shared(tmp_path, monkeypatch) -> Path:
    """A record outside of every folder."""
    monkeypatch.setenv("STEPLADDER_RECORD", f"sqlite:///{tmp_path / 'all.db'}")
    return tmp_path / "all.db"


def cli(capsys, folder: Path, *words: str) -> tuple[int, str, str]:
    """What a command says, and its exit code."""
    code = 0
    try:
        with failing("--json" in words):
            do([*words, "--project", str(folder)])
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    return code, said.out, " ".join(said.err.split())


def decisions(folder: Path) -> int:
    return len(Project.open(folder).record.decisions("retention"))


def decide(folder: Path) -> int:
    return Project.open(folder).record.decide("retention", "r2", by="Bo", because="x")


def test_a_folder_that_moved_says_so_once_and_goes_on(shop, tmp_path, caplog):
    moved = shop.folder.rename(tmp_path / "elsewhere")
    assert decide(moved) == 2
    assert f"moved here from {shop.folder}" in caplog.text
    caplog.clear()
    assert decide(moved) == 3
    assert not caplog.text


@pytest.mark.parametrize("where", ["in the folder", "outside"])
def test_a_copy_is_read_and_not_written_until_it_is_said_what_it_is(
    orders, tmp_path, monkeypatch, capsys, where, request
):
    if where == "outside":
        request.getfixturevalue("shared")
    shop = request.getfixturevalue("shop")
    copies = [Path(shutil.copytree(shop.folder, tmp_path / name)) for name in ("one", "two")]
    for copy in copies:
        assert decisions(copy) == 1
        with pytest.raises(Problem, match=rf"is a copy of {shop.folder}") as caught:
            decide(copy)
        assert "--same" in caught.value.remedy
        assert "--new" in caught.value.remedy
        there = sorted(copy.rglob("*"))
        for words in (["token", "a phone"], ["bakeoff"], ["forget", "4"], ["run"],
                      ["predict", "--rung", "r2_rfm_quintiles"],
                      ["ship", "--rung", "r2_rfm_quintiles", "--force", "x"]):  # fmt: skip
            code, _, said = cli(capsys, copy, *words)
            assert (code, "is a copy of" in said) == (2, True), (words, said)
        lock = {copy / "runs", copy / "runs" / "lock"}
        assert [p for p in sorted(copy.rglob("*")) if p not in lock] == there
        assert cli(capsys, copy, "token", "--list")[0] == 0
    assert decide(shop.folder) == 2  # who was there first goes on
    one, two = copies
    assert cli(capsys, one, "record", "--same")[0] == 0
    assert decide(one) == (3 if where == "outside" else 2)
    assert cli(capsys, two, "record", "--new")[0] == 0
    past = 0 if where == "outside" else 1  # a record that was copied with it is its own now
    assert decisions(two) == past
    assert decide(two) == past + 1
    assert decisions(shop.folder) == (3 if where == "outside" else 2)
    assert len({identity.read(f) for f in (shop.folder, one, two)}) == 2
    code, _, said = cli(capsys, two, "record", "--new")
    assert code == 2
    assert "known in it" in said


def test_a_second_machine_with_the_same_record_is_asked_once(shared, shop, monkeypatch):
    monkeypatch.setenv("STEPLADDER_HOST", "server")
    clone = Path(shutil.copytree(shop.folder, shop.folder.parent / "clone"))
    shutil.rmtree(shop.folder)  # it cannot be seen from over there
    assert decisions(clone) == 1
    with pytest.raises(Problem, match=r"is the same project as .* on laptop"):
        decide(clone)
    kept.same(Project.open(clone))
    assert decide(clone) == 2


def test_a_folder_taken_to_another_machine_with_its_record_has_moved(shop, monkeypatch, caplog):
    monkeypatch.setenv("STEPLADDER_HOST", "server")
    assert decide(shop.folder) == 2
    assert "moved here from" in caplog.text


def test_whoever_is_at_the_keyboard_is_asked(shop, tmp_path, monkeypatch, capsys):
    copy = Path(shutil.copytree(shop.folder, tmp_path / "copy"))
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("stepladder.terminal.record.ask", lambda *_: "same")
    with pytest.raises(SystemExit, match="0"):
        do(["token", "a phone", "--project", str(copy)])
    assert "sl_" in capsys.readouterr().out
    assert len(Project.open(copy).record.noted(Token)) == 1


def test_a_folder_that_lost_its_id_is_known_by_where_it_is(shop):
    before = identity.read(shop.folder)
    (shop.folder / identity.FILE).unlink()
    assert decide(shop.folder) == 2
    assert identity.read(shop.folder) == before


def test_an_id_that_is_none_is_a_problem(shop):
    (shop.folder / identity.FILE).write_text('id = "../../etc"')
    with pytest.raises(Problem, match="does not say which project"):
        decide(shop.folder)


def old_rows(shop: Project, other: str) -> None:
    """What two projects wrote into one record when rows knew no project: some evident, some not."""
    (shop.folder / identity.FILE).unlink()
    Path(str(shop.address.database)).unlink()
    nobody = Record.make(shop.address, NOBODY)
    (shop.folder / "bakeoffs" / "1").mkdir(parents=True)
    (shop.folder / "bakeoffs" / "1" / "a.parquet").write_bytes(b"mine")
    (shop.folder / "releases").mkdir(exist_ok=True)
    (shop.folder / "releases" / f"{'a' * 64}.json").write_text("{}")
    sha = "ba7814f2e2cda0eeb9b2ad9c8fba2f6f"
    import hashlib

    mine = hashlib.sha256(b"mine").hexdigest()
    for path, digest in (("bakeoffs/1/a.parquet", mine), ("bakeoffs/2/b.parquet", sha)):
        number = nobody.begin_bakeoff("retention", settings="", data_fingerprint="", versions={})
        stored = [Stored("retention", "r1", "2020-01-01", path, digest, 1)]
        nobody.finish_bakeoff(number, {}, [], stored)
        decided = nobody.decide("retention", f"r{number}", by="Mia", because="x", bakeoff=number)
        release = ("a" if number == 1 else "b") * 64
        nobody.note(Shipment("retention", "ship", release, "r1", "m", "2020", decided))
    for name in (shop.folder.name, other):
        nobody.note(Token(name, "admin", name, folder=name))
    nobody.answer("retention", [({"customer": 1}, 1.0)], by="Cy")
    nobody.forget("retention", "f" * 64, {"customer": 99})


def test_old_rows_go_to_whom_they_evidently_belong_and_the_rest_to_who_claims_them(
    shared, shop, monkeypatch, capsys, caplog
):
    old_rows(shop, "another")
    record = Project.open(shop.folder).record
    assert [b.id for b in record.bakeoffs("retention")] == [1]
    assert [d.rung for d in record.decisions("retention")] == ["r1"]
    assert [s.release[0] for s in record.noted(Shipment)] == ["a"]
    assert [t.name for t in record.noted(Token)] == ["shop"]
    assert record.answers("retention") == []
    assert record.forgotten("retention") == {"f" * 64}  # whosever it was: nobody comes back
    assert "has an id now" in caplog.text
    assert "rows of the record are nobody's" in caplog.text
    assert record.begin_bakeoff("retention", settings="", data_fingerprint="", versions={}) == 3
    assert cli(capsys, shop.folder, "record", "--check")[0] == 1
    code, said, _ = cli(capsys, shop.folder, "record", "--claim", "--json")
    assert code == 0
    assert json.loads(said)["claimed"] > 0
    assert [b.id for b in record.bakeoffs("retention")] == [1, 2, 3]
    assert (len(record.answers("retention")), len(record.forgotten("retention"))) == (1, 1)


def test_an_old_record_in_its_own_folder_is_all_its_own(shop):
    old_rows(shop, "shop")
    with sqlite3.connect(shop.folder / "stepladder.db") as old:
        old.execute(
            "delete from predictions where bakeoff = 2"
        )  # else it speaks for another project
    record = Project.open(shop.folder).record
    assert len(record.bakeoffs("retention")) == 2
    assert (len(record.answers("retention")), len(record.noted(Token))) == (1, 2)
    with sqlite3.connect(shop.folder / "stepladder.db") as now:
        left = [now.execute(f"select count(*) from {t} where project = ''").fetchone()[0]
                for t in ("bakeoffs", "predictions", "tokens", "answers", "forgotten")]  # fmt: skip
    assert left == [0] * 5


def test_a_missing_record_is_never_made_in_silence(shop, monkeypatch, capsys):
    (shop.folder / "stepladder.db").unlink()
    before = sorted(shop.folder.rglob("*"))
    decided = ["decide", "r1_same_for_all", "--by", "a", "--because", "b"]
    for words in (decided, ["token", "x"], ["token", "--list"], ["models"],
                  ["ship"], ["run"], ["watch"], ["report"], ["refresh"], ["predict"],
                  ["forget", "4"], ["bakeoff"], ["serve"], ["record"], ["record", "--check"],
                  ["record", "--backup"], ["record", "--claim"], ["record", "--same"]):  # fmt: skip
        code, _, said = cli(capsys, shop.folder, *words)
        assert (code, "there is no record at" in said) == (2, True), (words, said)
        for remedy in ("record --new", "record --backup", "--move URL", "--check"):
            assert remedy in said, (words, said)
    after = [
        p for p in sorted(shop.folder.rglob("*")) if p.name != "runs" and p.parent.name != "runs"
    ]
    assert after == before
    (shop.folder / "stepladder.db").write_bytes(b"")  # cut off is not empty, either
    assert "there is no record" in cli(capsys, shop.folder, "models")[2]
    (shop.folder / "stepladder.db").unlink()
    assert cli(capsys, shop.folder, "record", "--new")[0] == 0
    assert decide(shop.folder) == 1


def test_it_is_backed_up_and_moved_there_and_back_with_every_comment(
    shop, postgres_server, postgres_url, monkeypatch, capsys, tmp_path
):
    toml = shop.folder / "question.toml"
    code, said, _ = cli(capsys, shop.folder, "record", "--backup", "--json")
    (beside,) = shop.folder.glob("stepladder.db.backup.*")
    assert (code, json.loads(said)) == (0, {"backup": str(beside)})
    assert not [p for p in shop.folder.iterdir() if p.name.endswith(("-wal", "-shm", ".partial"))]
    mine = shop.record.reads
    with mine() as rows:
        before = {t.name: rows.rows(t) for t in OWNED}
    monkeypatch.setenv("PGPASSWORD", "correct-horse")
    url = postgres_url.replace(":correct-horse", "")
    written = toml.read_text()
    with pytest.raises(Problem, match="has a password"):
        kept.move(shop, postgres_url)
    assert cli(capsys, shop.folder, "record", "--move", url)[0] == 0
    assert all(line in toml.read_text() for line in written.splitlines())
    there = Project.open(shop.folder)
    with there.record.reads() as rows:
        assert {t.name: rows.rows(t) for t in OWNED} == before
    assert decide(shop.folder) == 2
    assert b"Mia" not in (shop.folder / "stepladder.db").read_bytes()
    code, said, _ = cli(capsys, shop.folder, "record", "--backup", str(tmp_path / "pg.db"))
    with sqlite3.connect(tmp_path / "pg.db") as copy:
        assert copy.execute("select count(*) from decisions").fetchone() == (2,)
    assert cli(capsys, shop.folder, "record", "--move", "sqlite:///back.db")[0] == 0
    assert decisions(shop.folder) == 2
    assert 'record = "sqlite:///back.db"' in toml.read_text()
    assert cli(capsys, shop.folder, "record", "--check")[1].strip() == "All is well."


def test_a_move_that_was_killed_goes_on(shop, monkeypatch):
    def killed(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kept, "_naming", killed)  # the rows are there, question.toml is as it was
        with pytest.raises(KeyboardInterrupt):
            kept.move(shop, "sqlite:///new.db")
    assert decisions(shop.folder) == 1
    kept.move(Project.open(shop.folder), "sqlite:///new.db")
    assert decisions(shop.folder) == 1
    assert "new.db" in Project.open(shop.folder).address.database


def test_check_finds_what_is_wrong(shop, monkeypatch, capsys):
    assert cli(capsys, shop.folder, "record", "--check")[:2] == (0, "All is well.\n")
    for name in ("gone", "changed"):
        shop.record.store_prediction(Stored("retention", "r1", "2020", f"{name}.parquet", "0", 1))
    (shop.folder / "changed.parquet").write_bytes(b"x")
    with sqlite3.connect(shop.folder / "stepladder.db") as raw:
        raw.execute(
            "insert into losses values ('x', 9, 'r1', '2020', 1, '', '', 0, 0, 0, 0, 0, 0, 0)"
        )
    code, said, _ = cli(capsys, shop.folder, "record", "--check", "--json")
    found = "\n".join(json.loads(said)["findings"])
    assert code == 1
    for wrong in ("gone.parquet is recorded and not there", "changed.parquet is not what was recorded",
                  "of losses hangs on a row of bakeoffs", "projects that live nowhere: x"):  # fmt: skip
        assert wrong in found


def test_what_is_erased_is_gone_from_every_byte_beside_the_record(shop):
    name = "Rumpelstiltskin"
    record = shop.record
    record.answer("retention", [({"customer": name}, 1.0)] * 200, by="Cy")
    kept.back_up(shop)
    record.forget("retention", "f" * 64, {"customer": name})
    record.scrubbed()
    there = list(shop.folder.glob("stepladder.db*"))
    assert [p.name for p in there] == ["stepladder.db"]
    assert name.encode() not in there[0].read_bytes()


def test_a_read_only_medium_is_read(shop, tmp_path):
    """As an ordinary user would see it; root may write wherever the medium lets it."""
    room = Path(tempfile.mkdtemp(dir="/tmp"))  # which everybody may reach into
    copy = Path(shutil.copytree(shop.folder, room / "copy"))
    for each in (*copy.rglob("*"), copy, room):  # they are for their owner alone
        each.chmod(0o555 if each.is_dir() else 0o444)
    seen, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:  # whatever happens, the copy of this process goes no further
            if os.geteuid() == 0:
                os.setuid(65534)
            project = Project.open(copy)
            os.write(told, b"%d " % len(project.record.decisions("retention")))
            decide(copy)
        except Exception as error:
            os.write(told, str(error).encode())
        finally:
            os._exit(0)
    os.close(told)
    os.waitpid(child, 0)
    said = os.read(seen, 10_000).decode()
    for each in (room, copy, *filter(Path.is_dir, copy.rglob("*"))):
        each.chmod(0o700)
    shutil.rmtree(room)
    assert said.startswith("1 "), said
    assert "is a copy of" in said  # of which nothing could be noted, either
