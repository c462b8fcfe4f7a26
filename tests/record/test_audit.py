"""The audit log: whoever alters, removes or slips in anything is found out; erasing breaks nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import toy_projects
from sqlalchemy import text as sql

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
        connection.execute(sql("pragma foreign_keys = off"))
        for one in done.split(";"):
            connection.execute(sql(one))
    assert any(told in fault for fault in audit(record).faults), audit(record).faults


def test_somebody_forgotten_is_erased_and_the_chain_still_holds(record: Record, tmp_path) -> None:
    record.forget("shop", "f" * 64, CASE)
    checked = audit(record)
    assert (checked.faults, checked.erased) == ((), 1)
    assert events(record, "shop", "comment")[0].body is None
    with record.engine.connect() as connection:
        rows = connection.execute(sql("select * from bodies")).all()
    assert "Zo" not in json.dumps([list(map(str, row)) for row in rows])


def test_a_link_opens_once_and_a_session_closes(record: Record) -> None:
    secret = link(record, "ab")
    assert found(record, secret) is None  # a link is no session
    session = opened(record, secret)
    assert session
    assert opened(record, secret) is None
    assert found(record, session).token == "ab"
    with record.engine.connect() as connection:
        assert session not in str(connection.execute(sql("select * from entries")).all())
    close(record, session)
    assert found(record, session) is None


def test_the_command_tells_of_faults_and_of_links_that_were_cut_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from stepladder.cli import main

    def said(verb: str, *words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([verb, *words, "--project", str(project.folder)])
        return int(ended.value.code or 0), capsys.readouterr().out

    project = toy_projects.made("leaves", tmp_path)
    _, shown = said("token", "Ann", "--link", "--site", "https://x.example/")
    secret = shown.strip().removeprefix("https://x.example/enter?link=")
    assert opened(project.record, secret)
    code, text = said("audit", "--json")
    head = json.loads(text)["head"]
    assert (code, json.loads(text)["events"]) == (0, 1)
    say(project.record, "leaves", "comment", {"text": "no"}, by="Bo")
    assert said("audit", "--head", head)[0] == 0
    with project.record.engine.begin() as connection:
        connection.execute(sql("pragma foreign_keys = off"))
        for table in ("bodies", "events", "tokens"):
            connection.execute(sql(f"delete from {table}"))
    say(project.record, "leaves", "comment", {"text": "yes"}, by="Bo")
    assert said("audit")[0] == 0  # a chain of its own, begun anew
    code, text = said("audit", "--head", head)
    assert code == 1
    assert "is not in the chain" in text
    assert said("audit", "--head", "abc")[0] == 2
