"""`run --plan` reads the sources as the run would, says what it then would do, and writes nothing."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

import stepladder
from stepladder import cli
from stepladder.core.errors import Problem
from stepladder.nightly.run import foreseen, run


@pytest.fixture
def ran(shop) -> stepladder.Project:
    """The shop after a night, with data that may be as old as they are."""
    asked = shop.folder / "question.toml"
    asked.write_text(asked.read_text().replace("[nightly]", "[nightly]\nstale_after = 3660"))
    project = stepladder.Project.open(shop.folder)
    run(project)
    return stepladder.Project.open(shop.folder)


def everything(folder: Path) -> dict[str, str]:
    """Every file and what is in it, but for the record's own journal."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".db" not in path.name
    }


def sold(project: stepladder.Project, days: int) -> int:
    """Orders of so many days more, in the source."""
    source = (project.folder / project.ask.tables["purchases"].source).resolve()
    head, *rows = source.read_text().splitlines()
    names = head.replace('"', "").split(",")
    more = []
    for ahead in range(days):
        for row in rows[-40:]:
            cells = row.split(",")
            at = names.index("day")
            cells[at] = str(date.fromisoformat(str(project.now())) + timedelta(days=ahead))
            more.append(",".join(cells))
    source.write_text("\n".join([head, *rows, *more]) + "\n")
    return len(more)


def planned(capsys, *more: str) -> dict:
    with pytest.raises(SystemExit) as end:
        cli.main(["run", "--plan", "--json", *more])
    assert not end.value.code
    return json.loads(capsys.readouterr().out)


def test_a_plan_sees_what_the_sources_would_bring_and_writes_nothing(ran, capsys, monkeypatch):
    assert foreseen(ran).to_do == []
    assert foreseen(ran).sources[0].endswith("the source says what was read last")
    rows = sold(ran, 2)
    (ran.folder / "runs" / "inputs").mkdir(exist_ok=True)
    for kept in (ran.folder / "runs" / "inputs").glob("*.json"):
        kept.unlink()
    before = everything(ran.folder.parent)
    monkeypatch.chdir(ran.folder)
    said, last = (planned(capsys, *more) for more in ((), ("--no-refresh",)))
    assert everything(ran.folder.parent) == before
    todo = [(one["day"], one["step"]) for one in said["steps"] if one["state"] != "done"]
    assert f"{rows:,} rows more" in said["sources"][0]
    assert str(ran.now() + timedelta(days=1)) in said["sources"][1]
    assert [one for one in last["steps"] if one["state"] != "done"] == []
    assert last["sources"] == []
    found = run(ran)
    assert [(str(one.day), one.step) for one in found.plan.to_do] == todo
    assert len(todo) >= 4


def test_a_plan_says_plainly_that_the_sources_cannot_be_read(ran, capsys, monkeypatch):
    (ran.folder / ran.ask.tables["purchases"].source).resolve().unlink()
    with pytest.raises(Problem) as told:
        foreseen(ran)
    assert "the sources cannot be read" in told.value.given
    assert "--no-refresh" in told.value.remedy
    assert foreseen(ran, fresh=False).to_do == []
