"""What people say, the checks that come of it, rules that are changed, and decisions with what they rest on."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, timedelta
from html import unescape
from types import SimpleNamespace

import httpx
import pytest
from in_browser import Site

from stepladder.bakeoff import checks
from stepladder.cli import app
from stepladder.core.errors import Problem
from stepladder.project import said
from stepladder.project.decide import decide
from stepladder.project.folder import Project
from stepladder.project.ground import Moved, ground
from stepladder.record.said import audit

HOSTILE = '<script>alert(1)</script> "\' \u202eevil\u202c 🐧 {{ 7*7 }} ' + "x" * 3000


def hidden(page: httpx.Response, name: str) -> str:
    """The value of a hidden field."""
    return unescape(re.findall(rf'name="{re.escape(name)}" value="([^"]*)"', page.text)[-1])


@pytest.fixture(scope="module")
def customer(site: Site) -> int:
    """Somebody whom every rung was asked about."""
    return int(site.project().history().sql("select min(customer) as c from purchases")["c"][0].as_py())


def spoken(site: Site, who: str, **fields: object) -> httpx.Response:
    client = site.client("read", "review", who=who)
    return client.post("/q/shop/said", data={"request": "", **fields})


def test_what_is_said_is_kept_once_escaped_and_closed_with_a_reason(site: Site, customer: int) -> None:
    ann = site.client("read", "review", who="Ann")
    form = {"kind": "wrong", "text": HOSTILE, "case_customer": customer, "request": "key-1"}
    for _ in range(2):  # the connection was lost, and it is sent again
        answer = ann.post("/q/shop/said", data=form)
        assert answer.status_code == 303
    assert spoken(site, "Bo", kind="comment", text="And I say so too.", case_customer=customer)
    page = ann.get("/q/shop/say", params={"customer": customer})
    assert page.status_code == 200
    assert page.text.count("alert(1)") == 1
    assert "<script>alert" not in page.text
    assert "{{ 7*7 }}" in unescape(page.text)
    assert "And I say so too." in page.text
    number = answer.headers["location"].rpartition("-")[2]
    assert ann.post(f"/q/shop/said/{number}", data={"text": " ", "act": "close"}).status_code == 422
    closing = {"text": "They called us.", "act": "close", "request": "key-2"}
    for _ in range(2):
        assert ann.post(f"/q/shop/said/{number}", data=closing).status_code == 303
    assert "has closed this already" in ann.post(
        f"/q/shop/said/{number}", data={"text": "again", "act": "close"}
    ).text
    shut, still = (ann.get("/q/shop/said", params={"state": s}).text for s in ("closed", "open"))
    assert "They called us." in shut
    assert "alert(1)" not in still
    assert "And I say so too." in still
    assert ann.get("/q/shop/said", params={"from": "1000"}).status_code == 404
    assert ann.get("/q/shop/said", params={"from": "x"}).status_code == 422


def test_a_check_is_answered_by_every_rung_of_the_next_bakeoff(site: Site, customer: int) -> None:
    assert spoken(site, "Cy", kind="check", choice="at_least", number="many", case_customer=customer).status_code == 422
    assert spoken(site, "Cy", kind="check", choice="nothing", case_customer=customer).status_code == 422
    for choice, given in (("at_least", "1000"), ("at_most", "1000"), ("not_lost", "")):
        sent = spoken(site, "Cy", kind="check", choice=choice, number=given, case_customer=customer)
        assert sent.status_code == 303, sent.text
    project = site.project()
    asked = said.checks(project)[-3:]
    result = project.result()
    rung = "r2_rfm_quintiles"
    path = project.folder / "bakeoffs" / str(result.id) / rung / f"{result.windows[-1].called}.parquet"
    import pyarrow.parquet as pq

    answers = pq.read_table(path)
    cases = answers.select(["customer"])
    found = checks.checked(project.question, asked, cases, {rung: answers})
    assert [one.rungs[rung] for one in found[:2]] == [checks.BROKEN, checks.KEPT]
    away = checks.checked(project.question, asked, cases.slice(0, 0), {rung: answers})
    assert {one.rungs[rung] for one in away} == {checks.NOT_ASKED}
    assert checks.counted(found[:2], rung) == (1, 2)
