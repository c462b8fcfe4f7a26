"""What people say of cases, items and the question itself: comments, checks, and how these ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stepladder.bakeoff.checks import Check
from stepladder.core import own
from stepladder.core.cases import among, kinds
from stepladder.core.checks import called, choice
from stepladder.core.errors import Problem
from stepladder.project.folder import Project
from stepladder.project.forgotten import forgotten
from stepladder.record.rows import Event
from stepladder.record.said import events, say

BEGIN = ("comment", "right", "wrong", "check")  # what begins a thread
OPENERS = ("wrong", "check", "comment")  # … and is open until somebody closes it
KINDS = (*BEGIN, "answer", "closed", "rule")
ITEM = "item"


class Nobody(Problem):
    """A case that nobody is, or is no more."""


@dataclass(frozen=True)
class Thread:
    """Something said, what was answered to it, and how it ended. case, words: empty where erased."""

    first: Event
    case: Mapping[str, Any]
    words: str
    replies: tuple[Event, ...] = ()
    closed: Event | None = None

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something about it."""
        kind = self.first.kind
        return kind in OPENERS and self.closed is None and self.first.body is not None

    @property
    def objection(self) -> bool:
        """Whether it speaks against what is answered now."""
        return self.open and self.first.kind in ("wrong", "comment")


def threads(project: Project, about: Mapping[str, Any] | None = None) -> list[Thread]:
    """Everything that was said, the newest first; of one case where it is named."""
    found = events(project.record, project.ask.question, *BEGIN, "answer", "closed")
    told = [_thread(project, one, found) for one in found if one.kind in BEGIN]
    if about is not None:
        told = [one for one in told if _same(one.case, about)]
    return told[::-1]


def checks(project: Project) -> tuple[Check, ...]:
    """The open checks, the oldest first: every bake-off answers them."""
    there = [one for one in threads(project) if one.first.kind == "check" and one.open]
    return tuple(
        Check(one.first.id, body["choice"], one.case, body["given"])
        for one in there[::-1]
        if (body := one.first.body) is not None
    )


def asked_for(project: Project, name: Callable[[Mapping[str, Any]], str]) -> dict[int, str]:
    """What each check asks, in a sentence, by its number. name: what a case is called in it."""
    found = [one for one in threads(project) if one.first.kind == "check" and one.case]
    return {one.first.id: _asked(project, one.first, name(one.case)) for one in found}


def known(project: Project, given: Mapping[str, str]) -> dict[str, Any]:
    """A case as the data have it, from texts. Raises Nobody where nobody is that, or is no more."""
    names = project.question.CASE
    if missing := [name for name in names if not given.get(name, "").strip()]:
        raise Problem(
            f"no {missing[0]}",
            f"a case is named by {' and '.join(names)}",
            "open it from a prediction",
        )
    history, typed = project.history(), "/".join(given[name].strip() for name in names)
    table = own.named(kinds(project.question, history), typed)
    case = table.to_pylist()[0] if table is not None else {}
    if table is None or list(case.values()) in forgotten(project) or not among(
        project.question, history, table
    ):  # fmt: skip
        raise Nobody(
            f"nobody is {', '.join(f'{name} {given[name][:80]}' for name in names)} here",
            "things are said of cases in the data; somebody may have been forgotten, or has left them",
            "check the id; nothing was noted",
        )
    return dict(case)


def object_to(
    project: Project,
    kind: str,
    body: Mapping[str, Any],
    case: Mapping[str, Any] | None,
    *,
    by: str,
    request: str = "",
) -> int:
    """Note a comment, a right or wrong, or a check; its number. Raises Problem on a check that is none."""
    if kind not in BEGIN:
        raise Problem(f"{kind[:80]!r}", f"one says: {', '.join(BEGIN)}", "choose one of these")
    if kind == "check":
        body = {**body, "given": _given(project, body)}
    question = project.ask.question
    return say(project.record, question, kind, body, by=by, about=case, request=request)


def reply(
    project: Project, number: int, text: str, *, close: bool, by: str, request: str = ""
) -> int:
    """Answer to what was said, or close it with a reason. Raises Problem where it is closed, or erased."""
    found = next((one for one in threads(project) if one.first.id == number), None)
    if found is None or found.first.body is None:
        raise Nobody(
            f"what was said under {number} is not there",
            "it may have been erased with the person it was about",
            "see what was said; nothing was noted",
        )
    if found.closed and found.closed.request != request:
        raise Problem(
            f"{found.closed.by} has closed this already",
            "a thread is closed once",
            "say it anew if it is open for you still",
        )
    kind, body = "closed" if close else "answer", {"of": number, "text": text}
    about = found.case or None
    return say(
        project.record, project.ask.question, kind, body, by=by, about=about, request=request
    )


def _given(project: Project, body: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in for a check."""
    asked = choice(project.question, str(body.get("choice")))
    if not asked.needs:
        return {}
    text = str(body.get(asked.needs) or "").strip()
    try:
        if not text or len(text) > 200:
            raise ValueError
        value: Any = float(text.replace(",", ".")) if asked.needs == "number" else text
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError
    except ValueError:
        what = "a number" if asked.needs == "number" else "the item's id"
        raise Problem(f"{asked.needs}: {text[:80]!r}", f"it is {what}", "fill it in") from None
    return {asked.needs: f"{value:g}" if asked.needs == "number" else value}


def _thread(project: Project, first: Event, found: Sequence[Event]) -> Thread:
    after = [one for one in found if one.body and one.body.get("of") == first.id]
    closed = next((one for one in after if one.kind == "closed"), None)
    replies = tuple(one for one in after if one.kind == "answer")
    return Thread(first, first.told_about, _words(project, first), replies, closed)


def _words(project: Project, one: Event) -> str:
    if one.body is None:
        return ""
    if one.kind != "check":
        return str(one.body.get("text", ""))
    return _asked(project, one, called(project.question, one.told_about))


def _asked(project: Project, one: Event, who: str) -> str:
    body = one.body or {}
    try:
        return choice(project.question, body["choice"]).said(who, body["given"])
    except Problem:
        return f"{who}: {body['choice']}"


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one) and {k: str(v) for k, v in one.items()} == {
        k: str(v) for k, v in other.items()
    }


def rule_changes(project: Project) -> list[Event]:
    """Every change of a rule, the oldest first."""
    return events(project.record, project.ask.question, "rule")


def sent(project: Project, by: str, request: str) -> bool:
    """Whether a change of the rules was taken from somebody's form with this key already."""
    return any((one.by, one.request) == (by, request) for one in rule_changes(project) if request)
