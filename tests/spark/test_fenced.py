"""Somebody's own rung in Python, on Spark: behind the fence, where it may ask of its history and no more."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stepladder.bakeoff.on_spark import measure_on_spark
from stepladder.core.cases import everyone
from stepladder.fence import asks
from stepladder.fence.answering import Answering
from stepladder.fence.child import Job

ASKING = '''"""Asks in every way there is, and says what it heard."""
import pyarrow as pa
from datetime import timedelta
COUNT = "select count(*) as n from purchases"
def fit(history):
    n = lambda asked: asked.sql(COUNT)["n"][0].as_py()
    more = history.sql("select * from purchases limit 3")
    streamed = sum(batch.num_rows for batch in history.scan("select customer from purchases"))
    earlier = n(history.at(history.now - timedelta(days=91)))
    known = n(history)
    assert n(history.plus(purchases=more)) == known + 3 and streamed >= known
    gone = history.sql("select distinct customer from purchases limit 1")
    assert n(history.without("purchases", gone)) < known
    assert history.sql(COUNT.replace("purchases", "given"), given=more)["n"][0].as_py() == 3
    try:
        open({path!r})
        raise SystemExit("a file was opened")
    except PermissionError:
        return {{"known": pa.table({{"n": [known]}}), "earlier": pa.table({{"n": [earlier]}})}}
def predict(model, history, cases):
    asked = "select customer, k.n + 0.0 as prediction from cases cross join k"
    return history.sql(asked, cases, k=model["known"])
'''


@pytest.fixture(scope="module")
def job(toys, tmp_path_factory) -> Job:
    toy, folder = toys["retention"], tmp_path_factory.mktemp("fenced")
    cases = everyone(toy.question, toy.at(toy.now).duckdb).slice(0, 50)
    pq.write_table(cases, folder / "cases.parquet")
    rung = folder / "r2_asking.py"
    rung.write_text(ASKING.format(path=toy.tables["purchases"][0]))
    return Job(
        question="retention", rung=str(rung), tables=toy.tables, cases=str(folder / "cases.parquet"),
        now=str(toy.now), ask=toy.ask.model_dump_json(), out=str(folder / "out"), project=str(folder),
    )  # fmt: skip


def test_it_learns_from_its_part_and_answers_by_what_is_known(job, toys):
    toy = toys["retention"]
    half = {"purchases": "customer % 2 = 0"}
    found = measure_on_spark(replace(job, learn_from=half), time_box=300, memory_mb=1500)
    assert found.status == "ok", found.detail
    assert found.fence in ("walled", "fenced")
    assert found.fit_s > 0
    said = pq.read_table(found.predictions)["prediction"].to_pylist()
    asked = f"select count(*) as n from purchases where {half['purchases']}"
    assert set(said) == {toy.at(toy.now).duckdb.sql(asked)["n"][0].as_py()}


@pytest.fixture(scope="module")
def door(toys):
    """What answers a process that sends whatever it likes."""
    toy = toys["retention"]
    history = toy.at(toy.now).spark
    answering = Answering(history, None, most=3_000_000)

    def ask(*tables, **head):
        usual = {"what": "sql", "query": "select 1 as a", "now": toy.now.isoformat()}
        return asks.unframed(answering.answer(asks.framed({**usual, **head}, tables)))

    return toy, answering, ask


def test_whatever_is_asked_only_the_history_answers(door):
    toy, _, ask = door
    later = (toy.now + timedelta(days=1)).isoformat()
    rows = pa.table({"customer": [1]})
    refused = [
        ({"now": later}, "backwards only"), ({"now": "0001-01-01"}, "begins in"),
        ({"query": "drop table purchases"}, "one SELECT"), ({"query": "select 1; select 2"}, "one SELECT"),
        ({"query": "select * from read_text('/etc/passwd')"}, "asks for"),
        ({"query": "select * from parquet.`/etc/passwd`"}, "history"),
        ({"query": "select reflect('java.lang.System', 'getenv') as a"}, "cannot be said"),
        ({"laid": ["no_such"], "tables": [rows]}, "rows of a table"),
        ({"out": ["no_such"], "tables": [rows]}, "rows of a table"),
    ]  # fmt: skip
    for head, why in refused:
        said, found = ask(*head.pop("tables", []), **head)
        assert why in said["problem"][0] + said["problem"][1], head
        assert not found
    nonsense = [
        {"what": "frame"}, {"what": "next", "scan": 99}, {"now": "tomorrow"}, {"query": 1}, {"path": "/etc"},
        {"given": ["a", "b"]}, {"given": ["self"], "tables": [rows]}, {"given": ["query"], "tables": [rows]},
    ]  # fmt: skip
    for head in nonsense:
        said, found = ask(*head.pop("tables", []), **head)
        assert said["error"], head
        assert not found
    wide = "select repeat('x', 4000000) as a"
    assert ask(query=wide)[0]["outgrown"]
    for _ in range(8):
        said, _ = ask(what="scan", query="select 1 as a")
    assert "8 streams" in ask(what="scan", query="select 1 as a")[0]["problem"][0]
    assert [ask(what="next", scan=said["scan"])[1] for _ in range(2)][1] == []
    assert ask()[1][0].to_pydict() == {"a": [1]}  # nothing was broken by it


@pytest.mark.parametrize("sent", [
    asks.LENGTH.pack(2**31) + b"{}", asks.LENGTH.pack(4) + b"null", asks.LENGTH.pack(2) + b"{}",
    asks.LENGTH.pack(15) + b'{"sizes": [-1]}', asks.LENGTH.pack(23) + b'{"sizes": [9000000000]}',
    asks.framed({}, []) + b"more",
])  # fmt: skip
def test_a_frame_without_an_end_ends_the_talk(door, sent):
    ours, theirs = socket.socketpair()
    theirs.sendall(sent)
    theirs.shutdown(socket.SHUT_WR)
    door[1].answer_all(ours)
    ours.close()
    assert theirs.recv(100) == b""
    theirs.close()
