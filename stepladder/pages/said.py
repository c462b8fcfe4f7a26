"""Say so: comments, rights and wrongs, and checks, of a case, an item or the question; and how they end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from stepladder.core.checks import Choice, choices
from stepladder.core.question import case_word
from stepladder.pages.ladder import label_of
from stepladder.pages.rendered import pages
from stepladder.pages.routes import form, page
from stepladder.pages.visit import Visit
from stepladder.project import said
from stepladder.project.evidence import plainly
from stepladder.record import Decision
from stepladder.record.rows import Event
from stepladder.service.refused import Refused

CASE = "case_"  # before a case's columns, as the forms name them
AT_ONCE = 50
STATES = ("open", "closed", "noted")


@dataclass(frozen=True)
class Entry:
    """A line of the list: who said what about whom, when, and how it stands."""

    id: str
    kind: str
    by: str
    time: str
    about: str
    case: Mapping[str, Any]
    words: str
    state: str
    thread: said.Thread | None = None
    why: str = ""


@page("/q/{name}/said")
def listed(visit: Visit) -> Response:
    """Everything that was said and done, the newest first."""
    state, kind = visit.query.get("state", ""), visit.query.get("kind", "")
    every = sorted(_entries(visit), key=lambda one: one.time, reverse=True)
    found = [one for one in every if state in ("", one.state) and kind in ("", one.kind)]
    start = _whole(visit.query.get("from", "0"), len(found))
    return visit.page(
        "said", entries=found[start : start + AT_ONCE], state=state, kind=kind, states=STATES,
        kinds=sorted({one.kind for one in every}), start=start, many=len(found), most=AT_ONCE,
        question={},
    )  # fmt: skip


@page("/q/{name}/say")
def say(visit: Visit) -> Response:
    """What was said of one case, and the forms to say more."""
    case = _case(visit, visit.query)
    return visit.page("say", case=case, called=plainly(visit.project.question, case))


@form("/q/{name}/said", "review")
def noted(visit: Visit) -> Response:
    """Note what somebody said. About a case that is forgotten nothing is kept."""
    kind = visit.sent.get("kind", "comment")
    given = {k.removeprefix(CASE): v for k, v in visit.sent.items() if k.startswith(CASE)}
    case = _case(visit, given) if given else {}
    body, about = _check(visit, case) if kind == "check" else _comment(visit, case)
    number = said.object_to(
        visit.project, kind, body, about or None, by=visit.who.name, request=visit.request
    )
    if not case:
        return visit.to(visit.at("said") + f"#said-{number}")
    there = "case" if visit.sent.get("from") == "case" else "say"
    return visit.to(visit.at(there, **case) + f"#said-{number}")


def _check(visit: Visit, case: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if not case:
        raise Refused(422, "a check about nobody", "a check is about a case", "open a case first")
    body = {name: visit.sent.get(name, "") for name in ("item", "number")}
    body |= {"choice": visit.field("choice", 100), "text": visit.sent.get("text", "")[:5_000]}
    return body, case


def _comment(visit: Visit, case: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    body = {"text": visit.field("text"), "on": visit.sent.get("on", "case")[:20]}
    item = {"item": visit.field("item", 200)} if body["on"] == "item" else {}
    return body, {**case, **item}


@form("/q/{name}/said/{number:int}", "review")
def replied(visit: Visit) -> Response:
    """Answer to something, or close it with a reason."""
    number, close = int(visit.places["number"]), visit.sent.get("act") == "close"
    try:
        said.reply(
            visit.project, number, visit.field("text"), close=close, by=visit.who.name,
            request=visit.request,
        )  # fmt: skip
    except said.Nobody as gone:
        raise Refused(404, *gone.parts()) from None
    return visit.to(visit.at("said") + f"#said-{number}")


def _case(visit: Visit, given: Mapping[str, str]) -> dict[str, Any]:
    try:
        return said.known(visit.project, given)
    except said.Nobody as gone:
        raise Refused(410, *gone.parts()) from None


def _entries(visit: Visit) -> list[Entry]:
    project = visit.project
    found = [thread_entry(visit, one) for one in said.threads(project)]
    decisions = project.record.decisions(project.ask.question)
    for one in decisions:
        words = f"decided for {label_of(visit, project, one)}" + (
            ", superseded since" if one != decisions[-1] else ""
        )
        found.append(_done(f"decision-{one.id}", "decision", one, words, one.because))
    for event in said.rule_changes(project):
        body = event.body or {}
        words = "; ".join(f"{key}: {old} → {new}" for key, old, new in body.get("changes", []))
        found.append(_done(f"said-{event.id}", "rule", event, words, body.get("why", "")))
    return found


def _done(id: str, kind: str, one: Decision | Event, words: str, why: str) -> Entry:
    """Something that was done, and has no thread."""
    return Entry(id, kind, one.by, one.time, "", {}, words, "noted", None, why)


def thread_entry(visit: Visit, one: said.Thread) -> Entry:
    """A thread as it is listed."""
    first = one.first
    opens = first.kind in said.OPENERS and first.body is not None
    state = "open" if one.open else "closed" if opens else "noted"
    why = str((first.body or {}).get("text", "")) if first.kind == "check" else ""
    about = plainly(visit.project.question, one.case)
    return Entry(
        f"said-{first.id}", first.kind, first.by, first.time, about, one.case,
        one.words or "erased: whom it was about asked to be forgotten", state, one, why,
    )  # fmt: skip


def about(visit: Visit, case: Mapping[str, Any]) -> list[Entry]:
    """What was said of one case, for its page."""
    return [thread_entry(visit, one) for one in said.threads(visit.project, case)]


def asked(visit: Visit, case: Mapping[str, Any]) -> list[tuple[Choice, str]]:
    """What may be asked of the answer about a case: each choice, and its sentence with gaps."""
    question = visit.project.question
    who = plainly(question, case)
    return [(one, one.said(who, {"item": "…", "number": "…"})) for one in choices(question)]


def listing(visit: Visit) -> bool:
    """Whether answers are made of items, of which one can speak."""
    question = visit.project.question
    return "item" in question.KEYS and "item" not in question.CASE


def noun(visit: Visit) -> str:
    """What a case is called here."""
    return case_word(visit.project.question)


def _whole(text: str, most: int) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise Refused(422, f"from {text[:40]!r}", "a whole number", "go back to the first page")
    if int(text) and int(text) >= most:
        raise Refused(404, f"nothing stands beyond {most:,}", "fewer were said", "go back")
    return int(text)


pages().globals |= {"said_about": about, "may_ask": asked, "lists_items": listing, "noun": noun}
