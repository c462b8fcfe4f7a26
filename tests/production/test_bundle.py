"""A bundle runs alone: away from the project, from the code it brings, with nothing secret in it."""

from __future__ import annotations

import configparser
import importlib.metadata
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from stepladder import Project
from stepladder.core.ask import ANSWERED
from stepladder.core.errors import Problem
from stepladder.leave import bundle as leaving
from stepladder.leave import hashes
from stepladder.leave.bundle import bundle
from stepladder.record import Token
from stepladder.release.release import Release
from stepladder.release.ship import in_production, ship
from stepladder.terminal.production import bundled


@pytest.fixture(autouse=True)
def no_index(request, monkeypatch):
    """Asking pip about fifty libraries takes its time: one test does, about two."""
    if "hashes" not in request.node.name:
        monkeypatch.setattr(hashes, "_asked", lambda pinned: {})


def test_it_predicts_the_same_where_the_project_is_gone(shop, tmp_path):
    there = bundle(shop, tmp_path / "my bundle")
    asked = ["predict", "--case", "3", "--json"]
    here = _run([sys.executable, "-P", "-m", "stepladder", *asked], shop.folder)
    site = tmp_path / "site"
    (wheel,) = there.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--target", site, wheel], check=True)
    shop.folder.rename(tmp_path / "gone")
    (tmp_path / "here" / "orders.csv").unlink()
    found = _run([sys.executable, "-P", "-m", "stepladder", *asked], there / "project", site)
    where = _run(
        [sys.executable, "-P", "-c", "import stepladder as s; print(s.__file__)"], "/", site
    )
    assert where.startswith(str(site))
    assert json.loads(found)[0]["prediction"] > 0
    assert found == here


def test_it_brings_what_was_shipped_and_no_secret(shop, tmp_path):
    shop.record.note(Token("a phone", "reader", "0" * 64))
    with (shop.folder / "question.toml").open("a") as file:
        file.write("# the password is swordfish\n")
    made = Project.open(bundle(Project.open(shop.folder), tmp_path / "b") / "project")
    release = Release.load(in_production(shop).release, shop.folder)
    again = Release.load(in_production(made).release, made.folder)
    assert again.hash == release.hash
    assert all(getattr(made.ask, name) == getattr(release.ask, name) for name in ANSWERED)
    assert in_production(made).time == in_production(shop).time
    decision = made.record.decision("retention")
    assert (decision.by, decision.because) == ("Mia", "we can read it")
    assert made.record.noted(Token) == []
    files = [p for p in (tmp_path / "b").rglob("*") if p.is_file()]
    everything = b"".join(p.read_bytes() for p in files if p.suffix != ".whl")
    for secret in (b"orders.csv", b"swordfish", b"out.db", b"0" * 64):
        assert secret not in everything


def test_it_has_a_record_of_its_own_whatever_the_environment_names(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("STEPLADDER_RECORD", f"sqlite:///{shop.folder / 'stepladder.db'}")
    before = _shipped(shop.folder)
    there = bundle(shop, tmp_path / "b") / "project"
    assert (_shipped(shop.folder), _shipped(there)) == (before, [before[-1]])


def _shipped(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "stepladder.db")) as record:
        return [release for (release,) in record.execute("select release from shipments")]


def test_libraries_are_pinned_to_what_runs_here(shop, tmp_path):
    lines = (bundle(shop, tmp_path / "b") / "requirements.lock").read_text().splitlines()
    assert lines[0].startswith("# versions without hashes")  # no index here: said, with what to do
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert {"duckdb", "numpy", "pyarrow", "fastapi", "uvicorn"} <= set(pinned)
    assert "pytest" not in pinned
    assert all(importlib.metadata.version(name) == version for name, version in pinned.items())


def test_hashes_are_asked_of_pip_itself_and_not_of_what_lies_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "pip.py").write_text("import pathlib; pathlib.Path('ran').touch()")
    text = hashes.with_hashes(["stepladder-there-is-none==1"])
    assert text.startswith("# versions without hashes")
    assert not (tmp_path / "ran").exists()


def test_hashes_let_pip_take_these_archives_and_no_others(tmp_path):
    pinned = [f"{name}=={importlib.metadata.version(name)}" for name in ("rich", "six")]
    text = hashes.with_hashes(pinned)
    if hashes.MARK not in text:
        pytest.skip("pip reaches no index")
    lock = tmp_path / "requirements.lock"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "1"]
    how = ["install", "--no-deps", "--require-hashes", "--target", tmp_path / "site", "-r", lock]
    asking = [*pip, *how]
    lock.write_text(text)
    subprocess.run(asking, check=True, capture_output=True)
    digest = text.split(hashes.MARK)[1][:64]
    lock.write_text(text.replace(digest, "0" * 64))
    refused = subprocess.run(asking, capture_output=True, text=True)
    assert "DO NOT MATCH THE HASHES" in refused.stderr


def test_what_starts_it_is_closed_to_the_outside(shop, tmp_path):
    there = bundle(shop, tmp_path / "b")
    docker = (there / "Dockerfile").read_text().replace("\\\n", " ")
    steps = [line.split(" ", 1) for line in docker.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert steps[0][0] == "FROM"
    assert {"FROM", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"} == {
        step for step, _ in steps
    }
    said = dict(steps)
    assert said["USER"] == "10001"
    assert "/healthz" in said["HEALTHCHECK"]
    assert json.loads(said["CMD"])[-4:] == ["--host", "0.0.0.0", "--port", "8000"]
    copied = [word for step, rest in steps if step == "COPY" for word in rest.split()[:-1]]
    assert all((there / word).exists() for word in copied if not word.startswith("--"))
    parsed = configparser.ConfigParser(interpolation=None, strict=False)  # a filter has two lines
    parsed.optionxform = str
    parsed.read_string(next(there.glob("*.service")).read_text())
    service = parsed["Service"]
    assert "--host 127.0.0.1" in service["ExecStart"]
    for wall in ("DynamicUser", "NoNewPrivileges", "PrivateTmp"):
        assert service[wall] == "true"
    assert service["ProtectSystem"] == "strict"


def test_it_says_how_a_rung_of_ones_own_is_fenced_there(shop, tmp_path, capsys):
    ours = bundle(shop, tmp_path / "ours")
    assert "stepladder's own" in (ours / "README.md").read_text()
    (shop.folder / "rungs" / "r1_mine.sql").write_text(
        "-- One of everything.\nselect customer, 1.0 as prediction from cases\n"
    )
    ship(shop, rung="r1_mine", force="to see")
    bundled(shop, tmp_path / "theirs", as_json=False)
    for said in (capsys.readouterr().out, (tmp_path / "theirs" / "README.md").read_text()):
        assert "r1_mine is your own code" in said
        assert "runs it unfenced" in said


def test_all_of_it_or_nothing(shop, tmp_path, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(Problem, match="not an empty folder"):
        bundle(shop, tmp_path / "full")
    (tmp_path / "empty").mkdir()

    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(leaving, "write_wheel", full)
        with pytest.raises(Problem, match="No space left"):
            bundle(shop, tmp_path / "empty")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "full", "here"]
    assert bundle(shop, tmp_path / "empty").joinpath("README.md").is_file()


def _run(command: list[str], folder: Path | str, site: Path | None = None) -> str:
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    env = {**kept, **({"PYTHONPATH": str(site)} if site else {})}
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
