"""What people say, the checks that come of it, rules that are changed, and decisions that are made."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from html import unescape

import httpx
import pyarrow.parquet as pq
import pytest
from in_browser import Site

from stepladder import questions
from stepladder.bakeoff import checks
from stepladder.nightly.forget import forget
from stepladder.project import question_toml, said
from stepladder.project.decide import decide
from stepladder.project.folder import Project
from stepladder.project.ground import Moved, ground
from stepladder.questions import question_toml as reading
from stepladder.record.said import audit
from stepladder.service.refused import refused

HOSTILE = "<script>alert(1)</script> \"' \u202eevil\u202c 🐧 {{ 7*7 }} " + "x" * 3000


def hidden(page: httpx.Response, name: str) -> str:
    """The value of a hidden field."""
    return unescape(re.findall(rf'name="{re.escape(name)}" value="([^"]*)"', page.text)[-1])


@pytest.fixture(scope="module")
def customer(site: Site) -> int:
    """Somebody whom every rung was asked about."""
    return int(
        site.project().history().sql("select min(customer) as c from purchases")["c"][0].as_py()
    )


def spoken(site: Site, who: str, *forms: dict[str, object]) -> list[int]:
    """The statuses of forms that somebody sends from a case's page."""
    client = site.client("read", "review", who=who)
    return [client.post("/q/shop/said", data=form).status_code for form in forms]


def test_what_is_said_is_kept_once_escaped_and_closed_with_a_reason(
    site: Site, customer: int
) -> None:
    ann = site.client("read", "review", who="Ann")
    form = {"kind": "wrong", "text": HOSTILE, "case_customer": customer, "request": "key-1"}
    for _ in range(2):  # the connection was lost, and it is sent again
        answer = ann.post("/q/shop/said", data=form)
        assert answer.status_code == 303
    too = {"kind": "comment", "text": "And I say so too.", "case_customer": customer}
    assert spoken(site, "Bo", too) == [303]
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
    assert (
        "has closed this already"
        in ann.post(f"/q/shop/said/{number}", data={"text": "again", "act": "close"}).text
    )
    shut, still = (ann.get("/q/shop/said", params={"state": s}).text for s in ("closed", "open"))
    assert "They called us." in shut
    assert "alert(1)" not in still
    assert "And I say so too." in still
    assert ann.get("/q/shop/said", params={"from": "1000"}).status_code == 404
    assert ann.get("/q/shop/said", params={"from": "x"}).status_code == 422


def test_a_check_is_answered_by_every_rung_of_the_next_bakeoff(site: Site, customer: int) -> None:
    check = {"kind": "check", "case_customer": customer}
    forms = [("at_least", "many"), ("none", ""), ("at_least", "1000"), ("at_most", "1000")]
    sent = spoken(site, "Cy", *({**check, "choice": c, "number": n} for c, n in forms))
    assert sent == [422, 422, 303, 303]
    project = site.project()
    asked = said.checks(project)[-2:]
    result = project.result()
    rung = "r2_rfm_quintiles"
    path = (
        project.folder / "bakeoffs" / str(result.id) / rung / f"{result.windows[-1].called}.parquet"
    )
    answers = pq.read_table(path)
    cases = answers.select(["customer"])
    found = checks.checked(project.question, asked, cases, {rung: answers})
    assert [one.rungs[rung] for one in found] == [checks.BROKEN, checks.KEPT]
    away = checks.checked(project.question, asked, cases.slice(0, 0), {rung: answers})
    assert {one.rungs[rung] for one in away} == {checks.NOT_ASKED}
    assert checks.counted(found, rung) == (1, 2)


def test_a_comment_on_somebody_forgotten_is_refused_and_their_words_go(
    site: Site, customer: int
) -> None:
    project = site.project("empty")
    case = {"customer": customer}
    said.object_to(project, "comment", {"text": "moved to Oslo"}, case, by="Ann")
    ann = site.client("read", "review", name="empty", who="Ann")
    page = ann.get("/q/empty/say", params=case)
    assert "moved to Oslo" in page.text
    forget(project, str(customer))
    assert ann.get("/q/empty/say", params=case).status_code == 410
    late = {"kind": "comment", "text": "too late", "case_customer": customer}
    assert ann.post("/q/empty/said", data=late).status_code == 410
    listed = ann.get("/q/empty/said").text
    assert "Oslo" not in listed
    assert "asked to be forgotten" in listed
    assert b"too late" not in (project.folder / "stepladder.db").read_bytes()
    assert audit(project.record).faults == ()


def test_a_rule_is_previewed_changed_and_the_second_person_is_told(site: Site) -> None:
    path = site.folder / "shop" / "question.toml"
    before = path.read_text()
    ann, bo = (site.client("read", "rules", who=who) for who in ("Ann", "Bo"))
    assert "good_enough" in ann.get("/q/shop/rules").text
    wrong = ann.get("/q/shop/rules/preview", params={"set.good_enough": "lots"})
    assert wrong.status_code == 422
    assert "good_enough" in wrong.text
    asked = {"set.good_enough": "90 %", "set.costs.hour_price": "99"}
    seen, other = (who.get("/q/shop/rules/preview", params=asked) for who in (ann, bo))
    assert re.search(r"would (still )?propose|only a new bake-off", unescape(seen.text))
    assert path.read_text() == before
    form = {**asked, "previewed": hidden(seen, "previewed"), "why": HOSTILE, "request": "rule-1"}
    for _ in range(2):
        assert ann.post("/q/shop/rules", data=form).status_code == 303
    now = path.read_text()
    assert (
        re.sub(r'good_enough = "90 %"\n|\[costs\]\n|hour_price = 99\n', "", now).split()
        == before.split()
    )
    assert site.project().ask.tolerance == 0.9
    late = {
        "set.costs.hour_price": "70",
        "previewed": hidden(other, "previewed"),
        "why": "my reason",
    }
    told = bo.post("/q/shop/rules", data=late)
    assert told.status_code == 409
    assert "Ann changed costs.hour_price: 80 → 99" in told.text
    assert "my reason" in told.text
    assert path.read_text() == now
    mended = late | {"previewed": hidden(told, "previewed"), "set.good_enough": ""}
    assert bo.post("/q/shop/rules", data=mended).status_code == 303
    assert site.project().ask.good_enough is None
    assert len(said.rule_changes(site.project())) == 2
    path.write_text(before)


def test_a_decision_rests_on_what_was_seen_and_keeps_it(site: Site, customer: int) -> None:
    rung, words = "r2_rfm_quintiles", f"customer {customer} moved to Bergen"
    spoken(site, "Di", {"kind": "wrong", "text": words, "case_customer": customer})
    ann, bo = (site.client("read", "decide", who=who) for who in ("Ann", "Bo"))
    page = ann.get("/q/shop/decide", params={"rung": rung}).text
    order = ("proposal", "wrong", "against", "objections", "choose")
    assert [page.index(f'id="{part}"') for part in order] == sorted(
        page.index(f'id="{part}"') for part in order
    )
    assert words in page
    assert "Bergen" in page
    ground_of = unescape(re.search(r'name="ground" value="([^"]*)"', page)[1])
    check = ann.get("/q/shop/decide/check", params={"rung": rung, "ground": ground_of})
    assert "(RFM quintiles) in production" in check.text
    due = (date.today() + timedelta(days=30)).isoformat()
    form = {"rung": rung, "ground": ground_of, "because": HOSTILE, "review": due, "request": "d-1"}
    numbers = {ann.post("/q/shop/decide", data=form).headers["location"] for _ in range(2)}
    assert len(numbers) == 1
    second = bo.post("/q/shop/decide", data=form | {"because": "Bo's own words", "request": "d-2"})
    assert second.status_code == 409
    assert "somebody decided since" in second.text.lower()
    assert "Ann decided for" in second.text
    assert "Bo's own words" in unescape(second.text)
    decision = site.project().record.decisions("retention")[-1]
    assert (decision.by, decision.review) == ("Ann", due)
    kept = ann.get(f"/q/shop/decisions/{decision.id}")
    assert "sha256-" in kept.headers["content-security-policy"]
    assert "Bergen" in kept.text
    assert "<script" not in kept.text
    assert not re.search(rf"customer {customer}\b", kept.text)  # a pseudonym may begin so
    alias = re.search(r"customer ([0-9a-f]{6}) moved", kept.text)[1]
    events = [e for e in said.events(site.project().record, "retention", "pseudonym") if e.body]
    assert events, alias  # by these keys the alias can be told, until the customer is forgotten
    path = site.folder / "shop" / "decisions" / f"{decision.id}-{decision.evidence}.html"
    body = path.read_bytes()
    assert hashlib.sha256(body).hexdigest() == decision.evidence
    path.write_bytes(body.replace(b"Bergen", b"Boston"))
    altered = ann.get(f"/q/shop/decisions/{decision.id}")
    assert altered.status_code == 409
    assert "was altered" in altered.text
    path.write_bytes(body)
    listed = ann.get("/q/shop/decisions").text
    assert "in force" in listed
    assert "<script>alert" not in listed
    site.project().record.forget("retention", "0" * 64, {"customer": customer})
    assert not [e for e in said.events(site.project().record, "retention", "pseudonym") if e.body]
    assert ann.get(f"/q/shop/decisions/{decision.id}").text == kept.text  # of nobody any more


def test_the_ground_of_a_decision_moves_with_settings_words_and_bakeoffs(site: Site) -> None:
    project, rung = site.project(), "r2_rfm_quintiles"
    then, count = ground(project), len(project.record.decisions("retention"))
    with pytest.raises(Moved, match="there is a newer bake-off") as newer:
        decide(project, rung, by="Eve", because="x", bakeoff=then.bakeoff + 7)
    assert refused(newer.value).status == 409  # as the API tells it
    with pytest.raises(Moved, match="the evidence is another"):
        decide(project, rung, by="Eve", because="x", evidence="0" * 64)
    said.object_to(project, "comment", {"text": "wait"}, None, by="Flo")
    with pytest.raises(Moved, match="somebody said something since"):
        decide(project, rung, by="Eve", because="x", looked_at=then)
    changed = Project(project.folder, project.ask, project.settings + "# a line\n")
    with pytest.raises(Moved, match=r"question.toml is another"):
        decide(changed, rung, by="Eve", because="x", looked_at=ground(project))
    assert len(project.record.decisions("retention")) == count
    evidence = ground(project).sha256
    assert decide(project, rung, by="Eve", because="x", evidence=evidence) == count + 1


def test_a_rule_is_written_where_it_stands_and_every_comment_stays() -> None:
    text = '# ours\nquestion = "recommend"\nhorizon = 7\n\n[recommend] # lists\nk = 10  # items\n'
    values = {
        ("good_enough",): "5 %", ("recommend", "k"): None, ("recommend", "min_support"): 3,
        ("recommend", "exclude"): {"kind": ["a = b", 7]}, ("costs", "hour_price"): 9,
    }  # fmt: skip
    written = question_toml.changed(text, values, questions.load("recommend"))
    ask = reading.parse(written)
    assert (ask.good_enough, ask.settings.min_support, ask.settings.k) == (0.05, 3, 10)
    assert (ask.settings.exclude, ask.costs.hour_price) == ({"kind": ("a = b", 7)}, 9.0)
    assert written.startswith("# ours\n")
    assert "[recommend] # lists\n" in written
    assert question_toml.changed(text, {}, questions.load("recommend")) == text
