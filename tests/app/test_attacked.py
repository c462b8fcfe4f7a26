"""What somebody sends who means no good: nothing breaks, nothing half-sent counts, nobody holds up others."""

from __future__ import annotations

import os
import socket
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest
from in_browser import Site

from stepladder.core.errors import Problem
from stepladder.pages.door import COOKIE, EACH
from stepladder.pages.standing import Standing
from stepladder.pages.words import words as any_page
from stepladder.project import rules, said
from stepladder.record import entries
from stepladder.record.entries import found, session
from stepladder.record.said import audit
from stepladder.service.tokens import ROLES

LONG = "9" * 5_000


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/q/shop/jobs/{LONG}", 404),
        (f"/q/shop/bakeoffs/{LONG}", 404),
        (f"/q/shop/row?table=purchases&row={LONG}", 422),
        (f"/q/shop/decide/check?rung=r0_person&ground={'[' * 5_000}", 422),
        ("/?" + "&".join(f"a{n}=1" for n in range(300)), 422),
        ("/enter%0a", 404),
    ],
)
def test_far_too_much_is_refused_and_is_no_fault(site: Site, path: str, status: int) -> None:
    said_ = site.client(*ROLES, who="much").get(path)
    assert said_.status_code == status, said_.text
    assert "frame-ancestors 'none'" in said_.headers["content-security-policy"]


def test_hosts_and_origins_are_whole(site: Site) -> None:
    client = site.client()
    for host in ("[::1]evil.example", "[127.0.0.1].evil.example", "localhost:evil", "localhost@x"):
        assert client.get("/enter", headers={"host": host}).status_code == 421, host
    for origin in ("http://evil.example//HOST", "evil//HOST", "HOST"):
        sent = {"sec-fetch-site": "", "origin": origin.replace("HOST", site.at[7:])}
        assert client.post("/leave", headers=sent).status_code == 403, origin
    assert client.post("/leave", headers={"sec-fetch-site": "", "origin": site.at}).is_redirect


def test_cookies_of_others_shut_nobody_out(site: Site) -> None:
    mine = f'a=1; {{"x": 1}}; {COOKIE}={site.session("read", who="odd")}; b="'
    assert httpx.get(f"{site.at}/", headers={"cookie": mine}).status_code == 200


def test_over_https_no_other_site_can_set_the_cookie(site: Site) -> None:
    inside = site.session("read", who="safe")
    proxied = {"x-forwarded-proto": "https"}
    for name, status in ((f"__Host-{COOKIE}", 200), (COOKIE, 401)):
        said_ = httpx.get(f"{site.at}/", headers={"cookie": f"{name}={inside}", **proxied})
        assert said_.status_code == status


def test_what_was_not_sent_to_its_end_is_not_said(site: Site) -> None:
    inside = site.session(*ROLES, who="cut off")
    body = "kind=comment&on=case&text=half+of+a+sentence"
    host, port = site.at[7:].split(":")
    head = (
        f"POST /q/shop/said HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: same-origin\r\n"
        f"Cookie: {COOKIE}={inside}\r\nContent-Length: {len(body) + 20}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as one:
        one.sendall((head + body).encode())
    client = site.client(*ROLES, who="whole")
    for _ in range(3):
        client.get("/q/shop/said")
    assert not [one for one in said.threads(site.project()) if "half of" in one.words]


def test_one_browser_holds_up_no_other(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from stepladder.pages import routes

    slow, enough = threading.Semaphore(0), threading.Event()

    def waits(visit):  # type: ignore[no-untyped-def]
        slow.release()
        enough.wait(20)
        return any_page(visit)

    there = [
        route if route.answers is not any_page else routes.Route(
            route.method, route.path, route.role, waits, route.pattern
        )
        for route in routes.ROUTES
    ]  # fmt: skip
    monkeypatch.setattr(routes, "ROUTES", there)
    greedy, other = site.client("read", who="greedy"), site.client("read", who="other")
    for one in (greedy, other):  # from now on these are known
        one.get("/")
    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(greedy.get, "/q/shop/words", timeout=30) for _ in range(12)]
        for _ in range(EACH):
            slow.acquire(timeout=5)
        assert other.get("/q/shop", timeout=5).status_code == 200
        enough.set()
        assert {one.result().status_code for one in asked} == {200}


def test_what_takes_long_is_made_once_however_many_ask(site: Site) -> None:
    standing, made = Standing(site.shelf), []

    def make() -> int:
        made.append(threading.Event().wait(0.05))
        return len(made)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: standing.once("key", make), range(4))) == [1] * 4


def test_what_somebody_wrote_is_text_and_turns_nothing_round(site: Site) -> None:
    evil = "\"'></textarea></script><script>alert(1)</script>{{7*7}}\u202e\0=1+1"
    client = site.client(*ROLES, name="empty", who=f"Eve\n{evil}")
    for about in ({}, {"case_customer": "4"}):
        said_ = client.post("/q/empty/said", data={"kind": "comment", "text": evil, **about})
        page = client.get(said_.headers["location"]).text
        assert "{{7*7}}" in page
        assert not [part for part in ("<script>alert", "\u202e", "\0") if part in page]


def test_rules_change_nothing_but_themselves(site: Site) -> None:
    project = site.project("empty")
    before = tomllib.loads(project.settings)
    sent = ['x"\n[tables.evil]', "'''", "\x7f", "9" * 400]
    for rule in rules.rules(project):
        for text in sent:
            with suppress(Problem):
                after = tomllib.loads(rules.changed(project, {rule.name: text}).text)
                assert {**after, rule.path[0]: 0} == {**before, rule.path[0]: 0}, (rule.name, text)


def test_the_app_lets_go_of_rows_that_are_others_by_now(site: Site) -> None:
    standing = Standing(site.shelf)
    project = standing.project("empty")
    standing.keep(("listing", "empty", ""), "rows of people")
    standing.keep(("listing", "shop", ""), "rows of others")
    standing.tidied()
    assert len(standing.kept) == 2
    os.utime(project.table("purchases"))  # as whoever is forgotten is taken out of it
    standing.tidied()
    assert list(standing.kept) == [("listing", "shop", "")]


def test_the_chain_holds_once_somebody_has_replied(site: Site) -> None:
    client = site.client(*ROLES, name="empty", who="replies")
    there = client.post("/q/empty/said", data={"kind": "comment", "text": "why?"})
    number = there.headers["location"].rpartition("-")[2]
    assert client.post(f"/q/empty/said/{number}", data={"text": "so"}).is_redirect
    assert audit(site.project("empty").record).faults == ()


def test_what_lies_in_the_way_is_told_and_followed_nowhere(site: Site) -> None:
    folder = site.project().folder
    client = site.client(*ROLES, who="led astray")
    (folder / "report.html").symlink_to("/etc/passwd")
    (folder / "jobs").write_text("no folder")
    try:
        assert client.get("/q/shop/report").status_code == 404
        said_ = client.post("/q/shop/watch", data={"request": "in the way"})
        assert said_.status_code == 503
        assert "could not be started" in said_.text
        assert "failed: " in client.get("/q/shop/jobs").text
    finally:
        (folder / "report.html").unlink()
        (folder / "jobs").unlink()


def test_ways_in_do_not_pile_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MOST", 3)
    record = site.project("empty").record
    first = session(record, "whose")
    last = [session(record, "whose") for _ in range(3)][-1]
    assert found(record, first) is None
    assert found(record, last)
