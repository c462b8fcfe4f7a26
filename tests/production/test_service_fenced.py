"""The service over somebody's own rung that misbehaves: what its askers hear, and others do not."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import service_shops
from service_shops import Service, error, token

from stepladder.fence.starter import FORKS

MOODY = '''"""Says what somebody paid at most; some amounts make it misbehave."""
import os
import time

import numpy as np

KEPT = []


def fit(history):
    return {"n": 1}


def predict(model, history, cases):
    said = history.sql(
        "select customer, coalesce(max(value), 0.0) as prediction "
        "from cases left join purchases using (customer) group by customer", cases)
    mood = max(said["prediction"].to_pylist(), default=0)
    if mood == 9001:
        time.sleep(600)
    if mood == 9002:
        KEPT.extend(np.ones(10_000_000) for _ in range(100))
    if mood == 9003:
        os._exit(0)
    if mood == 9004:
        print("x" * 100_000, flush=True)
    if mood == 9005:
        assert "hush" not in str(os.environ), "ESCAPED"
        open("question.toml").read()
    return said
'''


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with two projects: one answers by a rung of ours, one by somebody's own."""
    home = tmp_path_factory.mktemp("fenced") / "home"
    home.mkdir()
    service_shops._retention(home / "shop", "r2_rfm_quintiles")
    service_shops._retention(
        home / "own", "r3_moody", {"r3_moody.py": MOODY}, settings="memory_mb = 700\n"
    )
    return home


@pytest.fixture(scope="module")
def tokens(home):
    """A token of each."""
    return {name: token(home / name) for name in ("own", "shop")}


@pytest.fixture(scope="module")
def service(home, tokens):
    """One process that serves both."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", "hush")
        running = Service(home, "--rate", "0").ready()
    yield running
    rungs = fenced(running)
    assert running.stop() == 0
    assert psutil.wait_procs([psutil.Process(p) for p in rungs if psutil.pid_exists(p)], 5)[1] == []


@pytest.fixture(scope="module")
def own(service, tokens):
    """A client of the project with somebody's own rung."""
    with service.client(tokens["own"]) as client:
        yield client


@pytest.fixture(scope="module")
def shop(service, tokens):
    """A client of the other."""
    with service.client(tokens["shop"]) as client:
        yield client


def fenced(service):
    """The processes that the service started, and those that they did."""
    return [p.pid for p in psutil.Process(service.process.pid).children(recursive=True)]


def paid(client, value, **more):
    rows = [{"day": "2020-02-01", "value": value}]
    return client.post("/predict", json={"cases": [{"rows": rows}], **more})


def said(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["answers"][0]["prediction"]


def test_somebody_new_is_answered_by_a_process_that_is_kept(own, service):
    assert said(paid(own, 12.5)) == 12.5
    before = fenced(service)
    assert said(paid(own, 13.5, why=True)) == 13.5
    assert fenced(service) == before
    assert said(paid(own, 9004)) == 9004  # what it prints is no answer
    assert said(paid(own, 14.5)) == 14.5
    for pid in before:
        assert psutil.Process(pid).memory_info().rss < 150e6


def test_one_that_hangs_is_given_up_and_others_are_served_meanwhile(own, shop):
    with ThreadPoolExecutor(3) as pool:
        begun = time.monotonic()
        hung = [pool.submit(paid, own, 9001) for _ in range(2)]
        time.sleep(0.5)
        others = [paid(shop, 10.0) for _ in range(5)]
        assert time.monotonic() - begun < 8
        assert not any(future.done() for future in hung)
        assert [answer.status_code for answer in others] == [200] * 5
        for future in hung:
            assert "no answer within 10 s" in error(future.result(), 503)
        assert time.monotonic() - begun < 15
    assert said(paid(own, 15.5)) == 15.5


@pytest.mark.parametrize("mood", [9002, 9003, 9005], ids=["memory", "exit", "reads"])
def test_one_that_misbehaves_fails_alone(own, shop, service, mood):
    error(paid(own, mood), 500)
    assert paid(shop, 10.0).status_code == 200
    assert said(paid(own, 16.5)) == 16.5
    log = service.log.read_text()
    assert {9002: "more than 700 MB", 9003: "ended its process", 9005: "tried to open"}[mood] in log
    assert "ESCAPED" not in log


@pytest.mark.skipif(not FORKS, reason="only Linux ends what was started together with its parent")
def test_killed_it_leaves_nothing_running(home):
    running = Service(home, "--rate", "0").ready()
    rungs = fenced(running)
    assert len(rungs) == 2
    os.kill(running.process.pid, 9)
    running.process.wait()
    end = time.monotonic() + 10
    while any(psutil.pid_exists(pid) for pid in rungs):
        assert time.monotonic() < end
        time.sleep(0.1)
