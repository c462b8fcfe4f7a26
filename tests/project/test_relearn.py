"""A project keeps the cleaner that it began with, until it is told to learn today's."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest

import stepladder
from stepladder.cli import main
from stepladder.tables.choices import CLEANER

FIRST = date(2023, 1, 1)


@pytest.fixture
def old(tmp_path):
    """A project of the first cleaner, with a comment, another value column, and no header's line."""
    lines = ["customer_id;order_date;net;total"]
    for i in range(200):
        day = FIRST + timedelta(i * 2)
        lines.append(f"{i % 40 + 1};{day:%d/%m/%Y};{i + 1};{i + 2}")
    (tmp_path / "orders.csv").write_text("\n".join(lines) + "\n")
    made = stepladder.new("retention", str(tmp_path / "orders.csv"), tmp_path / "p",
                          columns={"value": "net"}, choices={"duplicates": "keep"})  # fmt: skip
    toml = made.folder / "question.toml"
    text = re.sub(r"(?m)^version = .*\n", "", toml.read_text())
    text = text.replace('duplicates = "keep"', 'duplicates = "keep"  # Mia said so')
    toml.write_text(text)
    return stepladder.Project.open(made.folder)


def run(capsys, *words):
    """What the command line prints, and its exit code."""
    code = 0
    try:
        main(words)
    except SystemExit as ended:
        code = ended.code or 0
    return capsys.readouterr(), code


def choices(project):
    return stepladder.Project.open(project.folder).ask.tables["purchases"].choices


def test_an_old_project_is_cleaned_as_before_and_one_line_says_so(old, capsys):
    said, _ = run(capsys, "refresh", "--project", str(old.folder))
    words = " ".join(said.out.split())
    assert "an earlier version of the cleaner does; stepladder refresh --relearn shows" in words
    assert "version" not in choices(old)
    assert stepladder.refresh(old).fingerprint == old.fingerprint


def test_relearning_says_what_changes_keeps_what_was_said_and_loses_no_comment(old):
    seen = []
    anew = stepladder.relearn(old, lambda changes: seen.extend(changes) or True)
    said = {(one.what, one.before, one.after) for one in seen}
    assert ("choice: version", 1, CLEANER) in said
    assert ("value stays; a fresh look would take", "net", "total") in said
    assert not {what for what, *_ in said} & {"rows kept", "customers", "value total"}
    text = (old.folder / "question.toml").read_text()
    assert "# Mia said so" in text
    now = choices(old)
    assert (now["version"], now["duplicates"], now["columns"]["value"]) == (CLEANER, "keep", "net")
    assert now["day_order"] == "day first"
    assert anew.fingerprint == old.fingerprint
    again = []
    stepladder.relearn(anew, lambda changes: again.extend(changes) or True)
    assert [one.what for one in again] == ["value stays; a fresh look would take"]


def test_what_is_gone_is_looked_for_anew_and_the_figures_are_compared(old):
    """The column named is no longer there; what was read before cannot be compared, and is said."""
    source = old.folder.parent / "orders.csv"
    source.write_text(source.read_text().replace(";net;", ";gross2;"))
    seen = []
    stepladder.relearn(old, lambda changes: seen.extend(changes) or True)
    assert seen[0].what == "reading it as it was before"
    assert choices(old)["columns"]["value"] == "total"


def test_a_changed_choice_shows_in_every_figure(old):
    toml = old.folder / "question.toml"
    toml.write_text(re.sub(r"(?m)^day_order = .*", 'day_order = "month first"', toml.read_text()))
    seen = {}
    old = stepladder.Project.open(old.folder)
    stepladder.relearn(old, lambda found: seen.update({c.what: (c.before, c.after) for c in found}))
    before, after = seen["rows kept"]
    assert before < after == 200
    assert "customers" not in seen
    assert seen["choice: day order"] == ("month first", "day first")
    assert (
        'day_order = "month first"' in toml.read_text()
    )  # the answer was None: nothing is written


@pytest.mark.parametrize("flag", [("--dry-run",), ()])
def test_as_json_it_says_what_changes_and_whether_it_was_written(old, capsys, flag):
    before = (old.folder / "question.toml").read_text()
    said, code = run(capsys, "refresh", "--project", str(old.folder), "--relearn", "--json", *flag)
    found = json.loads(said.out)
    assert code == 0
    assert found["written"] is not bool(flag)
    assert {"table", "what", "before", "after"} == set(found["changes"][0])
    assert ((old.folder / "question.toml").read_text() == before) is bool(flag)


def test_a_dry_run_of_nothing_is_refused(old, capsys):
    said, code = run(capsys, "refresh", "--project", str(old.folder), "--dry-run")
    assert code == 2
    assert "--relearn" in said.err


def test_what_was_lost_of_the_clean_data_is_made_again(old):
    for file in (old.folder / "data").iterdir():
        file.unlink()
    again = stepladder.refresh(stepladder.Project.open(old.folder))
    assert again.data["purchases"]["report"]["rows_kept"] == 200
