"""The audit log: whoever alters, removes or slips in anything is found out; erasing breaks nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from stepladder.record import Record, Token
from stepladder.record.entries import close, found, link, opened
from stepladder.record.said import audit, events, say, withdraw

CASE = {"customer": "Zoë"}


@pytest.fixture
def record(tmp_path: Path) -> Record:
    made = Record.make(f"sqlite:///{tmp_path / 'record.db'}", "p")
    made.decide("shop", "r1_rule", by="Ann", because="simple")
    say(made, "shop", "comment", {"text": "no <b>"}, by="Bo", about=CASE, request="form-1")
    made.answer("shop", [(CASE, 2.0)], by="Bo", trial="t")
    made.note(Token("web", "read", "ab"))
    made.revoke(1)
    return made


def test_what_was_said_is_there_once_and_the_chain_holds(record: Record) -> None:
    again = say(record, "shop", "comment", {"text": "twice"}, by="Bo", about=CASE, request="form-1")
    (said,) = events(record, "shop", "comment", about=CASE)
    assert (said.id, said.body) == (again, {"text": "no <b>"})
    assert events(record, "shop", "comment", about={"customer": "?"}) == []
    withdraw(record, "shop", 1, by="Bo")
    assert record.answers("shop") == []
    checked = audit(record)
    assert (checked.events, checked.faults) == (6, ())


@pytest.mark.parametrize(
    ("done", "told"),
    [
        ("update decisions set rung = 'r4_other'", "decision 1 was altered"),
        ("update answers set prediction = 3", "answer 1 was altered"),
        ("update tokens set roles = 'decide'", "token 1 was altered"),
        ("update tokens set revoked = ''", "token 1 was altered"),
        ("delete from decisions", "decision 1 is missing"),
        ("delete from answers", "answer 1 is missing"),
        ("update events set \"by\" = 'Eve' where id = 2", "event 2 was altered"),
        ("update bodies set body = '{\"text\": \"yes\"}' where id = 2", "words of event 2 were altered"),
        ("delete from bodies where id = 2", "words of event 2 are gone"),
        ("delete from bodies where id = 1; delete from events where id = 1", "event 1 is missing"),
        (
            "insert into decisions select project, 2, question, bakeoff, 'r9', 'Ann', time, because, '', '' "
            "from decisions",
            "decision 2 was written past the log",
        ),
    ],
)  # fmt: skip
def test_tampering_is_found_out(record: Record, done: str, told: str) -> None:
    with record.engine.begin() as connection:
        connection.execute(text("pragma foreign_keys = off"))
        for one in done.split(";"):
            connection.execute(text(one))
    assert any(told in fault for fault in audit(record).faults), audit(record).faults


def test_somebody_forgotten_is_erased_and_the_chain_still_holds(record: Record, tmp_path) -> None:
    record.forget("shop", "f" * 64, CASE)
    checked = audit(record)
    assert (checked.faults, checked.erased) == ((), 1)
    assert events(record, "shop", "comment")[0].body is None
    with record.engine.connect() as connection:
        rows = connection.execute(text("select * from bodies")).all()
    assert "Zo" not in json.dumps([list(map(str, row)) for row in rows])


def test_a_link_opens_once_and_a_session_closes(record: Record) -> None:
    secret = link(record, "ab")
    assert found(record, secret) is None  # a link is no session
    session = opened(record, secret)
    assert session
    assert opened(record, secret) is None
    assert found(record, session).token == "ab"
    with record.engine.connect() as connection:
        assert session not in str(connection.execute(text("select * from entries")).all())
    close(record, session)
    assert found(record, session) is None
