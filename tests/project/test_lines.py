"""Where nobody watches a bar, what is going on is told in lines; what is printed for machines stays pure."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time

import pytest
import toy_projects

from stepladder.terminal import show
from stepladder.terminal.lines import progress_lines

SLOW = """'''Takes longer than a moment, and fails.'''

import time


def fit(history):
    time.sleep(3)
    raise ValueError("tired")
"""


class Full(io.StringIO):
    """A log on a disk without room."""

    def write(self, text):
        raise OSError(28, "No space left on device")


def test_a_bakeoff_in_a_log_has_a_line_for_every_rung_as_it_ends(tmp_path):
    made = toy_projects.made("leaves", tmp_path)
    (made.folder / "rungs" / "r3_slow.py").write_text(SLOW)
    command = [sys.executable, "-m", "stepladder", "bakeoff", "--json", "--project", made.folder]
    ran = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    told = [ran.stderr.readline() for _ in range(2)]
    assert ran.poll() is None  # it says so while it runs, not in the end
    out, err = ran.communicate(timeout=300)
    assert ran.returncode == 0, err
    said = "".join(told) + err
    rungs = json.loads(out)["rungs"]  # and nothing else
    for rung in rungs:
        assert f"{rung['rung']}: {rung['status'][:60]}" in said
    counts = [line.rstrip(")\n").rpartition("(")[2] for line in said.splitlines() if "/" in line]
    assert len(counts) == len(rungs)
    assert len(set(counts[-1].split("/"))) == 1  # all of them are done


def test_what_takes_a_moment_says_nothing(capsys):
    with progress_lines() as tick, show.patience("reading", quiet=False), show.progress(quiet=True):
        tick("preparing the past", 0, 0)
        tick("r1_first: ok.", 1, 1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("context", [show.progress, lambda quiet: show.patience("reading", quiet)])
@pytest.mark.parametrize("quiet", [False, True])
def test_what_takes_longer_says_so_to_whoever_reads_it_later(context, quiet, monkeypatch, capsys):
    monkeypatch.setattr(
        "stepladder.terminal.show.progress_lines", lambda: progress_lines(0.02, 0.05)
    )
    with context(quiet) as tick:
        if context is show.progress:
            tick("reading", 0, 0)
            tick("r1_first at 2024-01-01", 0, 9)  # for a bar
        text, end = "", time.monotonic() + 10
        while "still at it" not in text and time.monotonic() < end:
            time.sleep(0.01)
            text += capsys.readouterr().err
    said = text.splitlines()
    assert said[0].endswith(" s  reading")
    assert " s  still at it: r" in said[1]
    assert len([line for line in said if "still" not in line]) == 1


def test_a_log_that_nobody_takes_stops_no_work(monkeypatch):
    for stream in (None, Full()):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress_lines(0.0) as tick:
            time.sleep(0.05)
            tick("reading \x1b[2J", 0, 0)
