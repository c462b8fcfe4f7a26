"""What changes while the service runs: tokens revoked, a record locked, files altered in place."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from service_shops import Service, error, publish, same, token

import stepladder
from stepladder.core.errors import Problem
from stepladder.record import Token
from stepladder.release.release import files
from stepladder.release.ship import in_production
from stepladder.service.answers import Queue
from stepladder.service.keys import Keys
from stepladder.service.limits import Limits
from stepladder.service.refused import Refused
from stepladder.service.serve import _listening
from stepladder.service.tokens import hashed
from stepladder.service.writes import Writes

LIMITS = {"rate": 0, "answer_s": 6.0, "waiting": 20, "reads_s": 9.0}
SAID = {"case": {"customer": 1}, "prediction": 2.5}


@pytest.fixture(scope="module")
def project(template, tmp_path_factory):
    """A shop of this file's own, with published predictions."""
    folder = shutil.copytree(template, tmp_path_factory.mktemp("serves") / "here")
    same(stepladder.Project.open(folder / "shop"))
    made = stepladder.Project.open(folder / "shop")
    publish(made)
    return made


@pytest.fixture(scope="module")
def tokens(project):
    """Whose tokens there are from the beginning."""
    return {name: token(project.folder, "read,review") for name in ("stays", "goes", "waits")}


@pytest.fixture(scope="module")
def service(project, tokens):
    """A process that serves it."""
    running = Service(project.folder, limits=LIMITS).ready()
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


@contextlib.contextmanager
def locked(project, *, readers=False):
    """Another program that writes, or lets nobody else read either."""
    with contextlib.closing(sqlite3.connect(project.folder / "stepladder.db", 30)) as con:
        con.isolation_level = None
        if readers:
            con.execute("pragma locking_mode = exclusive")
        con.execute("begin exclusive" if readers else "begin immediate")
        con.execute("update tokens set expires = expires")
        yield con
        con.execute("commit")


def said(project):
    return len(project.record.answers("retention"))


def until(true):
    ends = time.monotonic() + 20
    while not true():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.1)


def test_what_is_not_known_of_tokens_opens_nothing(service, project, tokens):
    before, record = said(project), project.record
    (mine,) = (t for t in record.noted(Token) if t.sha256 == hashed(tokens["goes"]))

    def tell(whose):
        return service.send("POST", "/answers", tokens[whose], json=SAID)

    until(lambda: tell("goes").status_code == 200)
    record.revoke(mine.id)
    with locked(project, readers=True):
        until(lambda: "may have been revoked" in tell("stays").text)
        answer = tell("stays")
        assert "nothing was done" in error(answer, 503)
        assert int(answer.headers["Retry-After"]) >= 1
        assert tell("goes").status_code in (401, 503)  # 401 where it was read before the lock
        assert service.send("GET", "/models", tokens["stays"]).status_code == 200
        assert "cannot be read" in service.send("GET", "/readyz").text
        until(lambda: service.send("GET", "/models", tokens["stays"]).status_code == 503)
        assert service.send("GET", "/readyz").status_code == 503
        assert service.send("GET", "/healthz").status_code == 200
    until(lambda: tell("stays").status_code == 200)
    error(tell("goes"), 401)
    assert said(project) == before + 2  # one of each, and nothing that was refused
    assert service.log.read_text().count("tokens cannot be read") == 1


def test_a_revoked_token_does_not_live_on_behind_a_queue(service, project, tokens):
    before, told, stop = said(project), [], threading.Event()

    def writes():
        with service.client(tokens["waits"]) as client:
            while not stop.is_set():
                begun = time.monotonic()
                answer = client.post("/answers", json=SAID)
                told.append((begun, answer.status_code, answer.text))
                time.sleep(0.05)

    with ThreadPoolExecutor(40) as crowd:
        with locked(project) as con:
            for _ in range(40):
                crowd.submit(writes)
            time.sleep(5)
            con.execute(
                "update tokens set revoked = 'now' where sha256 = ?", [hashed(tokens["waits"])]
            )
        revoked = time.monotonic()
        time.sleep(2.5)
        late = len(told)
        time.sleep(0.5)
        stop.set()
    assert {status for _, status, _ in told[late:]} == {401}
    assert {status for begun, status, _ in told if begun > revoked + 2} == {401}
    texts = [text for _, status, text in told if status == 503]
    assert any("others are waiting already" in text for text in texts)
    assert any("not begun" in text for text in texts)
    # what was given up is not done later
    assert said(project) == before + sum(status == 200 for _, status, _ in told)


def test_what_was_given_up_is_not_done_later():
    done = []

    async def main():
        writes = Writes(Limits(answer_s=0.4, waiting=2), patience=0.2)
        slow = asyncio.create_task(writes.done(lambda: time.sleep(0.6)))
        await asyncio.sleep(0)
        other = asyncio.create_task(writes.done(lambda: done.append(1)))
        await asyncio.sleep(0)
        full = asyncio.create_task(writes.done(lambda: done.append(2)))
        told = await asyncio.gather(slow, other, full, return_exceptions=True)
        await asyncio.sleep(0.5)
        await writes.done(lambda: done.append(3))
        writes.close()
        return [problem.given for problem in told if isinstance(problem, Refused)]

    with ThreadPoolExecutor(1) as thread:  # a browser of another test may have a loop in this one
        told = thread.submit(lambda: asyncio.run(main())).result()
    assert "not known" in told[0]
    assert "not begun: others took too long" in told[1]
    assert "not begun: 2 others" in told[2]
    assert done == [3]


def _in_place(path, kept):
    body = path.read_bytes()
    with path.open("r+b") as file:  # the same file, as long and as old as before
        file.seek(len(body) // 2)
        file.write(bytes([body[len(body) // 2] ^ 1]))
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns - 1))


def _linked(path, kept):
    path.rename(kept)
    path.symlink_to(kept)


def _gone(path, kept):
    path.unlink()


HARM = [  # of a published file that is gone the one before it counts
    ("releases", _in_place), ("models", _in_place), ("models", _linked), ("models", _gone),
    ("published", _in_place),
]  # fmt: skip


@pytest.mark.parametrize(("what", "harm"), HARM)
def test_what_is_altered_is_noticed_and_what_was_read_before_goes_on(
    service, project, tokens, tmp_path, what, harm
):
    there = [*files(in_production(project).release, project.folder)]
    there += (project.folder / "published").glob("*.parquet")
    path = max(
        (p for p in there if what in p.parts and p.is_file()), key=lambda p: p.stat().st_size
    )
    new = {"cases": [{"rows": [{"day": "2020-02-01", "value": 10.5}]}, {"customer": 1}]}

    def asked():
        return service.send("POST", "/predict", tokens["stays"], json=new).json()["answers"]

    before, body = asked(), path.read_bytes()
    harm(path, tmp_path / "kept")
    until(lambda: "degraded" in service.send("GET", "/readyz").text)
    assert asked() == before
    metrics = httpx.get(
        f"{service.url}/metrics", headers={"Authorization": f"Bearer {tokens['stays']}"}
    ).text
    assert 'stepladder_degraded{question="shop"} 1' in metrics
    path.unlink(missing_ok=True)
    path.write_bytes(body)
    until(lambda: "degraded" not in service.send("GET", "/readyz").text)
    assert asked() == before


def _aside(work):
    """In a thread of its own: where a browser was before, this one has a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work)).result()


def test_who_is_given_up_after_it_has_answered_stops_nobody_else(monkeypatch):
    stopped = []

    class Found:
        name, fenced = "own", True
        stop = staticmethod(lambda: stopped.append("somebody"))
        at_once = staticmethod(lambda given: False)

        def newcomers(self, cases, why, late):
            return []

    async def too_late(asked, seconds):
        await asked
        raise TimeoutError

    monkeypatch.setattr(asyncio, "wait_for", too_late)
    queue = Queue(Limits())
    with pytest.raises(Refused, match="no answer within"):
        _aside(queue.answers(Found(), []))
    queue.close()
    assert stopped == []


def test_a_record_that_does_not_answer_holds_up_no_end(monkeypatch):
    answered = threading.Event()
    monkeypatch.setattr(Keys, "look", lambda keys, name: answered.wait(20))

    async def served_and_stopped():
        watching = asyncio.create_task(Keys({"shop": None}).watch())
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        return time.monotonic() - begun

    try:
        assert _aside(served_and_stopped()) < 5
    finally:
        answered.set()


def test_every_address_of_a_name_is_listened_on(monkeypatch):
    there = [  # a name may also stand for an address that this machine does not have
        (socket.AF_INET, ("192.0.2.1", 0)),
        (socket.AF_INET6, ("::1", 0, 0, 0)),
        (socket.AF_INET, ("127.0.0.1", 0)),
    ]
    found = [(kind, socket.SOCK_STREAM, 6, "", address) for kind, address in there]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **more: found)
    with _listening("localhost", 0) as places:
        names = [place.getsockname() for place in places]
        assert [name[0] for name in names] in (["::1", "127.0.0.1"], ["127.0.0.1"])
        assert len({name[1] for name in names}) == 1
        # else every answer takes 40 ms
        assert all(p.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for p in places)
    found = found[:1]
    with pytest.raises(Problem, match="nobody can listen"), _listening("localhost", 0):
        pass
