"""The business's rules, as question.toml has them: what may be changed, and a change written and recorded."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from pydantic import BaseModel

from stepladder.core.ask import TOLERANCE, Ask, Costs, parts
from stepladder.core.errors import Problem
from stepladder.core.files import write
from stepladder.core.own_loss import text_of
from stepladder.money import priced
from stepladder.project import question_toml as writing
from stepladder.project.folder import Project
from stepladder.project.ground import Moved
from stepladder.questions import question_toml
from stepladder.record.said import say

Path = tuple[str, ...]
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]+)?")
MOST = 5_000  # characters of a rule


@dataclass(frozen=True)
class Rule:
    """One that may be changed: where it stands in question.toml, as text, and what it means."""

    path: Path
    kind: str  # "yes", "text", "list" (a value a line), "lines" (column = value), "figures" (column = number)
    value: str
    usual: str
    words: str

    @property
    def name(self) -> str:
        """Its key in question.toml, as in costs.hour_price."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Change:
    """What question.toml would say: the keys that change, from what to what, and the whole text."""

    keys: tuple[tuple[str, str, str], ...]
    text: str
    ask: Ask


def rules(project: Project) -> list[Rule]:
    """Every rule that may be changed, with its value today."""
    ask, question = project.ask, project.question
    found = [_rule(Ask, ask, "good_enough", ())]
    if not priced(ask):
        found = [replace(found[0], usual=f"{TOLERANCE:.0%}".replace("%", " %"))]
    else:
        found.append(_rule(Ask, ask, "good_enough_money", ()))
    own = [n for n in question.Settings.model_fields if n not in question.Settings.FOUND]
    sections = question.Settings.sections()
    found += [
        _rule(question.Settings, ask.settings, n, (ask.question,)) for n in own if n not in sections
    ]
    for name in sections:
        if question.LOSS_IN_MONEY is not None and not text_of(question):
            (kind,) = parts(question.Settings.model_fields[name].annotation)
            here = getattr(ask.settings, name)
            found += [_rule(kind, here, field, (name,)) for field in kind.model_fields]
    found += [_rule(Costs, ask.costs, name, ("costs",)) for name in ("hour_price", "machine_hour")]
    return found


def sha256(text: str) -> str:
    """By what a form names the question.toml that it was made from."""
    return hashlib.sha256(text.encode()).hexdigest()


def changed(project: Project, sent: Mapping[str, str]) -> Change:
    """What question.toml would say with other rules, held against the data. Raises Problem.

    sent: texts by the rules' names; what is missing stays, what is empty is as usual.
    """
    told = [
        (one, value)
        for one in rules(project)
        if (value := sent.get(one.name, one.value).replace("\r\n", "\n").strip()) != one.value
    ]
    if any(len(value) > MOST for _, value in told):
        raise Problem("a rule that is far too long", f"{MOST:,} characters at most", "shorten it")
    values = {one.path: _read(one, value) for one, value in told}
    text = writing.changed(project.settings, values, project.question)
    ask = question_toml.parse(text)
    Project(project.folder, ask, text).check()
    keys = tuple((one.name, one.value or one.usual, value or one.usual) for one, value in told)
    return Change(keys, text, ask)


def apply(
    project: Project, change: Change, why: str, previewed: str, *, by: str, request: str
) -> int:
    """Write the change into question.toml and note it; its number in the record.

    previewed: the hash of the question.toml that the change was made from. Raises Moved where it is another
    by now: nothing is written.
    """
    path = project.folder / "question.toml"

    def written() -> None:
        if sha256(question_toml.read(path)) != previewed:
            raise Moved(
                "question.toml was changed while you looked at it",
                "a change is made of what one has seen",
                "look at what it says now, and send your change again; nothing was written",
            )
        write(path, change.text)

    body = {"changes": [list(one) for one in change.keys], "why": why}
    return say(
        project.record, project.ask.question, "rule", body, by=by, request=request, first=written
    )


def _rule(kind: type[BaseModel], here: BaseModel | None, name: str, above: Path) -> Rule:
    field = kind.model_fields[name]
    usual = None if field.is_required() else field.get_default(call_default_factory=True)
    value = usual if here is None else getattr(here, name)
    how = _kind(field.annotation)
    return Rule((*above, name), how, _text(value), _text(usual), _words(kind, name))


def _kind(annotation: Any) -> str:
    found = _kinds(annotation)
    if dict in found:
        return "lines" if tuple in found else "figures"
    return "yes" if bool in found else "list" if tuple in found else "text"


def _kinds(annotation: Any) -> set[type]:
    """The plain types that an annotation is made of."""
    origin = getattr(annotation, "__origin__", annotation)
    found = {origin} if isinstance(origin, type) else set()
    return found.union(*(_kinds(each) for each in get_args(annotation)))


def _words(kind: type[BaseModel], name: str) -> str:
    """What a setting means, as the docstring of its class says it: `name: what it means`."""
    about = " ".join((kind.__doc__ or "").split())
    found = re.search(rf"(?:^|[.:;] )(?:\w+, )*{name}(?:, \w+)*: (.*?)(?:\. |\.$|; )", about)
    return found[1] if found else ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        rows = [(k, v if isinstance(v, tuple | list) else (v,)) for k, v in value.items()]
        return "\n".join(f"{k} = {_value(each)}" for k, values in rows for each in values)
    if isinstance(value, tuple | list):
        return "\n".join(map(_value, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(value: Any) -> str:
    """A value on a line: a text that looks like a number, or is quoted, in quotes."""
    if isinstance(value, str) and (NUMBER.fullmatch(value) or value.startswith('"')):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _read(rule: Rule, text: str) -> Any:
    """What question.toml is to say; None where the key goes."""
    if not text:
        return None
    if rule.kind == "yes":
        return text == "yes"
    if rule.kind == "text":
        return _plain(text)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if rule.kind == "list":
        return [_plain(line) for line in lines]
    if wrong := [line for line in lines if "=" not in line]:
        raise Problem(
            f"{rule.name}: {wrong[0][:80]!r}", "one a line, as column = value", "write it so"
        )
    found: dict[str, list[Any]] = {}
    for line in lines:
        column, _, value = line.partition("=")
        found.setdefault(column.strip(), []).append(_plain(value.strip()))
    return {column: each if rule.kind == "lines" else each[-1] for column, each in found.items()}


def _plain(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return json.loads(text)
        except ValueError:
            return text
    if not NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)
