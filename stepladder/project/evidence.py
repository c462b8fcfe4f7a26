"""The page that somebody decides on: gathered, shown, and frozen with the decision."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stepladder.bakeoff.result import Result
from stepladder.core.checks import called
from stepladder.core.files import write
from stepladder.core.question import Question, case_word
from stepladder.core.view import Expected
from stepladder.money import currency
from stepladder.project import said
from stepladder.project.coming import coming
from stepladder.project.folder import Project
from stepladder.project.ground import Ground
from stepladder.questions.question_toml import parse
from stepladder.record.rows import key_of
from stepladder.record.said import say
from stepladder.report import evidence as told
from stepladder.report.meaning import called as label
from stepladder.report.rendered import rendered

FOLDER = "decisions"


@dataclass(frozen=True)
class Objection:
    """One that is open: who, when, about whom, in their words."""

    by: str
    day: str
    kind: str
    case: str
    words: str


@dataclass(frozen=True)
class Seen:
    """Everything that the page about one rung says, in ready words."""

    name: str
    words: str
    ahead: str
    now: str
    bakeoff: int
    ground: str
    rung: str
    label: str
    case_word: str
    proposal: list[str]
    expected: list[Expected]  # what is to come in all, and how far off it was last time
    wrong: list[str]
    against: list[str]
    objections: list[Objection]
    fared: list[told.Fared]
    checks: list[told.Line]
    later: int  # checks that were asked for after the bake-off


@dataclass
class Pseudonyms:
    """Other names for cases, by a key of each that is erased when somebody is forgotten."""

    question: Question
    keys: dict[str, tuple[Mapping[str, Any], str]] = field(default_factory=dict)

    def name(self, case: Mapping[str, Any]) -> str:
        """What a case is called: customer ab12cd."""
        if not set(self.question.CASE) <= case.keys():
            return plainly(self.question, case)
        who = f"{case_word(self.question)} {self._sign(self._who(case))}"
        return who + _beside(self.question, case)

    def hidden(self, text: str, case: Mapping[str, Any]) -> str:
        """A text about a case without its ids."""
        if set(self.question.CASE) <= case.keys():
            who = self._who(case)
            for value in who.values():
                sought = rf"(?<!\w){re.escape(str(value))}(?!\w)"
                text = re.sub(sought, self._sign(who), text, flags=re.I)
        return text

    def _who(self, case: Mapping[str, Any]) -> dict[str, Any]:
        return {name: case[name] for name in self.question.CASE}

    def _sign(self, case: Mapping[str, Any]) -> str:
        _, key = self.keys.setdefault(key_of(case), (case, secrets.token_hex(32)))
        return hmac.digest(bytes.fromhex(key), key_of(case).encode(), "sha256").hex()[:6]


def plainly(question: Question, case: Mapping[str, Any]) -> str:
    """What something was said about, as people name it: customer 4, item 7; empty for the question itself."""
    if set(question.CASE) <= case.keys():
        return called(question, case) + _beside(question, case)
    return ", ".join(f"{name} {value}" for name, value in case.items())


def _beside(question: Question, case: Mapping[str, Any]) -> str:
    """What else something was said about: an item of somebody's list."""
    rest = [f", {name} {value}" for name, value in case.items() if name not in question.CASE]
    return "".join(rest)


def seen(project: Project, rung: str, ground: Ground, alias: Pseudonyms | None = None) -> Seen:
    """What the page says of a rung that ran. alias: how cases are called where it is kept."""
    result = project.result(ground.bakeoff)
    unit = currency(parse(result.settings))
    open_ones = [one for one in said.threads(project) if one.objection]
    open_ones.sort(key=lambda one: one.first.kind != "wrong")  # the gravest first
    name: Callable[[Mapping[str, Any]], str]
    name = alias.name if alias else lambda case: plainly(project.question, case)
    objections = [_objection(one, name, alias) for one in open_ones]
    asked = said.asked_for(project, name)
    answered = {one.number for one in result.checks}
    return Seen(
        project.folder.name,
        result.words,
        result.ahead or project.ask.settings.ahead(result.horizon),
        result.now,
        result.id,
        ground.sha256,
        rung,
        label(told.row_of(result, rung)),
        case_word(project.question),
        told.proposal(result, rung),
        coming(project, result, rung),
        told.if_wrong(result, rung, unit),
        told.against(result, rung, [one.words for one in objections], unit),
        objections,
        told.fared(result, unit),
        told.check_lines(result, asked),
        len({one.number for one in said.checks(project)} - answered),
    )


def frozen(
    project: Project, rung: str, ground: Ground, alias: Pseudonyms, number: int, **act: str
) -> str:
    """Write the page as it was seen, with the act; returns its hash.

    act: by, because and review. It needs nothing else, and is read without the project.
    """
    on = datetime.now(UTC).date().isoformat()
    shown = seen(project, rung, ground, alias)
    page = rendered(
        "stepladder.report", "decided", {"seen": shown, "number": number, "on": on, **act}
    )
    sha256 = hashlib.sha256(page.encode()).hexdigest()
    target = place(project, number, sha256)
    target.parent.mkdir(exist_ok=True)
    write(target, page)
    return sha256


def keep(project: Project, alias: Pseudonyms, number: int, by: str) -> None:
    """Keep the keys of a decision's pseudonyms, each where it goes when its case is forgotten."""
    for case, key in alias.keys.values():
        body = {"decision": number, "key": key}
        say(project.record, project.ask.question, "pseudonym", body, by=by, about=case)


def place(project: Project, number: int, sha256: str) -> Path:
    """Where a decision's page lies."""
    return project.folder / FOLDER / f"{number}-{sha256}.html"


def _objection(
    one: said.Thread, name: Callable[[Mapping[str, Any]], str], alias: Pseudonyms | None
) -> Objection:
    text = alias.hidden(one.words, one.case) if alias else one.words
    about = name(one.case) if one.case else ""
    return Objection(one.first.by, one.first.time[:10], one.first.kind, about, text)


def of_rung(result: Result, rung: str) -> str:
    """A rung's name for people."""
    return label(told.row_of(result, rung))
