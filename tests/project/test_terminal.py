"""A terminal and a log show what others wrote, and obey none of it."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
from rich.table import Table
from rich.text import Text

from stepladder.core.errors import Problem
from stepladder.core.visible import Lines, visible
from stepladder.service.serve import AsJson
from stepladder.terminal.console import Console
from stepladder.terminal.failure import failing

HOSTILE = (
    "\x1b[2J\x1b]0;title\x07\x1b]8;;http://x.example\x1b\\click\x1b]8;;\x1b\\ \x9b31m \x8d \x7f \x08"
    "\u202egnp.exe\u2066\u200b\u2028\ufeff\U000e0041 \ud800 "
    "[link=http://x.example]here[/link] [bold :pile_of_poo:\r"
)
FORBIDDEN = [
    *map(chr, {*range(32), *range(127, 160)} - {9, 10}),
    *"\u202e\u2066\u200b\u2028\ufeff\U000e0041\ud800",
]
WAYS = {
    "a text": lambda out: out.print(Text(HOSTILE)),
    "a string": lambda out: out.print(HOSTILE),
    "a title": lambda out: out.print(Table("-" * 500, title=HOSTILE)),
    "a cell": lambda out: _table(out, HOSTILE, HOSTILE),
    "a question": lambda out: out.input(Text(HOSTILE), stream=io.StringIO("x\n")),
}  # fmt: skip


def _table(out, head, cell):
    table = Table(head)
    table.add_row(cell)
    out.print(table)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_terminal_shows_texts_and_obeys_none(monkeypatch, way):
    said = io.StringIO()
    monkeypatch.setattr(sys, "stdout", said)
    monkeypatch.setenv("COLUMNS", "2000")
    way(Console())
    assert not set(FORBIDDEN) & set(said.getvalue())
    assert r"\x1b[2J" in said.getvalue()
    assert "[link=http://x.example]here" in said.getvalue()


def test_what_people_write_is_left_as_it_is():
    for text in ("Zoë 日本語 مرحبا 👩\u200d👧 می\u200cخواهم €", "one\ntwo\tthree", ""):
        assert visible(text) == text


def test_an_error_steers_nothing(capsys):
    with pytest.raises(SystemExit), failing(as_json=False):
        raise Problem(HOSTILE, HOSTILE, HOSTILE)
    assert not set(FORBIDDEN) & set(capsys.readouterr().err)


@pytest.mark.parametrize("kind", [Lines, AsJson])
def test_a_log_has_a_line_for_an_event(kind):
    forged = f"{HOSTILE}\n2026-01-01 INFO all is well"
    record = logging.LogRecord("stepladder", 20, "", 1, "token %s", (forged,), None)
    said = kind().format(record)
    assert not set(FORBIDDEN) & set(said)
    assert len(said.splitlines()) == 1
    if kind is AsJson:
        assert json.loads(said)["said"] == f"token {forged}"
