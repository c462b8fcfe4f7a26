"""Two who begin the same project at once: one has it, the other is told so, and nothing is destroyed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pyarrow.csv

import stepladder
from stepladder.questions.retention import toy


def begun(source: Path, folder: Path) -> subprocess.Popen[str]:
    command = ["new", "retention", "--from", str(source), "--project", str(folder), "--json"]
    return subprocess.Popen(
        ["/bin/sh", "-c", 'umask 022 && exec "$@"', "sh", sys.executable, "-m", "stepladder", *command],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_one_wins_and_the_other_is_told_in_three_parts(tmp_path):
    source = tmp_path / "orders.csv"
    rows = toy.simulate(toy.World(), 300, 5)[0].drop_columns(["row"])
    pyarrow.csv.write_csv(rows, source)
    both = [begun(source, tmp_path / "shop") for _ in range(2)]
    said = [json.loads(each.communicate()[0]) for each in both]
    assert sorted(each.returncode for each in both) == [0, 2]
    (error,) = (each["error"] for each in said if "error" in each)
    assert set(error) == {"given", "allowed", "remedy"}
    assert (
        "is being made by another process" in error["given"] or "exists already" in error["given"]
    )
    project = stepladder.Project.open(tmp_path / "shop")
    assert project.history().sql("select count(*) as n from purchases")["n"][0].as_py() > 0
    assert sorted(os.listdir(tmp_path)) == ["orders.csv", "shop"]
    for path in (project.folder, *project.folder.rglob("*")):  # whatever the shell's umask
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
