"""question.toml read, with the friendliest errors of the product: the line, the key, what is allowed."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from stepladder.core.ask.parts import (
    Ask,
    Costs,
    Indicator,
    Nightly,
    Prices,
    Rules,
    Source,
    Watch,
)
from stepladder.core.errors import Problem

PASSWORD = re.compile(r"://[^/?#@:]*:[^/?#]+@|://.*[?&](?:password|pass|pwd)=[^&#]", re.I)


def load(path: Path) -> Ask:
    """Read question.toml. Raises Problem with the line and the key that need mending."""
    return parse(read(path), path.name)


def read(path: Path) -> str:
    """The text of question.toml. Raises Problem where there is none, or it is not UTF-8."""
    if not path.is_file():
        raise Problem(
            f"there is no {path.name} in {path.parent.resolve()}",
            "the verbs bakeoff, report, decide and predict work inside a project's folder",
            "go to the folder, name it with --project, or make one: stepladder new retention --from FILE",
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
    except tomllib.TOMLDecodeError as error:
        raise Problem(
            f"{name}: {error}",
            'TOML: one `key = value` a line, text in "quotes", [sections] in brackets',
            "mend that line and run again",
        ) from None
    try:
        ask = Ask.model_validate(_as_asked(raw))
    except ValidationError as error:
        found = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        raise _problem(found[0], text, name) from None
    if ask.good_enough_money and not ask.prices:
        raise Problem(
            f"{name}: good_enough_money is set, but there are no [prices]",
            "an amount of money needs a margin and a cost",
            "add [prices] with margin and cost, or remove good_enough_money",
        )
    _refuse_passwords(ask, text, name)
    return ask


def _as_asked(raw: dict[str, Any]) -> dict[str, Any]:
    """TOML has lists where Ask has tuples, and texts where Ask has heights."""
    plain = {k: tuple(v) if k == "cutoffs" and isinstance(v, list) else v for k, v in raw.items()}
    costs = plain.get("costs")
    if isinstance(costs, dict) and isinstance(hours := costs.get("upkeep_hours"), dict):
        heights = {int(k) if k.isdecimal() else k: v for k, v in hours.items()}
        plain["costs"] = {**costs, "upkeep_hours": heights}
    rules = plain.get("rules")
    if isinstance(rules, dict):
        plain["rules"] = {key: _tuples(value) for key, value in rules.items()}
    if isinstance(nightly := plain.get("nightly"), dict):
        plain["nightly"] = _tuples(nightly)
    return plain


def _tuples(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}


def _refuse_passwords(ask: Ask, text: str, name: str) -> None:
    """Whatever stands in question.toml is shared, and copied into every record and report."""
    addresses = {f"tables.{table}.source": source.source for table, source in ask.tables.items()}
    places = {"nightly.publish": " ".join(ask.nightly.publish), "record": ask.record}
    for key, address in {**addresses, **places}.items():
        if PASSWORD.search(address):
            raise Problem(
                f"{name}, line {_line(text, key.split('.'))}: key `{key}` has a password in it",
                "passwords come from the environment, never from a file that is shared and recorded",
                "take it out and set PGPASSWORD",
            )


def _problem(error: Any, text: str, name: str) -> Problem:
    keys = [str(k) for k in error["loc"]]
    key = ".".join(keys)
    where = f"{name}, line {_line(text, keys)}: key `{key}`"
    if error["type"] == "extra_forbidden":
        known = _fields(keys[:-1])
        near = difflib.get_close_matches(keys[-1], known, 1)
        hint = f"did you mean `{near[0]}`? else" if near else "correct its name, or"
        return Problem(
            f"{where} is not known", f"known here: {', '.join(known)}", f"{hint} remove it"
        )
    if error["type"] == "missing":
        return Problem(
            f"{name}: key `{key}` is missing", "it must be there", f"add a line `{keys[-1]} = …`"
        )
    given = error.get("input")
    said = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "model_type":
        said = f"it is a section: [{key}], and below it {', '.join(_fields(keys))}"
    return Problem(f"{where} is {given!r}", said, "correct the value and run again")


def _fields(keys: list[str]) -> list[str]:
    part: type[BaseModel] = Ask
    for key, kind in (
        ("prices", Prices),
        ("costs", Costs),
        ("rules", Rules),
        ("tables", Source),
        ("nightly", Nightly),
        ("watch", Watch),
        ("kpis", Indicator),
        ("kris", Indicator),
    ):
        if keys[:1] == [key]:
            part = kind
    return list(part.model_fields)


def _line(text: str, keys: list[str]) -> int:
    """The line where the key stands; its section's, or the first, where it is not found."""
    section, best = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*\[+([^\]]+)\]", line):
            section = match[1].strip()
        full = ".".join(
            [section] * bool(section) + [re.split(r"\s*=", line.strip())[0].strip("\"'")]
        )
        if full == ".".join(keys):
            return number
        if section == ".".join(keys[:-1]) and section:
            best = best if best > 1 else number
    return best
