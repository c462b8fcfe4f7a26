"""Connections that show no token, against a real process whose limits are short: none of them stalls it."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import sys
import time

import httpx
import psutil
import pytest
from service_shops import Service, token

from stepladder.service.connections import _address
from stepladder.service.limits import THIS_MACHINE

LIMITS = {
    "rate": 0, "head_s": 1.0, "body_s": 1.0, "idle_s": 2.0, "write_s": 1.0,
    "connections": 40, "per_address": 5, "proxies": ("127.0.0.1/32",),
}  # fmt: skip
ROWS = [{"day": "2020-02-01", "value": 10.5}]
GET, POST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"POST /predict HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BIG = b"a" * 50_000


@pytest.fixture(scope="module")
def shop(template):
    """A token of the shop that is served."""
    return token(template / "shop")


@pytest.fixture(scope="module")
def service(template, shop):
    """One process with short limits; nothing is published yet, so newcomers alone are answered."""
    running = Service(template / "shop", limits=LIMITS).ready(503)
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()


@contextlib.contextmanager
def connected(service, source="127.0.0.1"):
    with socket.create_connection(("127.0.0.1", service.port), 20, (source, 0)) as one:
        yield one


def healthy(service):
    assert httpx.get(f"{service.url}/healthz", timeout=5).json() == {"alive": True}


def said(one, until=20.0):
    """All that comes before it is closed; None if it stays open."""
    came, ends = b"", time.monotonic() + until
    while select.select([one], [], [], max(ends - time.monotonic(), 0))[0]:
        try:
            part = one.recv(65_536)
        except ConnectionError:  # closed, with bytes of ours unread
            return came
        if not part:
            return came
        came += part
    return None


def until(true):
    for _ in range(200):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come")


def refusal(came, status):
    head, _, body = came.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), came[:200]
    parts = json.loads(body)["error"]
    assert all(parts[name] for name in ("given", "allowed", "remedy"))
    return parts["given"]


ENDLESS = {
    "many headers": (GET, b"X: y\r\n" * 10_000),
    "one header": (GET + b"X: ", BIG),
    "a name": (GET, BIG),
    "an address": (b"GET /", BIG),
    "a method": (b"G", BIG),
    "a body without a token": (POST + b"Content-Length: 999999999999\r\n\r\n", BIG),
    "chunks": (CHUNKED, b"c350\r\n" + BIG + b"\r\n"),
    "a chunk's extension": (CHUNKED + b"1;", BIG),
    "what follows a body": (CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000),
    "one that follows a body": (CHUNKED + b"0\r\nX: ", BIG),
    "empty lines": (b"", b"\r\n" * 25_000),
    "requests": (b"", (GET + b"\r\n") * 1_000),
    "an upgraded connection": (GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", BIG),
    "no HTTP": (b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + BIG),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_ended(service, name):
    begins, goes_on = ENDLESS[name]
    process = psutil.Process(service.process.pid)
    before, sent, most = process.memory_info().rss, 0, 64_000_000
    with connected(service) as one:
        with contextlib.suppress(ConnectionError):
            one.sendall(begins)
            while sent < most:
                sent += one.send(goes_on)
            raise AssertionError("it read on and on")
        healthy(service)
    assert process.memory_info().rss < before + 30_000_000


SLOW = {
    "nothing at all": b"",
    "a head": GET,
    "a body without a token": POST + b"Content-Length: 9\r\n\r\n",
    "a body in pieces": CHUNKED,
}


@pytest.mark.parametrize("name", SLOW)
def test_what_comes_byte_by_byte_is_not_waited_for(service, name):
    with connected(service) as one, contextlib.suppress(ConnectionError):
        one.sendall(SLOW[name])
        for _ in range(80):
            if name != "nothing at all":
                one.sendall(b"1")
            if (came := said(one, 0.1)) is not None:
                break
        else:
            raise AssertionError("it is still open")
        if name == "a head":
            assert refusal(came, 408) == "slow headers"


def test_a_body_with_a_token_has_its_time_and_no_more(service, shop):
    head = POST + b"Content-Type: application/json\r\nAuthorization: Bearer %s\r\n" % shop.encode()
    with connected(service) as one:
        one.sendall(head + b"Content-Length: 900\r\nExpect: 100-continue\r\n\r\n")
        assert one.recv(65_536).startswith(b"HTTP/1.1 100")
        for _ in range(15):  # never idle for long, and late all the same
            with contextlib.suppress(ConnectionError):
                one.sendall(b" ")
            time.sleep(0.1)
        assert refusal(said(one), 408) == "the body did not come"


def test_whoever_takes_no_answer_is_let_go(service):
    ask = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        one.connect(("127.0.0.1", service.port))
        one.sendall(ask * 8)  # as many as may be, twelve megabytes of answers
        inside = f":{one.getsockname()[1]} "
        process = psutil.Process(service.process.pid)

        def there():
            return any(c.raddr and f":{c.raddr.port} " == inside for c in process.net_connections())

        until(there)
        until(lambda: not there())
    healthy(service)


def test_an_idle_connection_is_closed_after_a_while(service):
    with connected(service) as one:
        one.sendall(GET + b"\r\n")
        assert b'{"alive": true}' in said(one)


NO_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "another protocol": b"EHLO example.org\r\n",
    "no host to parse": b"GET http:// HTTP/1.1\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length and pieces": POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a folded header": GET + b"X: a\r\n b\r\n\r\n",
    "zeros": b"\0" * 100,
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_is_no_http_is_told_so(service, name):
    with connected(service) as one:
        one.sendall(NO_HTTP[name])
        assert refusal(said(one), 400) == "no HTTP"


def test_a_websocket_is_answered_as_any_request_and_closed(service):
    with connected(service) as one:
        one.sendall(GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert said(one).startswith(b"HTTP/1.1 200")


def test_a_crowd_of_strangers_makes_room_for_whoever_has_a_token(service, shop):
    asked = {"cases": [{"rows": ROWS}]}
    with contextlib.ExitStack() as all_, service.client(shop) as old:
        assert old.post("/predict", json=asked).status_code == 200
        for nth in range(300):  # more than there is room for, some with half a request
            one = all_.enter_context(connected(service))
            one.sendall(GET if nth % 2 else b"")
            if nth % 60 == 0:
                assert old.post("/predict", json=asked).status_code == 200  # it was not let go
                assert service.send("POST", "/predict", shop, json=asked).status_code == 200
                healthy(service)
        text = old.get("/metrics").text
    assert 'stepladder_connections_closed_total{why="made room"}' in text


@pytest.mark.skipif(sys.platform != "linux", reason="this machine has one address")
def test_an_address_has_some_connections_and_a_proxy_any_number(service):
    with contextlib.ExitStack() as all_:
        for _ in range(5):
            all_.enter_context(connected(service, "127.0.0.2"))
        with connected(service, "127.0.0.2") as one:
            assert "from one address" in refusal(said(one), 429)
        with connected(service, "127.0.0.3") as other:
            other.sendall(GET + b"\r\n")
            assert b"200 OK" in other.recv(65_536)
        healthy(service)  # the proxy's address is 127.0.0.1
    for _ in range(20):
        with connected(service, "127.0.0.2") as one:  # those that are gone are not counted
            one.sendall(GET + b"\r\n")
            if b"200 OK" in one.recv(65_536):
                return
        time.sleep(0.1)
    raise AssertionError("it counts connections that are gone")


def test_addresses_are_counted_by_who_may_have_many():
    assert _address("127.0.0.9", THIS_MACHINE) == _address("::1", THIS_MACHINE) == ""
    assert _address("::ffff:127.0.0.1", THIS_MACHINE) == ""
    assert _address("10.0.0.7", (*THIS_MACHINE, "10.0.0.0/24")) == ""
    assert _address("10.0.1.7", (*THIS_MACHINE, "10.0.0.0/24")) == "10.0.1.7"
    assert _address("2001:db8::1", ()) == _address("2001:db8::2", ()) == "2001:db8::/64"


def test_a_proxy_is_an_address(template):
    running = Service(template / "shop", "--proxy", "nginx")
    assert running.process.wait(60) == 2
    assert "--proxy nginx" in running.log.read_text()
