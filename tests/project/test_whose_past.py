"""Whose rows are whose where folders share a record, lie in each other's places, or lost their id."""

# ruff: noqa: F401, F811 - fixtures of the file beside are asked for by their names

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_home import cli, decide, decisions, orders, shared, shop

import stepladder
from stepladder.core.errors import Passing, Problem, Unusable
from stepladder.project import at_work, home, identity
from stepladder.project import record as kept
from stepladder.project.folder import Project
from stepladder.project.forgotten import KEY, forgotten, hashed, secret_key
from stepladder.record import Stored, Token, schema
from stepladder.record.homes import Home, home_of, note


def named(folder: Path, url: str) -> None:
    """Another record in question.toml."""
    toml = folder / "question.toml"
    lines = [line for line in toml.read_text().splitlines() if not line.startswith("record =")]
    toml.write_text("\n".join([f'record = "{url}"', *lines, ""]))


def at(shop: Project, where: str) -> Project:
    """The shop, with its record outside of its folder, though it is named as if it lay inside."""
    db = shop.folder / "stepladder.db"
    outside = db.rename(shop.folder.parent / "shared.db")
    if where == "a link":
        db.symlink_to(outside)
    else:
        named(shop.folder, "sqlite:///../shared.db")
    return Project.open(shop.folder)


@pytest.mark.parametrize("where", ["two dots", "a link"])
def test_a_copy_takes_nothing_from_a_record_that_only_seems_to_lie_in_its_folder(
    shop,
    tmp_path,
    where,
):
    shop = at(shop, where)
    shop.record.note(Token("a phone", "reader", "0" * 64))
    copy = Path(shutil.copytree(shop.folder, tmp_path / "copy", symlinks=True))
    assert "without a past" in kept.begin_anew(Project.open(copy))
    assert (decisions(shop.folder), decisions(copy)) == (1, 0)
    assert len(shop.record.noted(Token)) == 1
    assert identity.read(copy) != identity.read(shop.folder)


def another(shop: Project, orders: Path, tmp_path: Path) -> Path:
    """A second project of the same kind, which has no id yet, where the first one was until just now."""
    shop.folder.rename(tmp_path / "shop-old")
    other = stepladder.new("retention", str(orders), tmp_path / "other")
    (other.folder / identity.FILE).unlink()
    return other.folder.rename(shop.folder)


def test_a_folder_without_an_id_is_not_whoever_was_there_before(
    shared, shop, orders, tmp_path, caplog
):
    before = identity.read(shop.folder)
    there = another(shop, orders, tmp_path)
    assert decisions(there) == 0
    assert identity.read(there) != before
    assert f"project {before} lived in" in caplog.text
    assert decide(tmp_path / "shop-old") == 2  # and that one has moved
    assert decisions(there) == 0


def test_what_it_holds_shows_which_project_a_folder_is_unless_that_lives_elsewhere(
    shared,
    shop,
    tmp_path,
):
    before, body = identity.read(shop.folder), b"predicted"
    (shop.folder / "predictions").mkdir(exist_ok=True)
    (shop.folder / "predictions" / "a.parquet").write_bytes(body)
    sha = hashlib.sha256(body).hexdigest()
    shop.record.store_prediction(Stored("retention", "r", "2020", "predictions/a.parquet", sha, 1))
    (shop.folder / identity.FILE).unlink()
    assert decide(shop.folder) == 2
    assert identity.read(shop.folder) == before
    kept.same(Project.open(shutil.copytree(shop.folder, tmp_path / "second")))
    (shop.folder / identity.FILE).unlink()
    assert decisions(shop.folder) == 0
    assert decide(tmp_path / "second") == 3


def test_whoever_is_forgotten_stays_so_in_a_copy_with_another_id(shared, shop, tmp_path):
    shop.record.forget("retention", hashed([4], secret_key(shop)), {"customer": 4})
    copy = Path(shutil.copytree(shop.folder, tmp_path / "copy"))
    clone = Path(shutil.copytree(shop.folder, tmp_path / "clone"))
    (clone / KEY).unlink()  # as git leaves it out
    for each in (copy, clone):
        kept.begin_anew(Project.open(each))
    assert [4] in forgotten(Project.open(copy))
    with pytest.raises(Unusable, match=r"forgotten\.key is not there"):
        forgotten(Project.open(clone))
    assert [4] in forgotten(shop)


def begun(project: Project, ago: timedelta, monkeypatch) -> int:
    """A bake-off that began so long ago."""
    then = (datetime.now(UTC) - ago).isoformat()
    with monkeypatch.context() as patch:
        patch.setattr("stepladder.record.store.now", lambda: then)
        return project.record.begin_bakeoff(
            "retention", settings="", data_fingerprint="", versions={}
        )


@pytest.mark.parametrize("where", ["outside", "in one of the folders"])
def test_a_bakeoff_in_one_home_has_not_ended_for_another(shop, tmp_path, monkeypatch, where):
    lone = begun(shop, timedelta(hours=1), monkeypatch)
    at_work.settle(shop.record, "retention", shop.folder)
    assert at_work.GONE in shop.record.bakeoff(lone).status
    shop = at(shop, "two dots") if where == "outside" else shop
    second = Path(shutil.copytree(shop.folder, tmp_path / "second"))
    named(second, f"sqlite:///{shop.address.database}")
    kept.same(Project.open(second))
    number = begun(Project.open(second), timedelta(hours=1), monkeypatch)
    with at_work.running(second, number):
        at_work.settle(shop.record, "retention", shop.folder)
    assert shop.record.bakeoff(number).status == "running"


def test_where_nothing_can_be_locked_a_bakeoff_may_still_run(shop, monkeypatch):
    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    number = begun(shop, timedelta(hours=1), monkeypatch)
    with at_work.running(shop.folder, number):
        at_work.settle(shop.record, "retention", shop.folder)
        assert shop.record.bakeoff(number).status == "running"


def test_somebody_being_forgotten_is_told_to_no_client_with_a_path(shop):
    with at_work.nobody_at_work(shop.folder, 0), pytest.MonkeyPatch.context() as patch:
        patch.setattr(at_work, "PATIENCE_S", 0)
        with pytest.raises(Passing), at_work.at_work(shop.folder):
            pass


def test_a_third_folder_is_a_copy_if_one_of_its_homes_lives(shop, tmp_path):
    first = shop.folder.rename(tmp_path / "first")
    decide(first)
    gone = Path(shutil.copytree(first, tmp_path / "gone"))
    kept.same(Project.open(gone))
    third = Path(shutil.copytree(gone, tmp_path / "third"))
    shutil.rmtree(gone)
    with pytest.raises(Problem, match="is a copy of") as caught:
        decide(third)
    assert "STEPLADDER_HOST" not in caught.value.remedy


def test_the_other_homes_are_all_that_may_hold_it(shared, shop, tmp_path, monkeypatch):
    assert home.other_homes(shop.record, shop.folder) == []
    second, gone = (Path(shutil.copytree(shop.folder, tmp_path / n)) for n in ("second", "gone"))
    for each in (second, gone):
        kept.same(Project.open(each))
    shutil.rmtree(gone)
    with shop.record.writes() as mine:
        note(mine, Home("server/server", str(shop.folder), "2020"))
    assert [str(each) for each in home.other_homes(shop.record, shop.folder)] == [
        f"{shop.folder} on server",
        str(second),
    ]
    with shop.record.reads() as mine:
        assert len(mine.rows(schema.homes)) == 4
    monkeypatch.setenv("STEPLADDER_HOST", "a3f9c1")  # a container
    with pytest.raises(Problem, match="is the same project as") as caught:
        decide(second)
    assert "set STEPLADDER_HOST" in caught.value.remedy
    assert home_of(second).host == "a3f9c1/a3f9c1"


@pytest.mark.parametrize("killed_at", ["remove", "scrub"])
def test_a_move_killed_at_its_end_goes_on_when_given_again(shop, monkeypatch, killed_at, capsys):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        where = "stepladder.record.owned.Owned.remove" if killed_at == "remove" else None
        patch.setattr(*((where, killed) if where else (kept, "scrub", killed)))
        with pytest.raises(KeyboardInterrupt):
            kept.move(shop, "sqlite:///new.db")
    assert decide(shop.folder) == 2  # question.toml names the new address, and life goes on
    code, _, said = cli(capsys, shop.folder, "record", "--move", "sqlite:///new.db")
    assert code == 0, said
    assert b"Mia" not in (shop.folder / "stepladder.db").read_bytes()
    assert decisions(shop.folder) == 2
    assert not (shop.folder / kept.MOVING).exists()
    assert "already" in cli(capsys, shop.folder, "record", "--move", "sqlite:///new.db")[2]


def test_what_a_killed_move_noted_erases_nothing_that_was_moved_by_hand(shop, monkeypatch):
    (shop.folder / kept.MOVING).write_text("sqlite:///stepladder.db\nsqlite:///new.db")
    shutil.copyfile(shop.folder / "stepladder.db", shop.folder / "by-hand.db")
    named(shop.folder, "sqlite:///by-hand.db")
    kept.move(Project.open(shop.folder), "sqlite:///third.db")
    assert b"Mia" in (shop.folder / "stepladder.db").read_bytes()
    assert os.listdir(shop.folder).count("third.db") == 1
