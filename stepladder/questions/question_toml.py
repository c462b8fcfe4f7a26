"""question.toml read, with the friendliest errors of the product: the line, the key, what is allowed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from stepladder import questions
from stepladder.core.ask import Ask, Settings, parts
from stepladder.core.errors import Problem
from stepladder.core.question import Question
from stepladder.money import priced
from stepladder.questions import meant

KINDS = {  # what TOML has, in words; the types are pydantic's names of errors
    "dict_type": "it is a table: { name = value }",
    "string_type": 'it is a text in "quotes"',
    "tuple_type": 'it is a list, also of one: ["value"]',
    "float_type": "it is a number",
    "int_type": "it is a whole number",
    "int_from_float": "it is a whole number",
}
NUMBERS = ("float_type", "int_type")
CORRECT = "correct the value and run again"
PASSWORD = re.compile(r"://[^/?#@:]*:[^/?#]+@|://.*[?&](?:password|pass|pwd)=[^&#]", re.I)


def load(path: Path) -> Ask:
    """Read question.toml. Raises Problem with the line and the key that need mending."""
    return parse(read(path), path.name)


def read(path: Path) -> str:
    """The text of question.toml. Raises Problem where there is none, or it is not UTF-8."""
    if not path.is_file():
        raise Problem(
            f"there is no {path.name} in {path.parent.resolve()}",
            "all but new and try works inside a project's folder",
            "go to the folder, name it with --project, or make one: stepladder new QUESTION --from FILE",
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise Problem(
            f"{path.name}, line {line}: this is not UTF-8",
            "TOML is always written in UTF-8",
            "save the file again as UTF-8, and run again",
        ) from None


def parse(text: str, name: str = "question.toml") -> Ask:
    """Check the text of a question.toml and return the question."""
    try:
        raw = tomllib.loads(text)
        with_nul = any("\0" in said for said in _texts(raw))
    except (ValueError, RecursionError) as error:  # not TOML, an endless number, nested too deep
        raise Problem(
            f"{name}: {str(error)[:200]}",
            'TOML: one `key = value` a line, text in "quotes", [sections] in brackets',
            "mend that line and run again",
        ) from None
    if with_nul:
        raise Problem(
            f"{name}: a text has the sign NUL in it",
            "no path, address or name has one",
            "take \\u0000 out",
        )
    question = _question(raw)
    _refuse_prices(raw, question, name)
    try:
        rest, kind, own = _split(_tuples(_with_heights(raw)), question)
        if "settings" in rest:  # a word of ours, under which the question's own are kept
            raise _settings(str(rest["question"]), name)
        ask = Ask.model_validate({**rest, "settings": kind.model_validate(own)})
    except ValidationError as error:
        found = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        raise _problem(found[0], error.title, question, text, name) from None
    if ask.good_enough_money and not priced(ask):
        raise Problem(
            f"{name}: good_enough_money is set, but there are no [prices]",
            "an amount of money needs prices to be reckoned by",
            "add [prices], see docs/question-toml.md, or remove good_enough_money",
        )
    _refuse_passwords(ask, text, name)
    return ask


def asked(plain: Mapping[str, Any]) -> Ask:
    """The question from plain values, as `Ask.model_dump_json` writes them, now or in older releases."""
    question = _question(plain)
    raw = dict(plain)
    if "settings" in raw:
        raw[str(raw["question"])] = raw.pop("settings")
    elif question:  # older releases named the settings of every question
        own = (*question.Settings.MOVED, *question.Settings.sections())
        raw = {key: value for key, value in raw.items() if key in (*Ask.model_fields, *own)}
    rest, kind, settings = _split(raw, question)
    found = kind.model_validate_json(json.dumps(settings))
    return Ask.model_validate_json(json.dumps(rest)).model_copy(update={"settings": found})


def plain(ask: Ask) -> dict[str, Any]:
    """The question as question.toml has it; what is as usual is left out."""
    usual: Any = {"exclude_defaults": True, "exclude_none": True}
    own = ask.settings.model_dump(**usual)
    sections = {name: own.pop(name) for name in ask.settings.sections() if name in own}
    return {**ask.model_dump(exclude={"settings"}, **usual), ask.question: own, **sections}


def moved(raw: dict[str, Any], question: Question | None) -> dict[str, str]:
    """Keys of older files that stand elsewhere now, taken there: where each stood -> where it stands."""
    if question is None:
        return {}
    home = str(raw["question"])
    found = {old: new for old, new in question.Settings.MOVED.items() if raw.get(old) is not None}
    for old, new in found.items():
        value = raw.pop(old)
        own = raw.setdefault(home, {})
        own.update(value if new == "" else {new: value})
    return {old: f"{home}.{new}" if new else f"[{home}]" for old, new in found.items()}


def _question(raw: Mapping[str, Any]) -> Question | None:
    """The question that is asked; None where it is not named, or not as a text."""
    name = raw.get("question")
    return questions.load(name) if isinstance(name, str) else None


def _split(
    raw: dict[str, Any], question: Question | None
) -> tuple[dict[str, Any], type[Settings], Any]:
    """What every question has, and a question's own settings with the class they are of."""
    moved(raw, question)
    kind = question.Settings if question else Settings
    own = raw.pop(str(raw.get("question")), {})
    sections = {name: raw.pop(name) for name in kind.sections() if name in raw}
    return raw, kind, {**own, **sections} if isinstance(own, Mapping) else own


def _with_heights(raw: dict[str, Any]) -> dict[str, Any]:
    """TOML has texts where Ask has heights."""
    costs = raw.get("costs")
    if isinstance(costs, dict) and isinstance(hours := costs.get("upkeep_hours"), dict):
        heights = {int(k) if str(k).isdecimal() else k: v for k, v in hours.items()}
        return {**raw, "costs": {**costs, "upkeep_hours": heights}}
    return raw


def _texts(value: Any) -> Iterator[str]:
    """Every text in it, keys too."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _tuples(value: Any) -> Any:
    """TOML and JSON have lists where Ask has tuples."""
    if isinstance(value, dict):
        return {k: _tuples(v) for k, v in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _refuse_prices(raw: Mapping[str, Any], question: Question | None, name: str) -> None:
    given = [key for key in ("prices", "good_enough_money") if key in raw]
    if question and given and question.LOSS_IN_MONEY is None:
        raise Problem(
            f"{name}: `{given[0]}` is given, and the loss of {raw['question']} is no amount of money",
            f"its loss: {question.LOSS}",
            f"remove {' and '.join(given)}",
        )


def _refuse_passwords(ask: Ask, text: str, name: str) -> None:
    """Whatever stands in question.toml is shared, and copied into every record and report."""
    addresses = {f"tables.{table}.source": source.source for table, source in ask.tables.items()}
    places = {"nightly.publish": " ".join(ask.nightly.publish), "record": ask.record}
    for key, address in {**addresses, **places}.items():
        if PASSWORD.search(address):
            raise Problem(
                f"{name}, line {meant.line(text, key.split('.'))}: key `{key}` has a password in it",
                "passwords come from the environment, never from a file that is shared and recorded",
                "take it out and set PGPASSWORD",
            )


def _problem(error: Any, title: str, question: Question | None, text: str, name: str) -> Problem:
    keys = [str(k) for k in error["loc"]]
    part: type[BaseModel] = Ask
    if question and title == question.Settings.__name__:
        part = question.Settings
        keys = _written(keys, question, text)
    key, given = ".".join(keys), error.get("input")
    place = f"{name}, line {meant.line(text, keys)}"
    if error["type"] == "extra_forbidden":
        return _unknown(keys, given, _fields(part, error["loc"][:-1]), question, text, place)
    if error["type"] == "missing":
        below = f" below [{'.'.join(keys[:-1])}]" if keys[:-1] else ""
        return Problem(
            f"{name}: key `{key}` is missing",
            "it must be there",
            f"add a line `{keys[-1]} = …`{below}",
        )
    if error["type"] == "model_type":
        inside = _fields(part, error["loc"])
        allowed = f"it is a section: [{key}], and below it {', '.join(inside)}"
        return Problem(f"{place}: key `{key}` is {given!r}", allowed, CORRECT)
    if isinstance(given, Mapping) and error["type"] == "value_error":  # it does not go together
        said = ", ".join(f"{name} = {value!r}" for name, value in given.items())
        return Problem(f"{place}: [{key}] says {said}", _allowed(error), CORRECT)
    return Problem(f"{place}: key `{key}` is {given!r}", _allowed(error), _correct(error))


def _unknown(
    keys: list[str], given: Any, known: list[str], question: Question | None, text: str, place: str
) -> Problem:
    asked = str(tomllib.loads(text).get("question"))
    if question and not keys[:-1]:
        known = [*known, asked, *question.Settings.sections()]
    what = (
        f"section [{'.'.join(keys)}]" if isinstance(given, Mapping) else f"key `{'.'.join(keys)}`"
    )
    remedy = meant.remedy(keys, given, known, question, asked)
    return Problem(f"{place}: {what} is not known", f"known here: {', '.join(known)}", remedy)


def _allowed(error: Any) -> str:
    if _is_share(error):
        return 'it is a share of 1, such as 0.25, or "25 %"'
    said = str(error["msg"]).removeprefix("Value error, ")
    return KINDS.get(error["type"], said.replace("Input should be", "it must be"))


def _correct(error: Any) -> str:
    """What to do about a value, written out where it is plain what was meant."""
    given = error["input"]
    if _is_share(error) and isinstance(given, int | float) and 1 <= given <= 100:
        return f'write {given / 100:g}, or "{given:g} %"'
    if error["type"] in NUMBERS and isinstance(given, str):
        number = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([^\d.,]*)", given)
        if number:
            unit = f", without {number[2].strip()!r}" if number[2].strip() else ", without quotes"
            return f"write {number[1]}{unit}"
    return CORRECT


def _is_share(error: Any) -> bool:
    """Whether a value is bounded by 1, and lies beyond."""
    limits = error.get("ctx", {})
    return 1 in (limits.get("le"), limits.get("lt"))


def _settings(question: str, name: str) -> Problem:
    return Problem(
        f"{name}: key `settings` is not known",
        f"the settings of a question stand in its own section, [{question}]",
        "move them there",
    )


def _written(keys: list[str], question: Question, text: str) -> list[str]:
    """Where a setting of the question stands in the file, which may be an older one."""
    if keys[0] in question.Settings.sections():
        return keys
    raw = tomllib.loads(text)
    for old, new in question.Settings.MOVED.items():
        if old in raw and new == keys[0]:
            return [old, *keys[1:]]
        if old in raw and new == "" and keys[0] in raw[old]:
            return [old, *keys]
    return [str(raw["question"]), *keys]


def _fields(part: type[BaseModel], keys: Sequence[int | str]) -> list[str]:
    """What may stand below some keys."""
    for key in keys:
        field = part.model_fields.get(str(key))
        inside = parts(field.annotation) if field else []
        part = inside[0] if inside else part
    names = [name for name in part.model_fields if name != "settings"]
    return names
